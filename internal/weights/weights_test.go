package weights

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// fake is a checkpoint in memory, of vectors unless a shape is given.
type fake map[string]*tensor.Dense

func (f fake) Names() []string {
	var names []string
	for n := range f {
		names = append(names, n)
	}
	return names
}
func (f fake) Tensor(name string) *tensor.Dense { return f[name] }
func (f fake) DType(string) string              { return "BF16" }

func values(v ...float32) *tensor.Dense { return shaped([]int{len(v)}, v...) }

func shaped(shape []int, v ...float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))
}

func mustSet(t *testing.T, f fake, spellings ...Spelling) *Set {
	t.Helper()
	s, err := NewSet(f, spellings)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFold compares convolution, bias and BatchNorm one after the other, in
// float64, with what is folded.
func TestFold(t *testing.T) {
	norm := batchNorm{gamma: []float32{2, -0.5}, beta: []float32{0.25, 1}, mean: []float32{-1, 3}, variance: []float32{0.5, 1e-7}}
	weights := []float32{1, -2, 3, 0.5, 0.25, -4}
	x := []float64{0.3, -1.7, 2.2}
	for _, bias := range [][]float32{nil, {0.75, -2}} {
		f, err := fold("w", weights, bias, norm)
		if err != nil {
			t.Fatal(err)
		}
		for o := range 2 {
			sum, folded := 0.0, float64(f.bias[o])
			for i, v := range x {
				sum += v * float64(weights[3*o+i])
				folded += v * float64(weights[3*o+i]) * f.scale[o]
			}
			if bias != nil {
				sum += float64(bias[o])
			}
			want := (sum-float64(norm.mean[o]))/math.Sqrt(float64(norm.variance[o])+1e-5)*float64(norm.gamma[o]) + float64(norm.beta[o])
			if math.Abs(folded-want) > 1e-6*math.Abs(want) {
				t.Errorf("bias %v, channel %d: %v, want %v", bias, o, folded, want)
			}
		}
		if f.largest != 4 {
			t.Errorf("largest weight %v, want 4", f.largest)
		}
	}
}

func TestLargest(t *testing.T) {
	for want, weights := range map[float64][]float32{
		0: {}, 3: {1, -3, 2}, 0.5: {float32(math.Copysign(0, -1)), 0.5, -0.25}, 0x1p-149: {0, -0x1p-149}, 0x1p127: {-0x1p127, 0x1p126},
	} {
		if got := largest(weights); got != want {
			t.Errorf("largest of %v is %v, want %v", weights, got, want)
		}
	}
}

// TestPack runs what was packed: a convolution with bias and BatchNorm, and one
// with neither.
func TestPack(t *testing.T) {
	s := mustSet(t, fake{
		"a.weight": shaped([]int{2, 1, 1, 1}, 3e-5, 2e-5), "a.bias": values(1, 2), "b.weight": shaped([]int{1, 2, 1, 1}, 5, 7),
		"n.weight": values(1, 2), "n.bias": values(0, 3), "n.running_mean": values(0.5, 0), "n.running_var": values(1-1e-5, 4-1e-5),
	})
	k := engine.Kernels()[0]
	shape := engine.Shape{In: 1, Out: 2, Size: 1, Stride: 1, Dilation: 1}
	layers := []Layer{{Conv: engine.NewConv(k, shape, false), Weight: "a.weight", Bias: "a.bias", Norm: "n"}}
	shape.In, shape.Out = 2, 1
	layers = append(layers, Layer{Conv: engine.NewConv(k, shape, true), Weight: "b.weight"})
	warnings, err := s.Pack(layers, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "a.weight: its largest weight is 3e-05, too small for the BF16") {
		t.Errorf("warnings %q", warnings)
	}
	net, x := engine.NewNetwork(k, 1)
	plan, err := net.Plan(1, 1, 1, net.Conv(layers[1].Conv, net.Conv(layers[0].Conv, x)))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, 1)
	if err := plan.Run(t.Context(), &engine.Workspace{}, []float32{100}, out); err != nil {
		t.Fatal(err)
	}
	// a: 1.003, 2.002; n: 0.503, 5.002; b: 5*0.503 + 7*5.002.
	if want := 37.529; math.Abs(float64(out[0])-want) > 1e-5 {
		t.Errorf("%v, want %v", out[0], want)
	}
}

func TestScaleShift(t *testing.T) {
	s := mustSet(t, fake{"n.weight": values(3), "n.bias": values(1), "n.running_mean": values(2), "n.running_var": values(0.25 - 1e-5)})
	scale, shift := make([]float32, 1), make([]float32, 1)
	if err := s.ScaleShift("n", scale, shift); err != nil || scale[0] != 6 || shift[0] != -11 {
		t.Errorf("%v*x + %v (%v), want 6*x - 11", scale, shift, err)
	}
}

