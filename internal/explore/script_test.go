package explore_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/explore"
	"bagnet/internal/grid"
	"bagnet/internal/heatmap"
)

// newScript opens an empty tab with parts of the page's script in it.
func newScript(t *testing.T, parts ...string) *tab {
	t.Helper()
	p := newTab(t, 400, 300)
	var all strings.Builder
	for _, part := range parts {
		data, err := os.ReadFile(filepath.Join("page", part+".js"))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	p.do(evaluate(all.String()))
	return p
}

// script is v as a script has it.
func script(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestValuesComeBack reads float32 values of every kind, and texts of every length.
func TestValuesComeBack(t *testing.T) {
	p := newScript(t, "cells")
	random := rand.New(rand.NewPCG(3, 4))
	values := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1e-40}
	for range 2000 {
		if v := math.Float32frombits(random.Uint32()); !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) {
			values = append(values, v)
		}
	}
	for _, n := range []int{len(values), 1, 2, 3, 4, 5, 9} {
		text, err := explore.EncodeCells(values[:n])
		if err != nil {
			t.Fatal(err)
		}
		got := value[[]uint32](p, fmt.Sprintf(`readValues(%s, %s, %d).then(v => Array.from(new Uint32Array(v.buffer)))`, script(t, text.Exponents), script(t, text.Rest), n))
		if len(got) != n {
			t.Fatalf("%d values of %d", len(got), n)
		}
		for i, bits := range got {
			if bits != math.Float32bits(values[i]) {
				t.Errorf("value %d of %d: %08x, want %08x", i, n, bits, math.Float32bits(values[i]))
			}
		}
		// Damage is an error, not other values.
		p.want(fmt.Sprintf(`readValues(%s, %s, %d).then(() => false, () => true)`, script(t, text.Exponents), script(t, text.Rest), n+1))
	}
	three, err := explore.EncodeCells(values[:3])
	if err != nil {
		t.Fatal(err)
	}
	four, err := explore.EncodeCells(values[:4])
	if err != nil {
		t.Fatal(err)
	}
	p.want(fmt.Sprintf(`readValues(%s, %s, 4).then(() => false, () => true)`, script(t, three.Exponents), script(t, four.Rest)))
	p.want(fmt.Sprintf(`readValues('((((((', %s, 1).then(() => false, () => true)`, script(t, explore.Base85([]byte{1, 2, 3}))))
	data := make([]byte, 70)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	for n := range data {
		text := explore.Base85(data[:n])
		if strings.Contains(text, "<") {
			t.Errorf("%q has a <", text)
		}
		if got := value[string](p, fmt.Sprintf(`Array.from(bytesOf(%s), b => b.toString(16).padStart(2, '0')).join('')`, script(t, text))); got != hex.EncodeToString(data[:n]) {
			t.Errorf("%d bytes: %s, want %x", n, got, data[:n])
		}
	}
}

// TestSearchesAgainstAllSets compares what is found in small pictures with every set there is.
func TestSearchesAgainstAllSets(t *testing.T) {
	p := newScript(t, "evidence")
	random := rand.New(rand.NewPCG(5, 6))
	type trial struct {
		N     int       `json:"n"`
		Cells []float64 `json:"cells"`
	}
	var trials []trial
	for range 300 {
		n, count := 2+random.IntN(4), 1+random.IntN(9)
		x := trial{N: n}
		for range n * count {
			x.Cells = append(x.Cells, float64(random.IntN(13)-4)) // so that there are ties
		}
		trials = append(trials, x)
	}
	type found struct {
		Least []int
		To    int
		Kept  []int
	}
	all := value[[]found](p, script(t, trials)+`.map(({n, cells}) => {
		const c = Float64Array.from(cells), least = leastChange(c, n);
		return {Least: least && least.cells, To: least ? least.to : -1, Kept: mostKept(c, n)};
	})`)
	none := 0
	for i, x := range trials {
		count := len(x.Cells) / x.N
		answer := func(left func(int) bool) int {
			sums := make([]float64, x.N)
			for k, v := range x.Cells {
				if left(k / x.N) {
					sums[k%x.N] += v
				}
			}
			return slices.Index(sums, slices.Max(sums))
		}
		whole := answer(func(int) bool { return true })
		smallest := count
		for set := range 1<<count - 1 { // of what is erased: never all
			if n := ones(set); n < smallest && answer(func(k int) bool { return set>>k&1 == 0 }) != whole {
				smallest = n
			}
		}
		f := all[i]
		if smallest == count {
			if none++; f.Least != nil {
				t.Errorf("%v: erasing %v was found, and nothing changes the answer", x, f.Least)
			}
		} else if len(f.Least) != smallest {
			t.Errorf("%v: erasing %v, want %d", x, f.Least, smallest)
		} else if now := answer(func(k int) bool { return !slices.Contains(f.Least, k) }); now == whole {
			t.Errorf("%v: erasing %v changes nothing", x, f.Least)
		}
		if len(f.Kept) == 0 || answer(func(k int) bool { return slices.Contains(f.Kept, k) }) != whole {
			t.Errorf("%v: %v alone have another answer", x, f.Kept)
		}
		for k := range count { // where one patch does, one is found
			if len(f.Kept) > 1 && answer(func(i int) bool { return i == k }) == whole {
				t.Errorf("%v: %v are kept, and %d would do", x, f.Kept, k)
			}
		}
	}
	if none == 0 || none > 200 {
		t.Errorf("in %d of 300 pictures nothing changes the answer", none)
	}
}

