package inference

import (
	"slices"
	"testing"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// image returns h x w pixels with the values 1, 2, 3, ...
func image(t *testing.T, h, w int) Pixels {
	t.Helper()
	data := make([]float32, h*w*3)
	for i := range data {
		data[i] = float32(i + 1)
	}
	img, err := FromTensor(tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(data)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// identity is a network that gives back its input.
func identity() (*engine.Network, []engine.Node) {
	net, x := engine.NewNetwork(engine.Kernels()[0], 3)
	return net, []engine.Node{net.ScaleShiftReLU([]float32{1, 1, 1}, []float32{0, 0, 0}, x)}
}

// mustNew returns Runners with the best kernel.
func mustNew(t testing.TB, threads int) *Runners {
	t.Helper()
	rs, err := NewRunners("", threads)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestRunOnPartsOfAnImage(t *testing.T) {
	r := mustNew(t, 2).take()
	g := r.Graph("identity", identity)
	img := image(t, 2, 2)
	for _, tc := range []struct {
		from Rect
		want []float32
	}{
		{Whole(img), []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{Rect{1, 0, 1, 2}, []float32{7, 8, 9, 10, 11, 12}},
		{Rect{-1, 1, 2, 2}, []float32{0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0}}, // beyond the image
		{Rect{5, 5, 1, 1}, []float32{0, 0, 0}},
	} {
		got := make([]float32, len(tc.want))
		err := r.Run(t.Context(), g, img, tc.from, got)
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%v: %v (%v), want %v", tc.from, got, err, tc.want)
		}
		r.release()
	}
}

// TestPlansAreKept asks for many sizes: the latest plan is there again, and there
// is no plan for each.
func TestPlansAreKept(t *testing.T) {
	r := mustNew(t, 1).take()
	g := r.Graph("identity", identity)
	if again := r.Graph("identity", func() (*engine.Network, []engine.Node) { panic("made twice") }); again != g {
		t.Error("another graph of the same name")
	}
	for h := 1; h < 100; h++ {
		p, err := g.Plan(h, 3)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := g.Plan(h, 3); q != p || err != nil {
			t.Errorf("another plan for the same size (%v)", err)
		}
	}
	if len(g.plans) > 16 {
		t.Errorf("%d plans are kept", len(g.plans))
	}
}

func TestTensorsThatAreNoImages(t *testing.T) {
	for _, img := range []*tensor.Dense{
		tensor.New(tensor.WithShape(4, 4, 1), tensor.Of(tensor.Float32)),
		tensor.New(tensor.WithShape(4, 4), tensor.Of(tensor.Float32)),
		tensor.New(tensor.WithShape(4, 4, 3), tensor.Of(tensor.Float64)),
	} {
		if _, err := FromTensor(img); err == nil {
			t.Errorf("%v of %v was accepted", img.Shape(), img.Dtype())
		}
	}
}
