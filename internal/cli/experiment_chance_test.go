package cli

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"bagnet/internal/experiment"
	"bagnet/internal/inference"
	"bagnet/internal/text"
)

// constant is a network that says the same of everything, and what it was shown
// last.
type constant struct {
	classifier
	shown *[]float32
}

func (c constant) Classify(_ context.Context, img inference.Pixels) ([]float32, error) {
	h, w := img.Size()
	*c.shown = make([]float32, 3*h*w)
	img.Read(*c.shown, 3*w, 0, 0, h, w)
	return []float32{1, 2}, nil
}

// subjectOf is an image whose first channel numbers the pixels, and its chance.
func subjectOf(side int, seed uint64) subject {
	img := experiment.NewImage(side, side)
	for i := range side * side {
		img.Values[3*i] = float32(i + 1)
	}
	return subject{Image: img, rng: rand.New(rand.NewPCG(seed, 1))}
}

// TestGapsHaveTheirOwnChance places regions for several sizes and gaps: those of
// one lie where they would without the others, and say nothing about where the
// others' lie.
func TestGapsHaveTheirOwnChance(t *testing.T) {
	measure := func(seed uint64, sizes, gaps []int) map[[2]int][2]int {
		t.Helper()
		net := &opened{classifier: constant{shown: new([]float32)}}
		r, err := interacting{&interactionsOptions{sizes: sizes, gaps: gaps}}.measure(t.Context(), net, subjectOf(64, seed))
		if err != nil {
			t.Fatal(err)
		}
		places := map[[2]int][2]int{}
		for _, g := range r.Regions {
			places[[2]int{g.Size, g.Gap}] = [2]int{g.Y, g.X}
		}
		if len(places) != len(sizes)*len(gaps) {
			t.Fatalf("regions %v", r.Regions)
		}
		return places
	}
	const images = 300
	var all []map[[2]int][2]int
	for seed := range uint64(images) {
		places := measure(seed, []int{3, 4}, []int{0, 1, 2})
		if seed < 20 {
			for which, at := range places {
				if alone := measure(seed, []int{which[0]}, []int{which[1]})[which]; alone != at {
					t.Fatalf("image %d: regions of %d with a gap of %d lie at %v, without others at %v", seed, which[0], which[1], at, alone)
				}
			}
		}
		all = append(all, places)
	}
	// Of independent places the correlation is 0, with a standard error of
	// 1/sqrt(300) = 0.058; from one stream it is near 1.
	for a := range all[0] {
		for b := range all[0] {
			if a == b {
				continue
			}
			for axis := range 2 {
				var x, y []float64
				for _, places := range all {
					x, y = append(x, float64(places[a][axis])), append(y, float64(places[b][axis]))
				}
				if r := experiment.Pearson(x, y); math.Abs(r) > 0.3 {
					t.Errorf("places for %v and %v correlate by %.2f", a, b, r)
				}
			}
		}
	}
}

// TestTilesHaveTheirOwnChance shuffles for several sizes of tile, of which each
// gets the order that it gets without the others, and no two repeats the same.
func TestTilesHaveTheirOwnChance(t *testing.T) {
	var shown []float32
	net := &opened{classifier: constant{shown: &shown}}
	order := func(seed uint64, tiles ...int) []float32 {
		t.Helper()
		if _, err := (shuffling{&shuffleOptions{tiles: tiles, repeats: 1}}).measure(t.Context(), net, subjectOf(24, seed)); err != nil {
			t.Fatal(err)
		}
		var first []float32 // pixel of each tile of the last size
		last := tiles[len(tiles)-1]
		for y := 0; y < 24; y += last {
			for x := 0; x < 24; x += last {
				first = append(first, shown[3*(24*y+x)])
			}
		}
		return first
	}
	same := func(a, b []float32) (n int) {
		for i := range a {
			if a[i] == b[i] {
				n++
			}
		}
		return n
	}
	for seed := range uint64(10) {
		if alone, after := order(seed, 4), order(seed, 12, 6, 4); same(alone, after) != len(alone) {
			t.Errorf("image %d: tiles of 4 pixels lie as in %v, after others as in %v", seed, alone, after)
		}
		if a, b := order(seed, 4), order(seed+100, 4); same(a, b) > len(a)/2 {
			t.Errorf("images %d and %d are shuffled alike", seed, seed+100)
		}
	}
}

