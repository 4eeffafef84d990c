package interactions

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"bagnet"
	"bagnet/internal/experiment"
)

// constant is a network that says the same of everything.
type constant struct{ experiment.Runner }

func (constant) Classify(context.Context, *bagnet.Image) (bagnet.Answer, error) {
	return bagnet.Answer{Logits: []float32{1, 2}, Outputs: []float32{1, 2}}, nil
}

// sampleOf is an image whose first channel numbers the pixels, and its chance.
func sampleOf(h, w int, seed uint64) *experiment.Sample {
	img := experiment.NewImage(h, w)
	for i := range h * w {
		img.Values[3*i] = float32(i + 1)
	}
	return &experiment.Sample{Image: img, RNG: rand.New(rand.NewPCG(seed, 1))}
}

// TestGapsHaveTheirOwnChance places regions for several sizes and gaps: those of
// one lie where they would without the others, and say nothing about where the
// others' lie.
func TestGapsHaveTheirOwnChance(t *testing.T) {
	measure := func(seed uint64, sizes, gaps []int) map[[2]int][2]int {
		t.Helper()
		r, err := Experiment{Settings{sizes, gaps}}.Measure(t.Context(), &experiment.Network{Runner: constant{}}, sampleOf(64, 64, seed))
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

// TestBasisTellsRunsApart changes one setting after the other: no run may go on with
// the records of another one's.
func TestBasisTellsRunsApart(t *testing.T) {
	seen := map[string]int{}
	for i, s := range []Settings{
		{Sizes: []int{8, 16}, Gaps: []int{0, 32}},
		{Sizes: []int{8}, Gaps: []int{0, 32}},
		{Sizes: []int{8, 16}, Gaps: []int{0, 33}},
		{Sizes: []int{0, 32}, Gaps: []int{8, 16}},
	} {
		basis, err := json.Marshal(Experiment{s}.Basis())
		if err != nil {
			t.Fatal(err)
		}
		if j, there := seen[string(basis)]; there {
			t.Errorf("settings %d and %d are both %s", j, i, basis)
		}
		seen[string(basis)] = i
	}
	// Ids of runs come of this text: records of earlier versions stay good.
	if _, there := seen[`{"Sizes":[8,16],"Gaps":[0,32]}`]; !there {
		t.Errorf("%v", seen)
	}
}

// sums is a network that answers with the sum of all values, or a power of it.
type sums struct {
	experiment.Runner
	power float64
	one   bool // it has one output
}

func (s sums) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	sum := 0.0
	for _, v := range img.Tensor().Float32s() {
		sum += float64(v)
	}
	z := float32(math.Pow(sum, s.power))
	if s.one {
		return bagnet.Answer{Logits: []float32{z, -z}, Outputs: []float32{z}}, nil
	}
	logits := []float32{7, z, -1e8}
	return bagnet.Answer{Logits: logits, Outputs: logits}, nil
}

// NativeGrid is that of patches of 3 pixels side by side. No image here is higher than wide.
func (s sums) NativeGrid(w, h int) (bagnet.Grid, error) {
	if h > w {
		return bagnet.Grid{}, errors.New("an image of another shape")
	}
	return bagnet.Grid{Rows: h / 3, Cols: w / 3, Origin: 1, Stride: 3, Patch: 3, Step: 1, NativeRows: h / 3, NativeCols: w / 3}, nil
}

// TestMeasure has networks of which it is known what masking does: that to the sum of
// the pixels, or to its square.
func TestMeasure(t *testing.T) {
	for _, power := range []float64{1, 2} {
		it := sampleOf(9, 12, 3)
		it.Class = 1
		all := 0.0
		for p := range 108 {
			value := p%37 + 1 // the square of their sum is less than 2^24
			it.Values[3*p] = float32(value)
			all += float64(value)
		}
		r, err := Experiment{Settings{Sizes: []int{2, 3, 5}, Gaps: []int{0, 1}}}.Measure(t.Context(), &experiment.Network{Runner: sums{power: power}, Patch: 3}, it)
		if err != nil || len(r.Regions) != 4 { // twice 5 pixels are more than 9
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Height != 9 || r.Width != 12 || float64(r.Logit) != math.Pow(all, power) || r.Range != 1e8 {
			t.Errorf("%+v", r)
		}
		for i, g := range r.Regions {
			if g.Size != []int{2, 2, 3, 3}[i] || g.Gap != []int{0, 1, 0, 1}[i] {
				t.Fatalf("%+v", g)
			}
			var parts [4]float64
			touched := make(map[int]int) // a bit a square, by patch
			for k := range parts {
				y, x := g.Y+k/2*(g.Size+g.Gap), g.X+k%2*(g.Size+g.Gap)
				for p := range 108 {
					if row, col := p/12, p%12; row >= y && row < y+g.Size && col >= x && col < x+g.Size {
						parts[k] += float64(p%37 + 1)
						touched[row/3*4+col/3] |= 1 << k
					}
				}
			}
			shared := false
			for _, squares := range touched {
				shared = shared || squares&(squares-1) != 0
			}
			change := func(part float64) float64 { return math.Pow(all, power) - math.Pow(all-part, power) }
			joint, sum := change(parts[0]+parts[1]+parts[2]+parts[3]), change(parts[0])+change(parts[1])+change(parts[2])+change(parts[3])
			if g.Joint != joint || g.Sum != sum || (power == 2) == (joint == sum) {
				t.Errorf("%+v, want %v and %v", g, joint, sum)
			}
			if g.SharedPatch == nil || *g.SharedPatch != shared {
				t.Errorf("%+v: a patch in common %v, want %v", g, g.SharedPatch, shared)
			}
		}
	}
}

// TestOneOutput has a network of one output, both of whose classes have changes, of
// opposite signs. Its range is 1 at least.
func TestOneOutput(t *testing.T) {
	measure := func(class int, scale float32) Record {
		t.Helper()
		it := sampleOf(9, 9, 3)
		it.Class = class
		for i := range it.Values {
			it.Values[i] *= scale
		}
		r, err := Experiment{Settings{Sizes: []int{2}, Gaps: []int{1}}}.Measure(t.Context(), &experiment.Network{Runner: sums{power: 1, one: true}}, it)
		if err != nil || len(r.Regions) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		return r
	}
	positive, negative := measure(0, 1), measure(1, 1)
	if positive.Logit != 3321 || negative.Logit != -3321 || positive.Range != 3321 || negative.Range != 3321 {
		t.Errorf("%+v and %+v", positive, negative)
	}
	if p, n := positive.Regions[0], negative.Regions[0]; p.Joint <= 0 || n.Joint != -p.Joint || n.Sum != -p.Sum || p.SharedPatch != nil {
		t.Errorf("%+v and %+v", p, n)
	}
	if small := measure(0, 0x1p-13); small.Range != 1 {
		t.Errorf("logit %v, range %v", small.Logit, small.Range)
	}
}

var errBroken = errors.New("broken")

// broken is a network that fails after some answers.
type broken struct {
	experiment.Runner
	answers *int
}

func (b broken) Classify(context.Context, *bagnet.Image) (bagnet.Answer, error) {
	if *b.answers--; *b.answers < 0 {
		return bagnet.Answer{}, errBroken
	}
	return bagnet.Answer{Logits: []float32{1, 2}, Outputs: []float32{1, 2}}, nil
}

func (b broken) NativeGrid(int, int) (bagnet.Grid, error) { return bagnet.Grid{}, errBroken }

// TestErrorsAreReturned has a network that fails sooner or later, and one without a grid.
func TestErrorsAreReturned(t *testing.T) {
	for answers := range 7 {
		n := answers
		_, err := Experiment{Settings{Sizes: []int{2}, Gaps: []int{1}}}.Measure(t.Context(), &experiment.Network{Runner: broken{answers: &n}, Patch: 3}, sampleOf(12, 12, 1))
		if !errors.Is(err, errBroken) {
			t.Errorf("after %d answers: %v", answers, err)
		}
	}
}
