package attribution

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// linear is a network whose two logits are the sums of x, each value weighted by its own
// number from 0 on, and minus that; its gradients are those weights.
type linear struct{ asked []*bagnet.Image }

func (n *linear) Classify(ctx context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	n.asked = append(n.asked, img)
	sum := 0.0
	for i, v := range img.Tensor().Float32s() {
		sum += float64(i) * float64(v)
	}
	return bagnet.Answer{Logits: []float32{float32(sum), -float32(sum)}, Probabilities: []float64{0.75, 0.25}}, ctx.Err()
}

func (n *linear) Gradient(ctx context.Context, img *bagnet.Image, o *bagnet.GradientOptions) (bagnet.Gradient, error) {
	n.asked = append(n.asked, img)
	values := img.Tensor()
	for i := range values.Float32s() {
		values.Float32s()[i] = float32(i) * float32(1-2*o.Class.Index)
	}
	return bagnet.Gradient{Values: values}, ctx.Err()
}

// picture is an image of h x w pixels whose values are given by their number.
func picture(t *testing.T, h, w int, value func(int) float32) *bagnet.Image {
	t.Helper()
	values := make([]float32, 3*h*w)
	for i := range values {
		values[i] = value(i)
	}
	img, err := bagnet.FromTensor(tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(values)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// of returns the map of class 0, or of class, and how far progress has said it is.
func (s Settings) of(t *testing.T, net Network, img *bagnet.Image, class int) (m *Map, steps int) {
	t.Helper()
	a, err := net.Classify(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	m, err = s.Map(t.Context(), net, img, a, bagnet.Class{Index: class}, func(done, total int) {
		if steps++; done != steps || total < done {
			t.Errorf("%s: %d of %d steps after %d", s.Method, done, total, steps)
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", s.Method, err)
	}
	return m, steps
}

// TestLinear has a network of which all maps are known.
func TestLinear(t *testing.T) {
	img := picture(t, 2, 3, func(i int) float32 { return float32(i%5) - 1 })
	grey := bagnet.Preprocessing{Mean: [3]float64{0.5, 0.25, 0.75}, Std: [3]float64{0.5, 0.5, 0.25}}
	white, _ := Colour(White, grey) // 1, 1.5, 1
	black, _ := Colour(Black, grey) // -1, -0.5, -3
	other := Picture("other.png", picture(t, 2, 3, func(i int) float32 { return float32(i) }))
	colours := map[string][3]float64{Mean: {}, White: {1, 1.5, 1}, Black: {-1, -0.5, -3}}
	for _, b := range []Baseline{{}, white, black, other} {
		base := func(i int) float64 { return colours[b.Name()][i%3] }
		if b.image != nil {
			base = func(i int) float64 { return float64(i) }
		}
		value := func(i int) float64 { return float64(i%5) - 1 }
		for class, sign := range []float64{1, -1} {
			logit := func(of func(int) float64) (sum float64) {
				for i := range 18 {
					sum += sign * float64(i) * of(i)
				}
				return sum
			}
			for _, method := range []string{IntegratedGradients, DeepLIFT, Occlusion} {
				s := Default(method)
				s.Baseline, s.Cell, s.Steps = b, 1, 7
				m, steps := s.of(t, new(linear), img, class)
				if want := map[string]int{IntegratedGradients: 7, DeepLIFT: 1, Occlusion: 6}[method]; steps != want {
					t.Errorf("%s: %d steps, want %d", method, steps, want)
				}
				for p, got := range m.Values {
					want := 0.0
					for i := 3 * p; i < 3*p+3; i++ {
						want += sign * float64(i) * (value(i) - base(i))
					}
					if math.Abs(float64(got)-want) > 1e-4 {
						t.Errorf("%s against %s: pixel %d is %v, want %v", method, b.Name(), p, got, want)
					}
				}
				if m.Against != logit(base) || m.Logit != logit(value) || m.Probability != []float64{0.75, 0.25}[class] {
					t.Errorf("%s against %s: logits %v and %v, want %v and %v", method, b.Name(), m.Logit, m.Against, logit(value), logit(base))
				}
				if m.Complete == math.IsNaN(m.Residual) || m.Residual > 1e-3 {
					t.Errorf("%s against %s: residual %v", method, b.Name(), m.Residual)
				}
			}
		}
	}
	for _, method := range []string{Saliency, SmoothGrad} {
		m, _ := Default(method).of(t, new(linear), img, 1)
		if want := []float32{2, 5, 8, 11, 14, 17}; !slices.Equal(m.Values, want) {
			t.Errorf("%s: %v, want %v", method, m.Values, want)
		}
	}
	if m, _ := Default(GradientXInput).of(t, new(linear), img, 0); m.Values[1] != 3*2+4*3+5*-1 || !math.IsNaN(m.Against) {
		t.Errorf("gradient x input: %v", m)
	}
}

// TestMidpoints looks at what integrated gradients look at.
func TestMidpoints(t *testing.T) {
	net, s := new(linear), Default(IntegratedGradients)
	s.Steps, s.Baseline = 4, Picture("b", picture(t, 1, 1, func(i int) float32 { return -1 }))
	s.of(t, net, picture(t, 1, 1, func(i int) float32 { return 1 }), 0)
	for i, want := range []float32{1, -1, -0.75, -0.25, 0.25, 0.75} { // the answer, the baseline, and between them
		if got := net.asked[i].Tensor().Float32s()[2]; got != want {
			t.Errorf("image %d is %v, want %v", i, got, want)
		}
	}
}

// TestNoise holds the noise to its definition: normal, of the deviation asked for, of its
// own for each image and each seed, and always the same.
func TestNoise(t *testing.T) {
	noisy := func(seed uint64, value func(int) float32) [][]float32 {
		net, s := new(linear), Default(SmoothGrad)
		s.Seed, s.Samples = seed, 3
		s.of(t, net, picture(t, 60, 50, value), 0)
		var all [][]float32
		for _, img := range net.asked[1:] {
			all = append(all, img.Tensor().Float32s())
		}
		return all
	}
	value := func(i int) float32 { return float32(i % 2 * 4) } // of range 4
	one := noisy(1, value)
	var sum, squares, within float64
	for _, values := range one {
		for i, v := range values {
			d := float64(v - value(i))
			sum, squares = sum+d, squares+d*d
			if math.Abs(d) < 0.6 {
				within++
			}
		}
	}
	n := float64(3 * len(one[0]))
	if mean, deviation := sum/n, math.Sqrt(squares/n); len(one) != 3 || math.Abs(mean) > 0.02 || math.Abs(deviation-0.6) > 0.01 || math.Abs(within/n-0.6827) > 0.015 {
		t.Errorf("%d images, mean %v, deviation %v, %v within one deviation", len(one), mean, deviation, within/n)
	}
	if slices.Equal(one[0], one[1]) {
		t.Error("two samples have the same noise")
	}
	if again := noisy(1, value); !slices.Equal(one[0], again[0]) || !slices.Equal(one[2], again[2]) {
		t.Error("another run has other noise")
	}
	if slices.Equal(one[0], noisy(2, value)[0]) {
		t.Error("another seed has the same noise")
	}
	moved := noisy(1, func(i int) float32 { return value(i) + 1 })
	if d := moved[0][0] - one[0][0]; math.Abs(float64(d)-1) < 1e-5 {
		t.Error("another image has the same noise")
	}
}

// TestPixels holds what becomes of a layer's positions and of cells to PyTorch:
//
//	F.interpolate(torch.tensor([[[[0., 4.], [8., 2.]]]]), (4, 3), mode="bilinear", align_corners=False)
func TestPixels(t *testing.T) {
	m := &Map{Values: []float32{0, 4, 8, 2}, Rows: 2, Cols: 2}
	if got, want := m.Pixels(4, 3), []float32{0, 2, 4, 2, 2.75, 3.5, 6, 4.25, 2.5, 8, 5, 2}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	m.Cell = 2
	if got, want := m.Pixels(3, 4), []float32{0, 0, 4, 4, 0, 0, 4, 4, 8, 8, 2, 2}; !slices.Equal(got, want) {
		t.Errorf("cells: %v, want %v", got, want)
	}
	whole := &Map{Values: []float32{1, 2}, Rows: 1, Cols: 2}
	if got := whole.Pixels(1, 2); !slices.Equal(got, whole.Values) {
		t.Errorf("pixels: %v", got)
	}
}

// TestCells are cut off by the image's edge.
func TestCells(t *testing.T) {
	s := Default(Occlusion)
	s.Cell = 2
	m, steps := s.of(t, new(linear), picture(t, 3, 5, func(int) float32 { return 1 }), 0)
	if m.Rows != 2 || m.Cols != 3 || steps != 6 || m.Values[5] != 42+43+44 || m.Values[2] != 12+13+14+27+28+29 {
		t.Errorf("%d x %d: %v", m.Rows, m.Cols, m.Values)
	}
}

func TestErrors(t *testing.T) {
	img := picture(t, 2, 2, func(int) float32 { return 1 })
	a, _ := new(linear).Classify(t.Context(), img)
	quiet := func(int, int) {}
	s := Default(DeepLIFT)
	s.Baseline = Picture("b.png", picture(t, 1, 2, func(int) float32 { return 1 }))
	if _, err := s.Map(t.Context(), new(linear), img, a, bagnet.Class{}, quiet); err == nil {
		t.Error("a baseline of another size")
	}
	s = Default("nothing")
	if _, err := s.Map(t.Context(), new(linear), img, a, bagnet.Class{}, quiet); err == nil {
		t.Error("an unknown method")
	}
	s = Default(Saliency)
	if _, err := s.Map(t.Context(), new(linear), img, a, bagnet.Class{Index: 2}, quiet); err == nil {
		t.Error("an unknown class")
	}
	infinite := picture(t, 2, 2, func(int) float32 { return float32(math.Inf(1)) })
	if _, err := (&Settings{Method: GradientXInput}).Map(t.Context(), new(linear), infinite, a, bagnet.Class{}, quiet); !errors.Is(err, ErrNotFinite) {
		t.Errorf("an infinite map: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, method := range Names() {
		s = Default(method)
		if _, err := s.Map(ended, new(linear), img, a, bagnet.Class{}, quiet); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, interrupted: %v", method, err)
		}
	}
}

// TestCheck names the setting that makes no sense.
func TestCheck(t *testing.T) {
	none := func(string) bool { return false }
	for option, change := range map[string]func(*Settings){
		"":        func(*Settings) {},
		"steps":   func(s *Settings) { s.Steps = 0 },
		"samples": func(s *Settings) { s.Samples = -1 },
		"patch":   func(s *Settings) { s.Cell = 0 },
		"noise":   func(s *Settings) { s.Noise = math.NaN() },
	} {
		s := Default(Saliency)
		change(&s)
		if got, err := s.Check(none); got != option || err == nil != (option == "") {
			t.Errorf("%q: %q, %v", option, got, err)
		}
	}
	used := map[string]string{
		Saliency: "", GradientXInput: "", SmoothGrad: "samples noise seed", IntegratedGradients: "steps baseline",
		DeepLIFT: "baseline", GradCAM: "layer", LayerCAM: "layer", Occlusion: "patch baseline",
	}
	for method, want := range used {
		s := Default(method)
		var names []string
		for _, u := range s.Used() {
			names = append(names, u.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s uses %q, want %q", method, got, want)
		}
		for _, option := range []string{"layer", "steps", "samples", "noise", "seed", "patch", "baseline"} {
			got, err := s.Check(func(given string) bool { return given == option })
			if uses := slices.Contains(names, option); (err == nil) != uses || !uses && got != option {
				t.Errorf("%s with %s: %q, %v", method, option, got, err)
			}
		}
	}
	for line := range strings.Lines(Describe("  ")) {
		if len(line) > 81 || !strings.HasPrefix(line, "  ") {
			t.Errorf("%q", line)
		}
	}
}
