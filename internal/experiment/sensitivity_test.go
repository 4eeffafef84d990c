package experiment

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet"
)

// linear is a network whose two logits are 0 and a weighted sum of the pixels.
type linear []float32

func (l linear) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	values := img.Tensor().Float32s()
	var sum float64
	for i, v := range values {
		sum += float64(l[i]) * float64(v)
	}
	return bagnet.Answer{Outputs: []float32{0, float32(sum)}}, nil
}

// broken is a network that fails after some calls.
type broken struct{ calls int }

var errBroken = errors.New("broken")

func (b *broken) Classify(context.Context, *bagnet.Image) (bagnet.Answer, error) {
	if b.calls--; b.calls < 0 {
		return bagnet.Answer{}, errBroken
	}
	return bagnet.Answer{Outputs: []float32{1}}, nil
}

func random(h, w int, seed uint64) Image {
	rng, m := rand.New(rand.NewPCG(seed, 0)), NewImage(h, w)
	for i := range m.Values {
		m.Values[i] = rng.Float32() - 0.5
	}
	return m
}

func mustCells(t *testing.T, h, w, side int) Cells {
	t.Helper()
	c, err := NewCells(h, w, side)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewCells(t *testing.T) {
	if c := mustCells(t, 32, 48, 16); c != (Cells{2, 3, 16}) || c.Len() != 6 {
		t.Errorf("%+v", c)
	}
	for _, bad := range [][3]int{{32, 48, 0}, {32, 48, -16}, {32, 50, 16}, {30, 48, 16}, {8, 8, 16}} {
		if c, err := NewCells(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v: %+v", bad, c)
		}
	}
}

// What masking one cell does to a linear network is known: the cell's part of
// the sum. A map of just that correlates perfectly with it, at any resolution.
func TestOcclusion(t *testing.T) {
	ctx, cells := context.Background(), mustCells(t, 8, 12, 4)
	img, weights := random(8, 12, 1), random(8, 12, 2)
	intact := slices.Clone(img.Values)
	want, parts := make([]float64, 6), make([]float32, 8*12)
	for i, v := range img.Values {
		part := float64(v) * float64(weights.Values[i])
		y, x := i/3/12, i/3%12
		want[y/4*3+x/4] += part
		parts[y*12+x] += float32(part)
	}
	net := linear(weights.Values)
	logits, err := outputs(ctx, net, img)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMasking(net, img, 1, logits, MeanFill{})
	got, err := m.Occlusion(ctx, cells)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-5 {
			t.Errorf("cell %d: logit falls by %v, want %v", i, got[i], want[i])
		}
	}
	if r := Pearson(cells.Means(parts, 8, 12), got); math.Abs(r-1) > 1e-6 {
		t.Errorf("a map of the true sensitivity correlates with it by %v", r)
	}

	// Masked in its own order, the curve falls by the largest drops first.
	order, counts := Order(got), []int{0, 1, 3, 6}
	curve, err := m.Deletion(ctx, Squares{Side: 4, Places: cells.Places(order), Counts: counts})
	if err != nil {
		t.Fatal(err)
	}
	logit := curve[0].Logit
	masked := 0
	for i, n := range counts {
		for ; masked < n; masked++ {
			logit -= want[order[masked]]
		}
		p := 1 / (1 + math.Exp(-curve[i].Logit))
		if math.Abs(curve[i].Logit-logit) > 1e-5 || !close(curve[i].Probability, p) {
			t.Errorf("%d cells masked: %+v, want logit %v and probability %v", n, curve[i], logit, p)
		}
	}
	if curve[3].Logit != 0 {
		t.Errorf("with everything masked the logit is %v", curve[3].Logit)
	}
	again, err := m.Deletion(ctx, Squares{Side: 4, Places: cells.Places(order), Counts: []int{6, 0, 3, 1}})
	if err != nil || again[0] != curve[3] || again[1] != curve[0] || again[2] != curve[2] || again[3] != curve[1] {
		t.Errorf("the curve in another order is %v, want that of %v (%v)", again, curve, err)
	}

	// Put back into an empty image, it rises by them.
	inserted, err := m.Insertion(ctx, Squares{Side: 4, Places: cells.Places(order), Counts: counts})
	if err != nil {
		t.Fatal(err)
	}
	for i := range counts {
		if want := curve[0].Logit - curve[i].Logit; math.Abs(inserted[i].Logit-want) > 1e-5 {
			t.Errorf("%d cells put back: logit %v, want %v", counts[i], inserted[i].Logit, want)
		}
	}
	if inserted[3] != curve[0] || inserted[0] != curve[3] {
		t.Errorf("all put back is %v, nothing %v; want %v and %v", inserted[3], inserted[0], curve[0], curve[3])
	}
	if !slices.Equal(img.Values, intact) {
		t.Error("the image has been changed")
	}
}