func TestNames(t *testing.T) {
	other := Spelling{regexp.MustCompile(`^left\.`), func(n string) string { return strings.Replace(n, "left.", "conv1.", 1) }}
	v := values(1)
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{[]string{"conv1.weight", "fc.bias"}, "conv1.weight fc.bias"},
		{[]string{"module.net.conv1.weight", "module.net.fc.bias", "module.net.bn1.num_batches_tracked"}, "conv1.weight fc.bias"},
		{[]string{"model.conv1.weight", "fc.bias"}, "fc.bias model.conv1.weight"}, // not before all of them
		{[]string{"features.module.0.weight", "classifier._orig_mod.0.bias"}, "classifier.0.bias features.0.weight"},
		{[]string{"module.left.weight", "module.right.weight"}, "conv1.weight right.weight"},
		{[]string{"backbone.conv1.weight", "classifier.bias"}, "conv1.weight fc.bias"},
	} {
		f := fake{}
		for _, n := range tc.names {
			f[n] = v
		}
		if got := strings.Join(mustSet(t, f, other, NamedBody).Names(), " "); got != tc.want {
			t.Errorf("%q read as %q, want %q", tc.names, got, tc.want)
		}
	}
	if _, err := NewSet(fake{"left.weight": v, "conv1.weight": v}, []Spelling{other}); err == nil || !strings.Contains(err.Error(), "both stand for conv1.weight") {
		t.Errorf("two tensors of one name: %v", err)
	}
}

func TestCount(t *testing.T) {
	v := values(1)
	s := mustSet(t, fake{"a.1.w": v, "a.3.w": v, "a.x.w": v, "a.-1.w": v, "a.99999.w": v, "b2.w": v})
	for _, tc := range []struct {
		prefix      string
		first, want int
	}{{"a.", 0, 4}, {"a.", 1, 3}, {"b", 1, 2}, {"c", 0, 0}} {
		if got := s.Count(tc.prefix, tc.first); got != tc.want {
			t.Errorf("%d numbers from %d on behind %q, want %d", got, tc.first, tc.prefix, tc.want)
		}
	}
}

func TestCheck(t *testing.T) {
	f := fake{"fc.weight": shaped([]int{2, 3, 1, 1}, make([]float32, 6)...), "fc.bias": values(0, 0), "n.running_var": values(1)}
	want := Shapes{"fc.weight": {2, 3}, "fc.bias": {2}, "n.running_var": {1}}
	if n, err := mustSet(t, f).Check(want, "a test"); n != 8 || err != nil {
		t.Errorf("%d parameters (%v), want 8", n, err)
	}
	for part, shapes := range map[string]Shapes{
		`tensor n.bias is missing`:                         {"fc.weight": {2, 3}, "fc.bias": {2}, "n.running_var": {1}, "n.bias": {1}},
		`tensor "fc.weight" has shape [2 3 1 1], expected`: {"fc.weight": {2, 4}, "fc.bias": {2}, "n.running_var": {1}},
		`tensor "fc.bias" (one of 2) has no place in a te`: {"fc.weight": {2, 3}},
	} {
		if _, err := mustSet(t, f).Check(shapes, "a test"); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want %s", err, part)
		}
	}
	if !slices.Equal(mustSet(t, f).Shape("fc.weight"), []int{2, 3, 1, 1}) {
		t.Error("the shape of a tensor is not the file's")
	}
}

// TestFoldRefusesOverflow has weights and biases that float32 holds before their
// BatchNorm is multiplied in, but not after.
func TestFoldRefusesOverflow(t *testing.T) {
	one := func(v float32) []float32 { return []float32{1, v} }
	for name, c := range map[string]struct {
		weights []float32
		norm    batchNorm
		fails   bool
	}{
		"just fits":       {one(1e38), batchNorm{gamma: one(3), beta: one(0), mean: one(0), variance: one(1)}, false},
		"weight":          {one(1e38), batchNorm{gamma: one(4), beta: one(0), mean: one(0), variance: one(1)}, true},
		"negative weight": {one(-1e38), batchNorm{gamma: one(4), beta: one(0), mean: one(0), variance: one(1)}, true},
		"negative scale":  {one(1e38), batchNorm{gamma: one(-4), beta: one(0), mean: one(0), variance: one(1)}, true},
		"bias":            {one(0), batchNorm{gamma: one(4), beta: one(0), mean: one(-1e38), variance: one(1)}, true},
	} {
		_, err := fold("layer1.0.conv1", c.weights, nil, c.norm)
		if !c.fails && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := "folding layer1.0.conv1: channel 1 exceeds float32 once its BatchNorm is multiplied in"; c.fails && (err == nil || err.Error() != want) {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
}

// TestHead gives the last layer its name if it is certain which that is.
func TestHead(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		{"fc.weight fc.bias", "fc.bias fc.weight"},
		{"fc.1.weight fc.1.bias", "fc.bias fc.weight"},
		{"head.weight head.bias x.weight", "fc.bias fc.weight x.weight"},
		{"head.2.weight x.weight", "fc.weight x.weight"},
		{"fc.1.weight fc.3.weight", "fc.1.weight fc.3.weight"}, // which is the last?
		{"head.weight classifier.weight", "classifier.weight head.weight"},
		{"fc.weight head.weight", "fc.weight head.weight"},
		{"fc.1.weight_g", "fc.1.weight_g"},
	} {
		f := fake{}
		for _, n := range strings.Fields(tc.name) {
			f[n] = values(1)
		}
		s := mustSet(t, f)
		s.Head("fc", Heads...)
		if got := strings.Join(s.Names(), " "); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestCommonPrefix takes off what several wrappers put before all names, one after the
// other, and nothing that is not before all.
func TestCommonPrefix(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"module.conv1.weight", "module.fc.bias"}, "module."},
		{[]string{"module.model.conv1.weight", "module.model.fc.bias"}, "module.model."},
		{[]string{"model.module._orig_mod.a", "model.module._orig_mod.b"}, "model.module._orig_mod."},
		{[]string{"module.model.a", "module.b"}, "module."},
		{[]string{"conv1.weight", "module.fc.bias"}, ""},
		{nil, ""},
	} {
		if got := commonPrefix(c.names); got != c.want {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}
