// Package evidence makes of an image's patches what is written about them: heat maps, with
// their picture files and what these show, and arrays.
package evidence

import (
	"errors"
	"fmt"
	"slices"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/text"
)

// A Question is which maps of an image are wanted.
type Question struct {
	Classes []class.Class // none for the image's likeliest
	Versus  *class.Class  // whose map is subtracted from each; nil for none
}

// Ask has options compute what the question is about.
func (q *Question) Ask(options *bagnet.PatchOptions) {
	if len(q.Classes) == 0 {
		options.Choose = func(a bagnet.Answer) []bagnet.Class { return q.withVersus([]bagnet.Class{a.Top(1)[0].Class}) }
		return
	}
	options.Classes = q.withVersus(publicClasses(q.Classes))
}

// withVersus adds the class to compare with, if there is one and it is not among them.
func (q *Question) withVersus(classes []bagnet.Class) []bagnet.Class {
	if q.Versus == nil || slices.Contains(classes, bagnet.Class(*q.Versus)) {
		return classes
	}
	return append(classes, bagnet.Class(*q.Versus))
}

// ErrItself is the error of an image without a class to compare.
var ErrItself = errors.New("the one to compare with")

// Maps returns the maps of an image, of the patches that Ask has had computed.
func (q *Question) Maps(patches *bagnet.Patches) ([]bagnet.Heatmap, error) {
	maps := patches.Heatmaps()
	if q.Versus == nil {
		return maps, nil
	}
	at := slices.IndexFunc(maps, func(h bagnet.Heatmap) bool { return h.Class.Index == q.Versus.Index })
	other := maps[at]
	if maps = slices.Delete(maps, at, at+1); len(maps) == 0 {
		return nil, fmt.Errorf("its likeliest class is %s itself, %w", text.OneLine(class.FirstName(*q.Versus)), ErrItself)
	}
	var err error
	for i := range maps {
		if maps[i], err = maps[i].Minus(other); err != nil {
			return nil, err
		}
	}
	return maps, nil
}