func TestMaskingFails(t *testing.T) {
	cells := mustCells(t, 4, 4, 2)
	for calls := range 4 {
		m := NewMasking(&broken{calls}, NewImage(4, 4), 0, []float32{1}, MeanFill{})
		if _, err := m.Occlusion(context.Background(), cells); err != errBroken {
			t.Errorf("the network fails after %d calls: %v", calls, err)
		}
	}
	squares := Squares{Side: 2, Places: cells.Places(nil), Counts: []int{0, 1, 2}}
	if _, err := NewMasking(&broken{1}, NewImage(4, 4), 0, []float32{1}, MeanFill{}).Deletion(context.Background(), squares); err != errBroken {
		t.Error(err)
	}
	if _, err := NewMasking(&broken{2}, NewImage(4, 4), 0, []float32{1}, MeanFill{}).Insertion(context.Background(), squares); err != errBroken {
		t.Error(err)
	}
}

func TestOrder(t *testing.T) {
	if got := Order([]float64{1, 3, -2, 3, 1, 1}); !slices.Equal(got, []int{1, 3, 0, 4, 5, 2}) {
		t.Errorf("order %v: want the highest first, equals as they come", got)
	}
}

func TestMeans(t *testing.T) {
	c := mustCells(t, 4, 8, 4) // 1 x 2 cells
	for _, m := range []struct {
		rows, cols int
		values     []float32
		want       []float64
	}{
		{1, 2, []float32{5, 7}, []float64{5, 7}},
		{2, 4, []float32{1, 2, 10, 20, 3, 4, 30, 40}, []float64{2.5, 25}},
		{4, 8, slices.Concat(slices.Repeat([]float32{1, 1, 1, 1, 2, 2, 2, 2}, 3), []float32{5, 5, 5, 5, 2, 2, 2, 6}), []float64{2, 2.25}},
	} {
		if err := c.CheckMap(m.rows, m.cols); err != nil {
			t.Error(err)
		}
		if got := c.Means(m.values, m.rows, m.cols); !slices.Equal(got, m.want) {
			t.Errorf("%d x %d: means %v, want %v", m.rows, m.cols, got, m.want)
		}
	}
	for _, bad := range [][2]int{{0, 0}, {1, 1}, {2, 2}, {4, 4}, {8, 4}, {8, 16}, {3, 6}, {-1, -2}, {1, 0}} {
		if c.CheckMap(bad[0], bad[1]) == nil {
			t.Errorf("a map of %v suits %+v", bad, c)
		}
	}
	if odd := mustCells(t, 6, 6, 3); odd.CheckMap(3, 3) == nil {
		t.Error("squares of 2 pixels make up a cell of 3")
	}
}

func TestCounts(t *testing.T) {
	c := mustCells(t, 40, 40, 4)
	if got := c.Counts([]float64{0, 0.004, 0.005, 0.01, 0.5, 1}); !slices.Equal(got, []int{0, 0, 1, 1, 50, 100}) {
		t.Errorf("counts %v", got)
	}
}

func TestRespond(t *testing.T) {
	r := Respond([]float32{1000, 1000 + float32(math.Log(3))}, 1)
	if math.Abs(r.Probability-0.75) > 1e-5 || r.Logit != float64(1000+float32(math.Log(3))) {
		t.Errorf("%+v", r)
	}
}

func TestArea(t *testing.T) {
	if got := Area([]float64{0, 0.2, 0.6}, []float64{1, 0.5, 0}); !close(got, (0.2*0.75+0.4*0.25)/0.6) {
		t.Errorf("area %v", got)
	}
	if got := Area([]float64{0, 0}, []float64{1, 1}); !math.IsNaN(got) {
		t.Errorf("area %v of a curve without width", got)
	}
}
