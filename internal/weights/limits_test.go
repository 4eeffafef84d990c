package weights

import (
	"regexp"
	"strings"
	"testing"

	"bagnet/internal/engine"
)

// TestFoldRefuses has BatchNorms that cannot be folded: a variance of which there
// is no root, and a bias or a weight that float32 does not have.
func TestFoldRefuses(t *testing.T) {
	one := func() batchNorm {
		return batchNorm{gamma: []float32{1, 1}, beta: []float32{0, 0}, mean: []float32{0, 0}, variance: []float32{1, 1}}
	}
	weights := []float32{1, 1}
	if _, err := fold("w", weights, nil, one()); err != nil {
		t.Fatal(err)
	}
	negative := one()
	negative.variance[1] = -0.5
	if _, err := fold("w", weights, nil, negative); err == nil || !strings.Contains(err.Error(), "folding w: its running variance -0.5 at channel 1 is negative") {
		t.Errorf("a negative variance: %v", err)
	}
	bias := one() // -3e38*sqrt(2): weights and scale are small
	bias.mean[1], bias.variance[1] = 3e38, 0.5
	if _, err := fold("w", weights, nil, bias); err == nil || !strings.Contains(err.Error(), "channel 1 exceeds float32") {
		t.Errorf("a bias beyond float32: %v", err)
	}
	weight := one()
	weight.gamma[0] = 1e10
	if _, err := fold("w", []float32{-1e30, 1}, nil, weight); err == nil || !strings.Contains(err.Error(), "channel 0 exceeds float32") {
		t.Errorf("a weight beyond float32: %v", err)
	}
}

func TestScaleShiftRefuses(t *testing.T) {
	for part, f := range map[string]fake{
		"running variance -0.25 at channel 0 is negative": {"n.weight": values(3), "n.bias": values(1), "n.running_mean": values(2), "n.running_var": values(-0.25)},
		"channel 0 exceeds float32":                       {"n.weight": values(2), "n.bias": values(0), "n.running_mean": values(3e38), "n.running_var": values(1)}, // the shift does
	} {
		scale, shift := make([]float32, 1), make([]float32, 1)
		if err := mustSet(t, f).ScaleShift("n", scale, shift); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v*x + %v (%v), want %s", scale, shift, err, part)
		}
	}
	scale, shift := make([]float32, 1), make([]float32, 1)
	steep := fake{"n.weight": values(3e38), "n.bias": values(0), "n.running_mean": values(0), "n.running_var": values(0)}
	if err := mustSet(t, steep).ScaleShift("n", scale, shift); err == nil || !strings.Contains(err.Error(), "channel 0 exceeds float32") {
		t.Errorf("a scale beyond float32: %v*x + %v (%v)", scale, shift, err)
	}
}

// TestSmallWeightsWarn looks at both sides of the limit of 1e-4, under which
// BF16 may have flushed weights that mattered.
func TestSmallWeightsWarn(t *testing.T) {
	for largest, want := range map[float32]int{0.9e-4: 1, 1.1e-4: 0, 1e-2: 0} {
		s := mustSet(t, fake{
			"a.weight": shaped([]int{1, 1, 1, 1}, -largest),
			"n.weight": values(1), "n.bias": values(0), "n.running_mean": values(0), "n.running_var": values(1),
		})
		warnings, err := s.Pack([]Layer{pointLayer("a.weight", "n")}, 1)
		if err != nil || len(warnings) != want {
			t.Errorf("largest weight %g: warnings %q (%v), want %d", largest, warnings, err, want)
		}
	}
}

// TestCountFromFirst has the lowest number alone, and one that is below it.
func TestCountFromFirst(t *testing.T) {
	s := mustSet(t, fake{"a.0.w": values(1), "b.1.w": values(1)})
	for _, tc := range []struct {
		prefix      string
		first, want int
	}{{"a.", 0, 1}, {"a.", 1, 0}, {"b.", 1, 1}, {"b.", 0, 2}} {
		if got := s.Count(tc.prefix, tc.first); got != tc.want {
			t.Errorf("%d numbers from %d on behind %q, want %d", got, tc.first, tc.prefix, tc.want)
		}
	}
}

// TestFirstSpellingCounts has names that bear the marks of two spellings.
func TestFirstSpellingCounts(t *testing.T) {
	spelling := func(mark, to string) Spelling {
		return Spelling{regexp.MustCompile(mark), func(n string) string { return to + n }}
	}
	f := fake{"left.w": values(1), "right.w": values(1)}
	s := mustSet(t, f, spelling(`^none\.`, "0."), spelling(`^left\.`, "1."), spelling(`^right\.`, "2."))
	if got := strings.Join(s.Names(), " "); got != "1.left.w 1.right.w" {
		t.Errorf("read as %q", got)
	}
}

// pointLayer is a 1x1 convolution of one channel with a BatchNorm behind it.
func pointLayer(weight, norm string) Layer {
	shape := engine.Shape{In: 1, Out: 1, Size: 1, Stride: 1, Dilation: 1}
	return Layer{Conv: engine.NewConv(engine.Kernels()[0], shape, false), Weight: weight, Norm: norm}
}

// TestCheckRefusesEmptyTensors has a shape that is the one wanted, as what was
// wanted was read off it.
func TestCheckRefusesEmptyTensors(t *testing.T) {
	s := mustSet(t, fake{"a": shaped([]int{0, 3}), "b": values(1)})
	if _, err := s.Check(Shapes{"a": {0, 3}, "b": {1}}, "a test"); err == nil || !strings.Contains(err.Error(), `tensor "a" has shape [0 3]`) {
		t.Errorf("an empty tensor: %v", err)
	}
}
