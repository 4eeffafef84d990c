package sensitivity

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"bagnet"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
)

// counted is weighted, and counts its passes.
type counted struct {
	weighted
	passes *int
}

func (c counted) Classify(ctx context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	*c.passes++
	return c.weighted.Classify(ctx, img)
}

// numbered is an image of 4x4 pixels in cells of 2, which count 1, 2, 3 and 4.
func numbered() *experiment.Sample {
	it := &experiment.Sample{Image: experiment.NewImage(4, 4), Class: 1, Seed: 1, Width: 4, Height: 4, RNG: rand.New(rand.NewPCG(1, 1))}
	for i := range 16 {
		it.Values[3*i] = float32(25 * (i/8*2 + i%4/2 + 1)) // 4 pixels a cell
	}
	return it
}

// TestInsertion puts cells back whose sums are known.
func TestInsertion(t *testing.T) {
	for _, curve := range []string{Insertion, Both} {
		x := &Experiment{Settings{Maps: []Map{byNumber(2), byNumber(-1)}, Cell: 2, Shares: []float64{0, 25, 75}, Follow: FollowTrue, Curve: curve}}
		r, err := x.Measure(t.Context(), &experiment.Network{Runner: weighted{}}, numbered())
		if err != nil {
			t.Fatal(err)
		}
		for i, logits := range [][3]float64{{0, 4, 9}, {0, 1, 6}} {
			m := r.Maps[i]
			if m.Insertion == nil || len(m.Insertion.Curve) != 3 || (m.Curve == nil) != (curve == Insertion) || math.IsNaN(float64(m.Area)) != (curve == Insertion) {
				t.Fatalf("%s: %+v", curve, m)
			}
			var p [3]float64
			for k, logit := range logits {
				p[k] = 1 / (1 + math.Exp(-logit))
				if point := m.Insertion.Curve[k]; point.Logit != logit || point.Masked != []int{0, 1, 3}[k] || point.Pixels != 0 || math.Abs(point.Probability-p[k]) > 1e-12 {
					t.Errorf("map %d: point %+v, want logit %v", i, point, logit)
				}
			}
			if area := ((p[0]+p[1])/2*0.25 + (p[1]+p[2])/2*0.5) / 0.75; math.Abs(float64(m.Insertion.Area)-area) > 1e-12 {
				t.Errorf("map %d: area %v, want %v", i, m.Insertion.Area, area)
			}
		}
		if curve == Both && r.Maps[0].Curve[1].Logit != 6 {
			t.Errorf("masked beside it: %+v", r.Maps[0].Curve)
		}
	}
}

// TestPasses counts the passes of each combination: one, one for each cell where the true
// sensitivity is wanted, and for each map, curve and share one that masks anything; all
// masked is one for all.
func TestPasses(t *testing.T) {
	for _, c := range []struct {
		change func(*Settings)
		want   int
	}{
		{func(*Settings) {}, 1 + 4 + 2*2},
		{func(s *Settings) { s.NoTruth = true }, 1 + 2*2},
		{func(s *Settings) { s.NoTruth, s.Maps[0] = true, Occlusion{} }, 1 + 4 + 2*2},
		{func(s *Settings) { s.Curve = Insertion }, 1 + 4 + 2*2 + 1},
		{func(s *Settings) { s.Curve = Both }, 1 + 4 + 2*2 + 2*2 + 1},
		{func(s *Settings) { s.Curve, s.Shares = Both, []float64{0, 50, 100} }, 1 + 4 + 2 + 2 + 1},
	} {
		passes := 0
		x := &Experiment{Settings{Maps: []Map{byNumber(2), byNumber(-1)}, Cell: 2, Shares: []float64{0, 25, 75}, Follow: FollowTrue}}
		c.change(&x.Settings)
		r, err := x.Measure(t.Context(), &experiment.Network{Runner: counted{weighted{}, &passes}}, numbered())
		if err != nil || passes != c.want {
			t.Errorf("%+v: %d passes, want %d (%v)", x.Settings, passes, c.want, err)
		}
		if got := math.IsNaN(float64(r.Maps[1].Correlation)); got != x.NoTruth {
			t.Errorf("%+v: correlation %v", x.Settings, r.Maps[1].Correlation)
		}
	}
}

// inPixels is a map with a value for each pixel.
type inPixels []float32

func (inPixels) Name() string { return "in pixels" }

func (inPixels) Weights() string { return "" }

func (m inPixels) Values(_ context.Context, v View) ([]float64, error) {
	return v.Cells.Means(m, 4, 4), nil
}

