// Package agreement measures whether networks are wrong about the same images.
package agreement

import (
	"context"
	"slices"
	"sync"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/entry"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Experiment asks each network for its answer. Compare comes before the first one.
type Experiment struct {
	*entry.Decider // of entry-level classes, which answers are then; else nil

	common *class.Common // nil if all networks have the same classes

	mu    sync.Mutex          // guards what follows
	net   *experiment.Network // that runs
	among []int               // its classes that are common
}

// Record is a network's answer to one image.
type Record struct {
	Predicted   class.Class `json:"predicted"`
	Probability float64     `json:"probability"`
}

// Name is the experiment's.
func (x *Experiment) Name() string { return "errors" }

// Basis is what results depend on: the names of the classes, where answers are among
// common ones, and the entry-level classes.
func (x *Experiment) Basis() any {
	if x.Decider != nil {
		return struct{ Entry any }{x.Decider.Basis()}
	}
	if x.common == nil {
		return nil
	}
	return struct{ Common []string }{slices.Sorted(slices.Values(x.common.Names))}
}

// Compare takes up what the networks have in common; nil if that is everything. Less
// than two classes are an error.
func (x *Experiment) Compare(common *class.Common) error {
	x.common = common
	if common != nil && len(common.Names) < 2 {
		return hint.Refuse("the networks have %s in common (compared by %s): errors can be compared among two or more", text.Count(len(common.Names), "class", "classes"), common.By)
	}
	return nil
}

// Measure takes down the answer to one image.
func (x *Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return Record{}, err
	}
	if x.Decider != nil {
		decided, mean, err := x.Decide(net, a)
		return Record{decided, mean}, err
	}
	if x.common == nil {
		best := a.Best()
		return Record{net.Classes[best], a.Probabilities[best]}, nil
	}
	top := a.Among(x.amongOf(net)).Top(1)[0]
	return Record{class.Class(top.Class), top.Probability}, nil
}

// amongOf returns the classes of net that are common, which are looked up once.
func (x *Experiment) amongOf(net *experiment.Network) []int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.net != net {
		x.net, x.among = net, x.common.Among(net.Classes)
	}
	return x.among
}