func ones(set int) (n int) {
	for ; set > 0; set &= set - 1 {
		n++
	}
	return n
}

// TestColoursAreThePrograms compares colours and scales with those of heat maps.
func TestColoursAreThePrograms(t *testing.T) {
	p := newScript(t, "colors", "evidence")
	tables := map[string][]string{}
	for _, name := range heatmap.ColormapNames() {
		colors, err := heatmap.ParseColormap(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_r") {
			for _, c := range colors {
				tables[name] = append(tables[name], fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B))
			}
		}
	}
	for _, name := range heatmap.ColormapNames() {
		colors, _ := heatmap.ParseColormap(name)
		got := value[[][3]uint8](p, fmt.Sprintf(`(() => { const c = colormap({%q: %s}, %q); return Array.from({length: 241}, (_, i) => colorAt(c, i / 100 - 1.2)); })()`,
			strings.TrimSuffix(name, "_r"), script(t, tables[strings.TrimSuffix(name, "_r")]), name))
		for i, c := range got {
			if want := colors.At(float64(i)/100 - 1.2); c != [3]uint8{want.R, want.G, want.B} {
				t.Errorf("%s at %g: %v, want %v", name, float64(i)/100-1.2, c, want)
			}
		}
	}
	random := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{1, 2, 57, 200} {
		m := heatmap.Map{Grid: grid.Grid{}, Values: make([]float32, n)}
		for i := range m.Values {
			m.Values[i] = float32(random.NormFloat64())
		}
		got := value[float64](p, fmt.Sprintf(`magnitude([%s, %s], 99)`, script(t, m.Values[:n/2]), script(t, m.Values[n/2:])))
		if want := m.Scale(99); math.Abs(got-want) > 1e-6 {
			t.Errorf("scale of %d values: %g, want %g", n, got, want)
		}
	}
	p.want(`magnitude([[0, 0]], 99) === 1`)
	p.want(`largest([1, 3, 1, 3, 2], 4).join() === '1,3,4,0'`) // the first of equal ones first
	// Softmax and sigmoid, where either would overflow.
	p.want(`probabilities([1000, 1000, -1000], false).join() === '0.5,0.5,0'`)
	p.want(`probabilities([800, -800], true).join() === '1,0'`)
	p.want(`Math.abs(probabilities([1, 2], false)[0] - 0.2689414213699951) < 1e-15`)
	p.want(`Math.abs(probabilities([Math.fround(0.052), -Math.fround(0.052)], true)[0] - 0.5129970717849185) < 1e-9`)
}

// TestAddresses keeps what is shown through the end of an address.
func TestAddresses(t *testing.T) {
	p := newScript(t, "state")
	p.do(evaluate(`
		var images = [{width: 160, height: 120, classes: [{index: 3}, {index: 7}], grid: {rows: 16, cols: 16, nativeRows: 16, nativeCols: 16}}];
		images.push(images[0]);
		var again = s => stateOf('#' + fragmentOf(s), images, {RdBu: [], PuOr: []});
		var same = (a, b) => fragmentOf(a) === fragmentOf(b) && [...a.erased].sort().join() === [...b.erased].sort().join();`))
	p.want(`fragmentOf(fresh()) === ''`)
	p.want(`(() => { const s = {...fresh(), image: 1, a: 7, b: 3, patch: 0, pins: [5, 255], erased: new Set([0, 5, 6, 100, 255]), view: 'map', opacity: 0, threshold: 1, colors: 'PuOr_r', scale: 2.5, zoom: 2, x: 80, y: 60}; const r = again(s); return same(s, r) && r.a === 7 && r.b === 3 && r.patch === 0 && r.pins.join() === '5,255' && r.opacity === 0 && r.threshold === 1 && r.scale === 2.5 && r.colors === 'PuOr_r' && r.zoom === 2 && r.x === 80 && r.y === 60; })()`)
	// That nothing is subtracted is something to say, too.
	p.want(`again({...fresh(), b: -1}).b === -1 && again(fresh()).b === null`)
	random := rand.New(rand.NewPCG(11, 12))
	for range 50 {
		var set []int
		for i := range 256 {
			if random.IntN(4) == 0 {
				set = append(set, i)
			}
		}
		p.want(fmt.Sprintf(`(() => { const s = {...fresh(), erased: new Set(%s)}; return same(s, again(s)); })()`, script(t, set)))
	}
	for _, nonsense := range []string{"image=2", "image=-1", "image=x", "class=4", "versus=99", "patch=256", "pins=a,b", "view=all", "opacity=1.1", "opacity=", "threshold=-0.1", "colors=__proto__", "colors=RdBu_r_r", "scale=0", "scale=Infinity", "zoom=2", "zoom=1e9,1,1", "zoom=2,-1,0", "zoom=2,0,999", "erased=*", "=", "&&", "%E0%A4%A"} {
		p.want(fmt.Sprintf(`fragmentOf(stateOf(%q, images, {RdBu: []})) === ''`, "#"+nonsense))
	}
	p.want(`stateOf('#class=3&versus=3', images, {}).b === null`)
	p.want(`stateOf('#erased=________________________________________________________', images, {}).erased.size === 256`)
}