// TestPeaks masks squares of 2 pixels around the highest pixels of a map, and cells for
// occlusion; the map's correlation is that of its means.
func TestPeaks(t *testing.T) {
	m := make(inPixels, 16)
	m[2*4+2], m[0] = 9, 8 // squares from 1,1 and from 0,0, which has been moved
	x := &Experiment{Settings{Maps: []Map{m, Occlusion{}}, Cell: 2, Shares: []float64{0, 25, 50}, Follow: FollowTrue, Place: PlacePeaks}}
	r, err := x.Measure(t.Context(), &experiment.Network{Runner: weighted{}}, numbered())
	if err != nil {
		t.Fatal(err)
	}
	peaks := r.Maps[0]
	// A pixel of each cell, then three more of the first.
	for k, want := range []struct{ masked, pixels, logit float64 }{{0, 0, 10}, {1, 4, 7.5}, {2, 7, 6.75}} {
		p := peaks.Curve[k]
		if float64(p.Masked) != want.masked || float64(p.Pixels) != want.pixels || p.Logit != want.logit {
			t.Errorf("point %d: %+v, want %+v", k, p, want)
		}
	}
	if want := experiment.Pearson([]float64{2, 0, 0, 2.25}, []float64{1, 2, 3, 4}); math.Abs(float64(peaks.Correlation)-want) > 1e-12 {
		t.Errorf("correlation %v, want %v", peaks.Correlation, want)
	}
	var heights [3]float64
	for k, p := range peaks.Curve {
		heights[k] = p.Probability
	}
	if want := ((heights[0]+heights[1])/2*4 + (heights[1]+heights[2])/2*3) / 7; math.Abs(float64(peaks.Area)-want) > 1e-12 {
		t.Errorf("area %v over the pixels that are masked, want %v", peaks.Area, want)
	}
	cells := r.Maps[1]
	if cells.Correlation != 1 || cells.Curve[1].Logit != 6 || cells.Curve[1].Pixels != 4 || cells.Curve[2].Logit != 3 {
		t.Errorf("occlusion: %+v", cells)
	}
}

// TestBagNetPeaks has a BagNet's map in pixels: at stride 2 each value four times, the
// first where its patch has its centre.
func TestBagNetPeaks(t *testing.T) {
	v := ballView(t, 48)
	m := &BagNet{Called: "m", Net: v.Net, Stride: 2}
	x := &Experiment{Settings{Maps: []Map{m}, Cell: 16, Place: PlacePeaks}}
	ranked, err := x.rank(t.Context(), m, v)
	if err != nil || len(ranked.pixels) != 48*48 || len(ranked.cells) != 9 {
		t.Fatalf("%d pixels, %d cells: %v", len(ranked.pixels), len(ranked.cells), err)
	}
	means, err := m.Values(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	for i := range means {
		if math.Abs(means[i]-ranked.cells[i]) > 1e-4 {
			t.Errorf("cell %d: %v, want %v", i, ranked.cells[i], means[i])
		}
	}
	fine, err := (&BagNet{Called: "m", Net: v.Net, Stride: 1}).Values(t.Context(), View{v.Sample, v.Net, v.Class, experiment.Cells{Rows: 48, Cols: 48, Side: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for p, got := range ranked.pixels {
		if want := fine[p/48/2*2*48+p%48/2*2]; math.Abs(got-want) > 1e-4 {
			t.Fatalf("pixel %d has %v, the patch at %d,%d %v", p, got, p/48/2*2, p%48/2*2, want)
		}
	}
	at := slices.Index(ranked.pixels, slices.Max(ranked.pixels))
	if p := ranked.highest(v.Cells); at/48%2 != 0 || at%48%2 != 0 || p != (point{float64(at%48) + 0.5, float64(at/48) + 0.5}) {
		t.Errorf("the highest is %+v, want the centre of pixel %d", p, at)
	}
}

// TestRoad has the same noise for the same seed and image, whatever the maps, and other noise
// for others; a random map is the same with either fill.
func TestRoad(t *testing.T) {
	net := &experiment.Network{Runner: weighted{}, Preprocessing: images.ImageNet()}
	measure := func(change func(*Settings, *experiment.Sample)) Record {
		t.Helper()
		it := numbered()
		x := &Experiment{Settings{Maps: []Map{Random{}}, Cell: 2, Shares: []float64{0, 25, 75}, Follow: FollowTrue, Fill: FillRoad, NoTruth: true}}
		change(&x.Settings, it)
		r, err := x.Measure(t.Context(), net, it)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range r.Maps {
			if m.Map == RandomName {
				r.Maps = []MapRecord{m}
				r.Maps[0].Correlation = 0
			}
		}
		return r
	}
	first := measure(func(*Settings, *experiment.Sample) {})
	same := map[string]Record{
		"again":            measure(func(*Settings, *experiment.Sample) {}),
		"with another map": measure(func(s *Settings, _ *experiment.Sample) { s.Maps = []Map{Occlusion{}, byNumber(1), Random{}} }),
	}
	for name, r := range same {
		if !reflect.DeepEqual(r, first) {
			t.Errorf("%s: %+v, want %+v", name, r, first)
		}
	}
	for name, r := range map[string]Record{
		"another seed":  measure(func(_ *Settings, it *experiment.Sample) { it.Seed++ }),
		"another image": measure(func(_ *Settings, it *experiment.Sample) { it.Ordinal++ }),
		"without noise": measure(func(s *Settings, _ *experiment.Sample) { s.Fill = FillMean }),
	} {
		if a, b := r.Maps[0].Curve[2], first.Maps[0].Curve[2]; a.Logit == b.Logit || a.Masked != b.Masked {
			t.Errorf("%s: %+v, as before %+v", name, a, b)
		}
	}
}
