// Package accuracy measures how often several networks are right about the same images.
package accuracy

import (
	"context"
	"slices"
	"sync"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// topFive is how many of an image's likeliest classes are kept.
const topFive = 5

// Experiment asks each network for its answer. Compare comes before the first one.
type Experiment struct {
	// Among returns the choice among a network's classes that answers are taken from; nil if
	// nothing was chosen.
	Among func(classes []class.Class) (class.Choice, error)

	common *class.Common // nil if all networks have the same classes, or some were chosen
	chosen []string      // names of those that Among gives; nil if it is nil

	mu    sync.Mutex // guards what follows
	net   *experiment.Network
	among []int // of net's classes; nil for all
}

// Record is a network's answer to one image.
type Record struct {
	Predictions []bagnet.Prediction `json:"predictions"` // the likeliest five
}

// Name is the experiment's.
func (x *Experiment) Name() string { return "accuracy" }

// Basis is what results depend on: the names of the classes that answers are among; nil
// for all that a network has.
func (x *Experiment) Basis() any {
	names := x.chosen
	if x.common != nil {
		names = slices.Sorted(slices.Values(x.common.Names))
	}
	if names == nil {
		return nil
	}
	return struct{ Among []string }{names}
}

// Compare takes up what the networks have in common; nil if that is everything. Less than
// two classes are an error.
func (x *Experiment) Compare(common *class.Common) error {
	if x.Among != nil {
		return nil
	}
	x.common = common
	if common != nil && len(common.Names) < 2 {
		return hint.Refuse("the networks have %s in common (compared by %s): accuracies can be compared among two or more", text.Count(len(common.Names), "class", "classes"), common.By)
	}
	return nil
}

// Choose finds out which classes Among means to a network, and refuses others than it meant
// to the first one.
func (x *Experiment) Choose(model string, classes []class.Class) (class.Choice, error) {
	chosen, err := x.Among(classes)
	if err != nil {
		return chosen, err
	}
	var names []string
	for _, c := range chosen.Classes {
		names = append(names, class.Plain(class.FirstName(c)))
	}
	slices.Sort(names)
	if x.chosen != nil && !slices.Equal(names, x.chosen) {
		return chosen, hint.Refuse("the chosen classes are others to model %s than to the model after it: %s, and %s", model, text.Count(len(names), "class", "classes"), text.Count(len(x.chosen), "class", "classes"))
	}
	x.chosen = names
	return chosen, nil
}

// Measure takes down the answer to one image.
func (x *Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return Record{}, err
	}
	among, err := x.amongOf(net)
	if err != nil {
		return Record{}, err
	}
	if among != nil {
		a = a.Among(among)
	}
	return Record{a.Top(topFive)}, nil
}

// amongOf returns the classes of net that answers are among, which are looked up once.
func (x *Experiment) amongOf(net *experiment.Network) ([]int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.net == net {
		return x.among, nil
	}
	switch {
	case x.Among != nil:
		chosen, err := x.Among(net.Classes)
		if err != nil {
			return nil, err
		}
		x.among = chosen.Among
	case x.common != nil:
		x.among = x.common.Among(net.Classes)
	}
	x.net = net
	return x.among, nil
}

// choices returns how many classes answers of a network with those are among.
func (x *Experiment) choices(classes []class.Class) int {
	switch {
	case x.chosen != nil:
		return len(x.chosen)
	case x.common != nil:
		return len(x.common.Names)
	}
	return len(classes)
}