// TestErrorsHaveTheirOwnChance has the same records for several sizes and gaps,
// whose bootstrap errors are alike, but not of one stream.
func TestErrorsHaveTheirOwnChance(t *testing.T) {
	run := &experimentRun[interactionsRecord]{networks: []*measured[interactionsRecord]{{}}}
	rng := rand.New(rand.NewPCG(5, 5))
	sizes, gaps := []int{8, 16}, []int{0, 8}
	for range 50 {
		joint, noise := rng.NormFloat64(), rng.NormFloat64()
		image := interactionsRecord{Range: 10}
		for _, size := range sizes {
			for _, gap := range gaps {
				image.Regions = append(image.Regions, regionsRecord{Size: size, Gap: gap, Joint: joint, Sum: joint + noise})
			}
		}
		run.networks[0].results = append(run.networks[0].results, result[interactionsRecord]{value: image})
	}
	seen := map[text.Ratio]bool{}
	regions := newInteractionsReport(run, &interactionsOptions{sizes: sizes, gaps: gaps}).Networks[0].Regions
	for _, g := range regions {
		if seen[g.Correlation.Error] {
			t.Errorf("two errors are both %v", g.Correlation.Error)
		}
		seen[g.Correlation.Error] = true
		if first := regions[0].Correlation; g.Correlation.Mean != first.Mean || math.Abs(float64(g.Correlation.Error/first.Error)-1) > 0.3 {
			t.Errorf("%v of the same records as %v", g.Correlation, first)
		}
	}
	run.Seed = 1
	if other := newInteractionsReport(run, &interactionsOptions{sizes: sizes, gaps: gaps}).Networks[0].Regions[0]; seen[other.Correlation.Error] {
		t.Error("another seed gives the same error")
	}
}

// TestAreaIsOverWholeCells has shares that are no whole cells: 10 % of 16 are 2,
// or 12.5 %, and the area is that under a curve of those.
func TestAreaIsOverWholeCells(t *testing.T) {
	v := ballView(t, 64)
	r, err := maskingOf(t, 2, mapOcclusion).measure(t.Context(), v.net, v.subject)
	if err != nil {
		t.Fatal(err)
	}
	m := r.Maps[0]
	if len(m.Curve) != 3 || m.Curve[1].Percent != 10 || m.Curve[1].Masked != 2 || m.Curve[2].Masked != 8 {
		t.Fatalf("curve %+v", m.Curve)
	}
	p := [3]float64{m.Curve[0].Probability, m.Curve[1].Probability, m.Curve[2].Probability}
	want := ((p[0]+p[1])/2*0.125 + (p[1]+p[2])/2*0.375) / 0.5
	if math.Abs(float64(m.Area)-want) > 1e-12 {
		t.Errorf("area %v, want %v", m.Area, want)
	}
	if asked := ((p[0]+p[1])/2*0.1 + (p[1]+p[2])/2*0.4) / 0.5; math.Abs(asked-want) < 1e-3 {
		t.Errorf("over the shares asked for it is %v, which tells nothing", asked)
	}
}

// TestMapsAreOfTheSamePixels refuses a BagNet's map for a network that normalises
// otherwise, in the mean or in the deviation of any channel.
func TestMapsAreOfTheSamePixels(t *testing.T) {
	v := ballView(t, 64)
	m := maskingOf(t, 2, "bagnet33-imagenette").cellMaps[0]
	if err := m.check(v.net); err != nil {
		t.Fatal(err)
	}
	for channel := range 3 {
		for _, values := range []*[3]float64{&v.net.preprocessing.Mean, &v.net.preprocessing.Std} {
			old := values[channel]
			values[channel] += 0.01
			if err := m.check(v.net); err == nil || !strings.Contains(err.Error(), "normalised with mean") {
				t.Errorf("channel %d: error %v", channel, err)
			}
			values[channel] = old
		}
	}
}
