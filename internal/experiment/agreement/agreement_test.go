package agreement

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/entry"
)

// common are the classes that networks of these classes have in common.
func common(names ...[]string) *class.Common {
	var all [][]class.Class
	for _, n := range names {
		all = append(all, classList(n...))
	}
	return class.NewCommon(all)
}

// TestBasisTellsRunsApart has answers among all classes, and among common ones: no run
// may go on with the records of another one's. The order of the networks makes no
// difference.
func TestBasisTellsRunsApart(t *testing.T) {
	basis := func(c *class.Common) string {
		t.Helper()
		x := &Experiment{}
		if err := x.Compare(c); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(x.Basis())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := basis(nil); got != "null" {
		t.Errorf("all classes: %s", got)
	}
	abc, abcd := []string{"b", "a", "c"}, []string{"a", "b", "c", "d"}
	three, two := basis(common(abc, abcd)), basis(common([]string{"a", "b"}, abcd))
	// Ids of runs come of this text: records of earlier versions stay good.
	if three != `{"Common":["a","b","c"]}` || two != `{"Common":["a","b"]}` {
		t.Errorf("%s, %s", three, two)
	}
	if other := basis(common(abcd, abc)); other != three {
		t.Errorf("in another order %s", other)
	}
}

// TestTooFewInCommon refuses networks whose answers could not differ.
func TestTooFewInCommon(t *testing.T) {
	for want, c := range map[string]*class.Common{
		"have 1 class in common (compared by label)":   common([]string{"a", "b"}, []string{"b", "c"}),
		"have 0 classes in common (compared by label)": common([]string{"a", "b"}, []string{"c", "d"}),
	} {
		if err := (&Experiment{}).Compare(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says they %s", err, want)
		}
	}
}

// TestMeasure holds answers against the softmax of a golden network's logits: of all,
// or of those in common alone. Names are the network's own, whatever other one ran
// before it.
func TestMeasure(t *testing.T) {
	names := strings.Split("abcdefghij", "")
	reversed := strings.Split("jihgfedcba", "")
	open := func(names []string) *experiment.Network {
		t.Helper()
		m, err := bagnet.Open("../../model/testdata/v1-q17.safetensors", &bagnet.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		var named []bagnet.Class
		for _, c := range classList(names...) {
			named = append(named, bagnet.Class(c))
		}
		if m, err = m.WithClasses(named); err != nil {
			t.Fatal(err)
		}
		return &experiment.Network{Runner: m, Classes: classList(names...)}
	}
	it := &experiment.Sample{Image: experiment.NewImage(40, 40)}
	for i, rng := 0, rand.New(rand.NewPCG(7, 7)); i < len(it.Values); i++ {
		it.Values[i] = float32(rng.NormFloat64())
	}
	forward, backward := open(names), open(reversed)
	a, err := forward.Classify(t.Context(), it.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	best := a.Top(1)[0].Index
	var without []string // of the answer
	for i, name := range names {
		if i != best {
			without = append(without, name)
		}
	}
	for _, tc := range []struct {
		what   string
		common *class.Common
		among  func(name string) bool
	}{
		{"all", nil, func(string) bool { return true }},
		{"some", common(names, without), func(name string) bool { return strings.Contains(strings.Join(without, ""), name) }},
	} {
		x := &Experiment{}
		if err := x.Compare(tc.common); err != nil {
			t.Fatal(err)
		}
		for _, net := range []*experiment.Network{forward, backward, forward} {
			var sum, largest float64
			want := -1
			for i, c := range net.Classes {
				if tc.among(c.Label) {
					e := math.Exp(float64(a.Logits[i]))
					if sum += e; e > largest {
						want, largest = i, e
					}
				}
			}
			got, err := x.Measure(t.Context(), net, it)
			if err != nil || got.Predicted != net.Classes[want] || math.Abs(got.Probability-largest/sum) > 1e-9 {
				t.Errorf("among %s: %+v, %v; want %+v with %v", tc.what, got, err, net.Classes[want], largest/sum)
			}
		}
	}
}

// TestEntryLevel has answers among entry-level classes.
func TestEntryLevel(t *testing.T) {
	m, err := bagnet.Open("../../model/testdata/v1-q17.safetensors", &bagnet.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	net := &experiment.Network{Runner: m, Name: "net", Classes: classList(strings.Split("abcdefghij", "")...)}
	reversed := classList(strings.Split("jihgfedcba", "")...)
	x := &Experiment{Decider: &entry.Decider{Mapping: entry.Each("other", reversed)}}
	it := &experiment.Sample{Image: experiment.NewImage(40, 40)}
	a, err := m.Classify(t.Context(), it.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	top := a.Top(1)[0]
	if got, err := x.Measure(t.Context(), net, it); err != nil || got != (Record{reversed[9-top.Index], top.Probability}) {
		t.Errorf("%+v, %v; want %+v", got, err, top)
	}
	with, err := json.Marshal(x.Basis())
	if err != nil || !strings.Contains(string(with), "Entry") {
		t.Errorf("%s, %v", with, err)
	}
}
