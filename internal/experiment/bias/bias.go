// Package bias measures whether networks go by shape or by texture, on images whose shape is
// of one class and whose texture is of another.
package bias

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/entry"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Experiment is what the package measures. Its Decider's mapping is there before the first
// image.
type Experiment struct{ entry.Decider }

// Record is what a network decides on one image.
type Record struct {
	Texture     class.Class `json:"texture"`
	Decision    class.Class `json:"decision"`
	Probability float64     `json:"probability"` // mean of the decided class's members
}

// Name is the experiment's.
func (x *Experiment) Name() string { return "bias" }

// Basis is what results depend on.
func (x *Experiment) Basis() any { return x.Mapping.Basis() }

// Measure takes down the decision on one image, whose name says what its texture is of. The
// sample's class is that of the shape, among the entry-level classes.
func (x *Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	shape, texture, err := Cues(it.Path, class.NewIndex(x.Classes))
	if err != nil {
		return Record{}, err
	}
	if shape != it.Class {
		return Record{}, fmt.Errorf("the shape is %q by its name, but %q by its directory or list", text.OneLine(class.FirstName(x.Classes[shape])), text.OneLine(class.FirstName(x.Classes[it.Class])))
	}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return Record{}, err
	}
	decision, mean, err := x.Decide(net, a)
	return Record{x.Classes[texture], decision, mean}, err
}

// Cues returns the classes that an image's name gives its shape and its texture, as the
// authors of the paper name them: SHAPE3-TEXTURE1.png. Something before it may end in _, as
// in 0001_cue_SHAPE3-TEXTURE1.png. The classes' own names may have - and _ in them.
func Cues(file string, index *class.Index) (shape, texture int, err error) {
	base := path.Base(filepath.ToSlash(file))
	name := strings.TrimSuffix(base, path.Ext(base))
	for {
		if shape, texture, ok := split(name, index); ok {
			return shape, texture, nil
		}
		_, rest, more := strings.Cut(name, "_")
		if !more {
			break
		}
		name = rest
	}
	return 0, 0, hint.Add(fmt.Errorf("its name %q does not say the classes of a shape and a texture", text.Abbreviated(base)),
		"cue-conflict images are called SHAPE/SHAPE3-TEXTURE1.png, by names of the classes")
}

// split reads SHAPE3-TEXTURE1.
func split(name string, index *class.Index) (shape, texture int, ok bool) {
	for at := range name {
		if name[at] != '-' {
			continue
		}
		shape, ok := cue(name[:at], index)
		if !ok {
			continue
		}
		if texture, ok := cue(name[at+1:], index); ok {
			return shape, texture, true
		}
	}
	return 0, 0, false
}

// cue reads a class's name with a number behind it.
func cue(name string, index *class.Index) (int, bool) {
	found, err := index.Find(strings.TrimRight(name, "0123456789"))
	return found.Index, err == nil
}
