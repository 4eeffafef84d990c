// Package toppatches ranks the patches of many images that speak most for classes, and says
// and draws what it has found.
package toppatches

import (
	"fmt"
	"strings"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/ranking"
	"bagnet/internal/results"
	"bagnet/internal/text"
)

// MaxPatches bounds About.N.
const MaxPatches = 10_000

// About is what there is to say of a run beside its images. The parts of its shards have
// it.
type About struct {
	Model    string        `json:"model"`
	Patch    int           `json:"patch"`              // pixels
	Sees     int           `json:"sees,omitempty"`     // what patches' values depend on, if that is more, pixels
	Classes  []class.Class `json:"classes"`            // of the network
	Ranked   []class.Class `json:"ranked"`             // of these; none for the one image's likeliest
	N        int           `json:"n"`                  // patches of each class and group
	Lowest   bool          `json:"lowest"`             // rank the evidence against the class
	Mistakes bool          `json:"mistakes,omitempty"` // of other classes' images, those alone that were taken for the class
	Together bool          `json:"-"`                  // draw all classes on one sheet
	Figure   bool          `json:"-"`                  // as a figure
	Context  bool          `json:"context"`            // show where in its image a patch is
	Listed   bool          `json:"listed"`             // lists say what images show
	Source   string        `json:"source"`             // what the images are, as they were given
}

// Valid reports whether a can be about a run.
func (a *About) Valid() bool {
	valid := len(a.Classes) > 0 && len(a.Ranked) > 0 && a.N >= 1 && a.N <= MaxPatches && a.Patch > 0
	for i, c := range a.Classes {
		valid = valid && c.Index == i
	}
	for _, c := range a.Ranked {
		valid = valid && c.Index >= 0 && c.Index < len(a.Classes)
	}
	return valid
}

// Sources says in short which images were given: by arguments, and by a list, "" for none.
func Sources(args []string, list string) string {
	var all []string
	for _, arg := range args {
		all = append(all, text.OneLine(arg))
	}
	if list != "" {
		all = append(all, "the list "+text.OneLine(list))
	}
	const most = 3
	switch {
	case len(all) == 0:
		return dataset.StdinName
	case len(all) > most:
		all = append(all[:most], fmt.Sprintf("%d more", len(all)-most))
	}
	return strings.Join(all, ", ")
}

// A Record is what is kept of an image.
type Record struct {
	results.ImageRecord
	*ranking.Found

	Computed *bagnet.Patches `json:"-"` // to be ranked; nil if they are
}

// Damage says why a network of that many classes cannot have made the record; "" if it can, or
// if the record is about a failure.
func (r *Record) Damage(classes int) string {
	if r.Error == "" && !r.Valid(classes) {
		return "a record is damaged"
	}
	return ""
}

// Valid reports whether a network of that many classes can have made the record.
func (r *Record) Valid(classes int) bool {
	return r.Found != nil && r.Truth >= class.None && r.Truth < classes && r.Predicted >= 0 && r.Predicted < classes
}
