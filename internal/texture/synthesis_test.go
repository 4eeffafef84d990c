package texture

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/engine"
)

func kernel(t *testing.T) *engine.Kernel {
	t.Helper()
	k, err := engine.Choose("")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// stripes is a picture with oblique stripes of two colours and some noise.
func stripes(h, w int) *Picture {
	r := rand.New(rand.NewPCG(3, 4))
	p := &Picture{make([]float32, 3*h*w), h, w}
	for i := range h * w {
		on := float32((i/w + i%w) / 3 % 2)
		for c, v := range [3]float32{0.2 + 0.6*on, 0.3, 0.7 - 0.5*on} {
			p.Values[3*i+c] = v + 0.1*r.Float32()
		}
	}
	return p
}

func value(t *testing.T, l *Loss, pixels []float64) float64 {
	t.Helper()
	v, err := l.Value(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A texture comes near to the statistics, within the bounds, but is another picture; the
// seed alone decides which, and not the number of threads.
func TestSynthesise(t *testing.T) {
	f, p := NewRandom(kernel(t), 16, 2, 5), stripes(32, 40)
	var losses []float64
	s := Settings{Seed: 1, Steps: 25, Threads: 1, Progress: func(step int, loss float64) {
		if losses = append(losses, loss); step != len(losses) {
			t.Errorf("step %d is number %d", step, len(losses))
		}
	}}
	one, err := Synthesise(t.Context(), f, p, s)
	if err != nil {
		t.Fatal(err)
	}
	if one.H != 32 || one.W != 40 || one.Steps != 25 || len(losses) != 25 || one.Loss > losses[24] || !slices.IsSortedFunc(losses, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) {
		t.Errorf("%dx%d, loss %v after %d steps: %v", one.W, one.H, one.Loss, one.Steps, losses)
	}
	loss, err := NewLoss(t.Context(), f, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	got := value(t, loss, float64s(one.Values))
	noisy := value(t, loss, pixelsOf(noise(loss.colours, p, 1)))
	if !(math.Abs(got/one.Loss-1) < 1e-3) || !(got < 0.1*noisy) {
		t.Errorf("loss %v, said to be %v; of noise %v", got, one.Loss, noisy)
	}
	if lowest, highest := slices.Min(one.Values), slices.Max(one.Values); lowest < 0 || highest > 1 || highest-lowest < 0.3 {
		t.Errorf("values from %v to %v", lowest, highest)
	}
	s.Progress, s.Threads = nil, 3
	if again, err := Synthesise(t.Context(), f, p, s); err != nil || !slices.Equal(again.Values, one.Values) || again.Loss != one.Loss {
		t.Errorf("with three threads it is another picture: loss %v, %v", again.Loss, err)
	}
	s.Steps = 2
	short, err := Synthesise(t.Context(), f, p, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Seed = 2
	other, err := Synthesise(t.Context(), f, p, s)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := Synthesise(t.Context(), NewRandom(kernel(t), 16, 2, 6), p, s)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(short.Values, other.Values) || slices.Equal(other.Values, elsewhere.Values) {
		t.Error("another seed gives the same picture")
	}
}

func pixelsOf(u []float64) []float64 {
	x := slices.Clone(u)
	for i := range x {
		x[i] = pixel(x[i])
	}
	return x
}

// Noise has the picture's mean colours, and a quarter of their deviation, in the directions
// that they have.
func TestNoise(t *testing.T) {
	p := stripes(64, 64)
	x := pixelsOf(noise(newColours(p), p, 9))
	c := newColours(p)
	for i := range 3 {
		for j := range 3 {
			cov, want := 0.0, 0.0
			for at := 0; at < len(x); at += 3 {
				cov += (x[at+i] - c.mean[i]) * (x[at+j] - c.mean[j]) / (64 * 64)
			}
			for k := range 3 {
				want += faint * faint * c.spread[i][k] * c.spread[j][k]
			}
			if math.Abs(cov-want) > 3e-4 || i == j && want < 2e-4 {
				t.Errorf("colours %d and %d have covariance %v, want %v", i, j, cov, want)
			}
		}
	}
}

// Random filters know no places: a picture that is moved, what leaves it coming in at the
// other end, has the same loss, and so has one that is put together of four such.
func TestPlacesDoNotCount(t *testing.T) {
	const h, w = 32, 40
	loss, err := NewLoss(t.Context(), NewRandom(kernel(t), 16, 3, 5), stripes(h, w), 2)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	x, moved := make([]float64, 3*h*w), make([]float64, 3*h*w)
	for i := range x {
		x[i] = r.Float64()
	}
	for y := range h {
		for c := range w {
			copy(moved[3*((y+12)%h*w+(c+28)%w):][:3], x[3*(y*w+c):])
		}
	}
	if a, b := value(t, loss, x), value(t, loss, moved); !(math.Abs(a/b-1) < 1e-5) {
		t.Errorf("loss %v, and %v of the picture moved", a, b)
	}
}

// Weights make all layers count alike: for a picture of which they find nothing the loss is 1.
func TestWeights(t *testing.T) {
	p := stripes(32, 32)
	loss, err := NewLoss(t.Context(), NewRandom(kernel(t), 16, 2, 5), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range loss.layers() {
		clear(l.gram)
		if got := l.loss(); math.Abs(got-0.5) > 1e-12 {
			t.Errorf("layer %d of 2 counts %v", i, got)
		}
		for n := range l.channels {
			if g := l.target[n*l.channels+n]; !(g > 0.1 && g < 1) {
				t.Errorf("layer %d: the mean square of filter %d is %v", i, n, g)
			}
		}
	}
}

// A picture of one colour has a texture, too: nothing is divided by zero.
func TestPlainPicture(t *testing.T) {
	for _, v := range []float32{0, 0.5, 1} {
		p := &Picture{slices.Repeat([]float32{v}, 3*24*24), 24, 24}
		r, err := Synthesise(t.Context(), NewRandom(kernel(t), 8, 2, 0), p, Settings{Steps: 3, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range r.Values {
			if !(math.Abs(float64(got-v)) < 0.05) {
				t.Fatalf("value %d of a picture of %v is %v", i, v, got)
			}
		}
	}
}

// Fewer filters read a picture of few pixels; those that there are are the first.
func TestFilters(t *testing.T) {
	f := NewRandom(kernel(t), 64, 4, 0)
	for _, tc := range []struct{ h, w, want int }{{160, 160, 64}, {80, 80, 64}, {40, 40, 32}, {20, 20, 16}, {1, 1, 1}} {
		if n := f.number([2]int{tc.h, tc.w}); n != tc.want {
			t.Errorf("%d filters read %dx%d pixels, want %d", n, tc.w, tc.h, tc.want)
		}
	}
	for i, filters := range f.filters {
		var square float64
		for at, v := range filters {
			if square += float64(v * v); at/(3*taps*taps)%2 == 1 && at%(taps*taps) == 0 {
				sum := float32(0)
				for _, v := range filters[at:][:taps*taps] {
					sum += v
				}
				if math.Abs(float64(sum)) > 1e-5 {
					t.Fatalf("scale %d: a colour of filter %d adds up to %v", i, at/(3*taps*taps), sum)
				}
			}
		}
		if mean := square / 64; math.Abs(mean-1) > 0.1 {
			t.Errorf("scale %d: the mean square of what filters find in noise is %v", i, mean)
		}
	}
}

// What cannot be is an error that says what to do.
func TestErrors(t *testing.T) {
	f := NewRandom(kernel(t), 8, 3, 0)
	if _, err := Synthesise(t.Context(), f, stripes(23, 40), Settings{Steps: 1, Threads: 1}); err == nil || !strings.Contains(err.Error(), "picture of 40x23 pixels is too small for the filters, which need 24x24") {
		t.Errorf("a small picture: %v", err)
	}
	if _, err := Synthesise(t.Context(), f, stripes(24, 24), Settings{Steps: 1, Threads: 1}); err != nil {
		t.Errorf("the smallest picture: %v", err)
	}
	if _, err := NewLoss(t.Context(), f, &Picture{H: 3000, W: 4000}, 1); err == nil || !strings.Contains(err.Error(), "a texture of 4000x3000 pixels needs ") {
		t.Errorf("a large picture: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := Settings{Steps: 1000, Threads: 1, Progress: func(step int, _ float64) {
		if step == 2 {
			cancel()
		}
		if step > 3 {
			t.Fatal("it goes on")
		}
	}}
	if _, err := Synthesise(ctx, f, stripes(24, 24), s); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	func() {
		defer func() {
			if failure := recover(); failure != "too far" {
				t.Errorf("a panic became %v", failure)
			}
		}()
		c := spoiled{t.Context(), new(bool)}
		s.Progress = func(int, float64) { *c.now = true }
		_, err := Synthesise(c, f, stripes(24, 24), s)
		t.Errorf("it returns: %v", err)
	}()
}

// spoiled is a context that panics when it is asked, if now is set.
type spoiled struct {
	context.Context
	now *bool
}

func (c spoiled) Err() error {
	if *c.now {
		panic("too far")
	}
	return nil
}

// Pictures in 8 bits come back as they were, and values between are rounded.
func TestPictures(t *testing.T) {
	p := &Picture{[]float32{0, 1, 0.5, 0.4 / 255, 0.6 / 255, -1, 2, 254.4 / 255, 1. / 255, 0, 0, 0}, 2, 2}
	img := p.Image()
	if want := []byte{0, 255, 128, 255, 0, 1, 0, 255, 255, 254, 1, 255, 0, 0, 0, 255}; !slices.Equal(img.Pix, want) {
		t.Errorf("%v", img.Pix)
	}
	if again := FromImage(img); again.H != 2 || again.W != 2 || !slices.Equal(again.Image().Pix, img.Pix) {
		t.Errorf("%+v", again)
	}
}

// The gradient that the search follows is that of the loss at what it moves: along it, the
// loss changes by its length.
func TestSearchGradient(t *testing.T) {
	p := stripes(24, 24)
	loss, err := NewLoss(t.Context(), NewRandom(kernel(t), 8, 2, 5), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	u := noise(loss.colours, p, 4)
	q := &search{ctx: t.Context(), loss: loss, u: make([]float64, len(u)), x: make([]float64, len(u))}
	grad := make([]float64, len(u))
	q.gradient(grad, u)
	length := 0.0
	for _, g := range grad {
		length += g * g
	}
	length = math.Sqrt(length)
	at := func(step float64) float64 {
		moved := slices.Clone(u)
		for i, g := range grad {
			moved[i] += step * g / length
		}
		return q.value(moved)
	}
	const step = 0.01
	if got := (at(step) - at(-step)) / (2 * step); !(math.Abs(got/length-1) < 0.01) {
		t.Errorf("the loss changes by %v along a gradient of length %v", got, length)
	}
}
