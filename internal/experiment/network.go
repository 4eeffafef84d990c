package experiment

import (
	"cmp"
	"context"
	"maps"

	"gorgonia.org/tensor"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/results"
	"bagnet/internal/text"
)

// A Runner is what experiments run: a bagnet.Model.
type Runner interface {
	Classifier
	Features(ctx context.Context, img *bagnet.Image) (*tensor.Dense, error)
	Head(ctx context.Context, features *tensor.Dense) (bagnet.Answer, error)
	Patches(ctx context.Context, img *bagnet.Image, o *bagnet.PatchOptions) (*bagnet.Patches, error)
	Gradient(ctx context.Context, img *bagnet.Image, o *bagnet.GradientOptions) (bagnet.Gradient, error)
	NativeGrid(w, h int) (bagnet.Grid, error)
}

// A Network is what experiments are made on.
type Network struct {
	Runner
	Name          string
	Family        string // as bagnet.Info has it
	Patch         int    // side of a BagNet's patch, pixels; 0 for other networks
	Classes       []class.Class
	Preprocessing images.Preprocessing
}

// Summary is how every report begins.
type Summary struct {
	Experiment  string `json:"experiment"`
	Seed        uint64 `json:"seed"`
	Images      int    `json:"images"` // chosen, of all
	All         int    `json:"of"`
	Interrupted bool   `json:"interrupted"`
	Common      int    `json:"classes_in_common,omitempty"` // of networks with different classes
	LeftOut     int    `json:"left_out,omitempty"`          // images of other classes; they count as of unknown class
}

// NetworkSummary is how every report on one network begins.
type NetworkSummary struct {
	Model      string `json:"model"`
	Family     string `json:"family"`
	Patch      int    `json:"patch,omitempty"` // pixels; BagNets only
	Measured   int    `json:"measured"`
	Failed     int    `json:"failed"`
	Unlabelled int    `json:"unlabelled"`

	Layers int `json:"-"` // with weights, along the way of the image
	Sees   int `json:"-"` // side of what a position of the last feature map depends on, pixels; 0: of the whole image
	Side   int `json:"-"` // longer one of the images, pixels; 0 if they differ

	Label string `json:"-"` // what figures call it; "" for Model
}

// Shown is what figures call the network, on one line.
func (s NetworkSummary) Shown() string { return text.OneLine(cmp.Or(s.Label, s.Model)) }

// AtOnce returns the side, in pixels, of what the network sees of an image at once: its
// patch, or what a position of the last feature map depends on, but not more than the
// image. It reports whether that is all of the image; it is 0 if nobody knows how large
// that is.
func (s NetworkSummary) AtOnce() (side int, whole bool) {
	if s.Sees == 0 || s.Side > 0 && s.Sees >= s.Side {
		return s.Side, true
	}
	return s.Sees, false
}

// Measured is what came out for one network.
type Measured[R any] struct {
	NetworkSummary
	Classes []class.Class
	Labels  []int       // the class of each image, or class.None
	Run     string      // the id of its records
	Results []Result[R] // in the order of the images
	Times   results.Times
}

// Result is what was measured of one image.
type Result[R any] struct {
	Path    string
	Ordinal int
	Class   int
	Value   R
}

// Labels returns the true class of each image, class.None where it is not known.
func (r *Run[R]) Labels(truth *dataset.Truth) ([]int, error) {
	places := func(yield func(int, string) bool) {
		for _, image := range r.Chosen {
			if !yield(image.Ordinal, image.Path) {
				return
			}
		}
	}
	if err := truth.InOrder(r.All, places); err != nil {
		return nil, err
	}
	labels := make([]int, len(r.Chosen))
	for i, image := range r.Chosen {
		labels[i] = class.None
		if image.Err == nil && r.Known != nil {
			labels[i] = r.Known(image.Path)
		}
		if image.Err == nil && labels[i] == class.None {
			labels[i] = truth.Of(image)
		}
	}
	return labels, nil
}

// Distinguish renames networks that have the same name: to what was given for each, in the
// order of Networks.
func (r *Run[R]) Distinguish(given []string) {
	seen := make(map[string]int)
	for _, m := range r.Networks {
		seen[m.Model]++
	}
	for i, m := range r.Networks {
		if seen[m.Model] > 1 {
			m.Model = given[i]
		}
	}
}

// Agree gives every image the same class in all networks, whatever they number classes
// by: that of the first. Where classes differ, names and ids have to do. It returns the
// first network whose classes are others than the first's, nil if there is none.
func (r *Run[R]) Agree() (other *Measured[R]) {
	first := r.Networks[0]
	for _, m := range r.Networks[1:] {
		matched, err := class.MatchClasses(m.Model, m.Classes, first.Model, first.Classes)
		if err != nil || len(m.Classes) != len(first.Classes) {
			if other == nil {
				other = m
			}
			continue
		}
		own := make([]int, len(matched)) // of each of the first's classes
		for index, of := range matched {
			own[of] = index
		}
		for i, index := range first.Labels {
			if m.Labels[i] = class.None; index != class.None {
				m.Labels[i] = own[index]
			}
		}
	}
	return other
}

// Shared returns what the networks' classes have in common; nil if they are the same.
func (r *Run[R]) Shared() *class.Common {
	first, same := r.Networks[0], true
	var all [][]class.Class
	for _, m := range r.Networks {
		same = same && class.Same(m.Model, m.Classes, first.Model, first.Classes) == nil
		all = append(all, m.Classes)
	}
	if same {
		return nil
	}
	return class.NewCommon(all)
}

// Restrict leaves out the images of classes that the networks do not have in common,
// and counts them.
func (r *Run[R]) Restrict(common *class.Common) {
	r.Summary.Common = len(common.Names)
	labels := make([]int, len(r.Networks))
	for image := range r.Networks[0].Labels {
		for i, m := range r.Networks {
			labels[i] = m.Labels[image]
		}
		relabelled, known := common.Relabel(labels)
		if known && relabelled[0] == class.None {
			r.LeftOut++
		}
		for i, m := range r.Networks {
			m.Labels[image] = relabelled[i]
		}
	}
}

// Narrow leaves out the images of classes that networks which are compared do not have in
// common, and says so. compare is given the classes that they have, nil if these are all.
func (r *Run[R]) Narrow(compare func(*class.Common) error, notef func(format string, args ...any)) error {
	common := r.Shared()
	if err := compare(common); err != nil || common == nil {
		return err
	}
	r.Restrict(common)
	notef("the networks have %s in common (compared by %s): answers among these only; %s of other classes left out",
		text.Count(r.Common, "class", "classes"), common.By, text.Count(r.LeftOut, "image", "images"))
	if r.LeftOut == len(r.Chosen) {
		return hint.Add(hint.Refuse("the classes of all %s are none that the networks have in common", text.Count(r.LeftOut, "image", "images")),
			"name directories after classes, by WordNet id or name: numbers mean different classes to different networks")
	}
	return nil
}

// Unknown says which classes of the truth are not known to a model, one of several or not,
// unless that was said of the network before.
func (r *Run[R]) Unknown(model string, several bool, truth *dataset.Truth, warnf func(format string, args ...any)) {
	if r.said != nil && maps.Equal(r.said, truth.Unknown) {
		return
	}
	if several && truth.Unlabelled() > 0 {
		warnf("model %s:", model)
	}
	truth.Report(warnf)
	r.said = truth.Unknown
}
