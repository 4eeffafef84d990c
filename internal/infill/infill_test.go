package infill

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestLinear holds the fill against scipy.sparse.linalg.spsolve, by
// scripts/make_infill_goldens.py.
func TestLinear(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "linear.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		H, W   int
		Values []float32
		Masks  []struct {
			Name, Mask string
			Filled     []float64 // of the masked pixels
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Masks) != 6 {
		t.Fatal(err, len(golden.Masks))
	}
	for _, m := range golden.Masks {
		got, mask := slices.Clone(golden.Values), make([]bool, golden.H*golden.W)
		for i := range mask {
			mask[i] = m.Mask[i] == '1'
		}
		if err := Linear(got, golden.H, golden.W, mask); err != nil {
			t.Fatal(err)
		}
		next := 0
		for i, v := range got {
			if !mask[i/3] {
				if v != golden.Values[i] {
					t.Fatalf("%s: value %d, which is not masked, became %v from %v", m.Name, i, v, golden.Values[i])
				}
				continue
			}
			if math.Abs(float64(v)-m.Filled[next]) > 1e-5 {
				t.Fatalf("%s: value %d is %v, want %v", m.Name, i, v, m.Filled[next])
			}
			next++
		}
		if next != len(m.Filled) {
			t.Errorf("%s: %d values filled, want %d", m.Name, next, len(m.Filled))
		}
	}
}

// TestLinearLarge fills most of a large picture, whose equations must then hold: each
// filled pixel is the weighted mean of its neighbours. One channel is zeros, and solved at once.
func TestLinearLarge(t *testing.T) {
	const h, w = 160, 224
	rng := rand.New(rand.NewPCG(1, 1))
	values, mask := make([]float32, 3*h*w), make([]bool, h*w)
	for i := range values {
		if i%3 > 0 {
			values[i] = rng.Float32()
		}
	}
	for i := range mask {
		mask[i] = i/w >= 16 || i%w >= 16 // all but one cell
	}
	if err := Linear(values, h, w, mask); err != nil {
		t.Fatal(err)
	}
	for p := range mask {
		if !mask[p] {
			continue
		}
		var sum, weight float64
		for y := max(0, p/w-1); y <= min(h-1, p/w+1); y++ {
			for x := max(0, p%w-1); x <= min(w-1, p%w+1); x++ {
				if y*w+x != p {
					own := 1.0 / 12
					if y == p/w || x == p%w {
						own = 1.0 / 6
					}
					sum, weight = sum+own*float64(values[3*(y*w+x)+1]), weight+own
				}
			}
		}
		if off := math.Abs(sum/weight - float64(values[3*p+1])); off > 1e-6 || sum == 0 || values[3*p] != 0 {
			t.Fatalf("pixel %d is off the mean of its neighbours by %v", p, off)
		}
	}
}

// TestLinearOfConstant fills a picture of one colour with it, and one without any
// pixels left with zeros; nothing masked changes nothing.
func TestLinearOfConstant(t *testing.T) {
	values, mask := slices.Repeat([]float32{0.5, -2, 0}, 30), make([]bool, 30)
	for i := range mask {
		mask[i] = i != 7
	}
	if err := Linear(values, 5, 6, mask); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if want := []float32{0.5, -2, 0}[i%3]; math.Abs(float64(v-want)) > 1e-6 {
			t.Fatalf("value %d is %v, want %v", i, v, want)
		}
	}
	before := slices.Clone(values)
	if err := Linear(values, 5, 6, make([]bool, 30)); err != nil || !slices.Equal(values, before) {
		t.Errorf("nothing masked: %v, %v", values, err)
	}
	mask[7] = true
	if err := Linear(values, 5, 6, mask); err != nil || slices.ContainsFunc(values, func(v float32) bool { return v != 0 }) {
		t.Errorf("all masked: %v, %v", values, err)
	}
	one := []float32{1, 2, 3}
	if err := Linear(one, 1, 1, []bool{true}); err != nil || !slices.Equal(one, []float32{0, 0, 0}) {
		t.Errorf("a picture of one pixel: %v, %v", one, err)
	}
}

// TestLinearIsBounded has more to do than it may: it ends all the same.
func TestLinearIsBounded(t *testing.T) {
	values, mask := make([]float32, 3*40*40), make([]bool, 40*40)
	for i := range mask {
		mask[i] = i > 3
		values[3*i] = float32(i)
	}
	if _, err := newSystem(values, 40, 40, mask).solve(3); err != errSlow {
		t.Errorf("three steps: error %v, want %v", err, errSlow)
	}
}

// BenchmarkLinear fills half of the cells of an image.
func BenchmarkLinear(b *testing.B) {
	const n, cell = 224, 16
	rng := rand.New(rand.NewPCG(1, 1))
	values, mask := make([]float32, 3*n*n), make([]bool, n*n)
	for i := range values {
		values[i] = rng.Float32()
	}
	order := rng.Perm(n / cell * n / cell)
	for i := range mask {
		mask[i] = order[i/n/cell*(n/cell)+i%n/cell] < len(order)/2
	}
	for b.Loop() {
		if err := Linear(slices.Clone(values), n, n, mask); err != nil {
			b.Fatal(err)
		}
	}
}
