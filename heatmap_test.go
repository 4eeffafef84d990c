package bagnet_test

import (
	"cmp"
	"image"
	"math"
	"slices"
	"testing"

	"bagnet"
)

func TestMinus(t *testing.T) {
	want, m, img := bagNet(t, "v1-q17")
	maps := must(m.Heatmaps(t.Context(), img, bagnet.Class{Index: 6}, bagnet.Class{Index: 2}))(t)
	before := slices.Clone(maps[0].Values)
	d := must(maps[0].Minus(maps[1]))(t)
	for i, v := range d.Values {
		if v != maps[0].Values[i]-maps[1].Values[i] || maps[0].Values[i] != before[i] {
			t.Fatalf("patch %d: %v of %v and %v", i, v, maps[0].Values[i], maps[1].Values[i])
		}
	}
	difference := want.Logits[6] - want.Logits[2]
	near(t, "logit and mean", []float64{d.Logit, d.Mean}, []float64{difference, difference})
	if d.Class != maps[0].Class || *d.Versus != maps[1].Class || d.Probability != maps[0].Probability || d.Grid != maps[0].Grid || maps[0].Versus != nil {
		t.Errorf("a map of %+v versus %+v", d.Class, d.Versus)
	}

	_, _, other := bagNet(t, "v2-q33") // another picture of that size
	tensors := [2]*bagnet.Image{must(bagnet.FromTensor(img.Tensor()))(t), must(bagnet.FromTensor(other.Tensor()))(t)}
	coarse := must(m.Patches(t.Context(), img, nil))(t).Heatmaps()[0]
	for name, pair := range map[string][2]bagnet.Heatmap{
		"other image":   {maps[0], must(m.Heatmaps(t.Context(), other))(t)[0]},
		"other tensor":  {must(m.Heatmaps(t.Context(), tensors[0]))(t)[0], must(m.Heatmaps(t.Context(), tensors[1]))(t)[0]},
		"other grid":    {maps[0], coarse},
		"difference":    {d, maps[1]},
		"of difference": {maps[1], d},
		"other length":  {maps[0], {Grid: maps[0].Grid}},
	} {
		if h, err := pair[0].Minus(pair[1]); err == nil || h.Values != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The strongest patches by trying all of them.
func TestTop(t *testing.T) {
	for _, name := range []string{"v1-q9", "v1-q33", "v2-q17", "v1-later-1222"} {
		_, m, img := bagNet(t, name)
		unseen := must(bagnet.FromTensor(img.Tensor()))(t)
		for _, stride := range m.Info().Strides {
			o := &bagnet.PatchOptions{Stride: stride}
			h := must(m.Patches(t.Context(), img, o))(t).Heatmaps()[0]
			tensors := must(m.Patches(t.Context(), unseen, o))(t).Heatmaps()[0]
			for _, n := range []int{0, 1, 5, 100000} {
				for _, overlap := range []float64{0, 0.3, 1} {
					want := strongest(h, img.Size(), n, overlap)
					if got := h.Top(n, overlap); !slices.Equal(got, want) {
						t.Errorf("%s, stride %d: the %d strongest with %v overlap are %v, want %v", name, stride, n, overlap, got, want)
					}
					if got := tensors.Top(n, overlap); !slices.Equal(got, want) {
						t.Errorf("%s, stride %d: the %d strongest of the tensor with %v overlap are %v, want %v", name, stride, n, overlap, got, want)
					}
				}
			}
		}
	}
	if top := (bagnet.Heatmap{}).Top(3, 0); top != nil {
		t.Errorf("nothing has %v", top)
	}
}

func strongest(h bagnet.Heatmap, size image.Point, n int, overlap float64) []bagnet.Patch {
	var inside, kept []bagnet.Patch
	for row := range h.Rows {
		for col := range h.Cols {
			if r := h.Rect(row, col); r.In(image.Rectangle{Max: size}) {
				inside = append(inside, bagnet.Patch{Rect: r, Evidence: h.Values[row*h.Cols+col]})
			}
		}
	}
	slices.SortStableFunc(inside, func(a, b bagnet.Patch) int { return cmp.Compare(b.Evidence, a.Evidence) })
	for _, p := range inside {
		covers := func(k bagnet.Patch) bool {
			both := p.Rect.Intersect(k.Rect).Size()
			return float64(both.X*both.Y) > overlap*float64(h.Grid.Patch*h.Grid.Patch)
		}
		if (n == 0 || len(kept) < n) && !slices.ContainsFunc(kept, covers) {
			kept = append(kept, p)
		}
	}
	return kept
}

func TestScale(t *testing.T) {
	_, m, img := bagNet(t, "v1-q9")
	h := must(m.Heatmaps(t.Context(), img))(t)[0]
	var magnitudes, whole []float64 // those that took part, and all
	for i, v := range h.Values {
		whole = append(whole, math.Abs(float64(v)))
		if h.Rect(i/h.Cols, i%h.Cols).In(image.Rectangle{Max: img.Size()}) {
			magnitudes = append(magnitudes, math.Abs(float64(v)))
		}
	}
	slices.Sort(magnitudes)
	if got := h.ScaleWithBorder(100); got != slices.Max(whole) || len(magnitudes) == len(whole) {
		t.Errorf("the strongest of all is %v, want %v", got, slices.Max(whole))
	}
	for percent, at := range map[float64]int{-5: 0, 0: 0, 100: len(magnitudes) - 1, 200: len(magnitudes) - 1} {
		if got := h.Scale(percent); got != magnitudes[at] {
			t.Errorf("%v percent are up to %v, want %v", percent, got, magnitudes[at])
		}
	}
	padded := func() bagnet.Heatmap {
		_, m, img := bagNet(t, "v2-q9")
		return must(m.Heatmaps(t.Context(), img))(t)[0]
	}()
	if padded.Scale(97) != padded.ScaleWithBorder(97) {
		t.Error("a network that pads has a border that took no part")
	}
	below := 0
	for _, v := range magnitudes {
		if v <= h.Scale(99) {
			below++
		}
	}
	if n := len(magnitudes); below < 99*(n-1)/100 || below > 99*n/100+1 {
		t.Errorf("%d of %d values are within 99 percent", below, n)
	}
	if got := (bagnet.Heatmap{Values: make([]float32, 4)}).Scale(99); got != 1 {
		t.Errorf("the scale of zeros is %v", got)
	}
}

func TestDraw(t *testing.T) {
	for _, name := range []string{"v1-q33", "v2-q9"} {
		_, m, img := bagNet(t, name)
		h := must(m.Heatmaps(t.Context(), img))(t)[0]
		before := slices.Clone(img.Picture().Pix)
		seen := map[string]bool{}
		for _, style := range []string{"panel", "overlay", "heatmap", "edges"} {
			drawn := must(h.Draw(&bagnet.DrawOptions{Style: style}))(t)
			if same := drawn.Rect == img.Picture().Rect; same != (style != "panel") || drawn.Rect.Dx() < img.Size().X {
				t.Errorf("%s of %v is %v", style, img.Size(), drawn.Rect)
			}
			seen[string(drawn.Pix)] = true
			drawn.Pix[0]++
		}
		if len(seen) != 4 || !slices.Equal(img.Picture().Pix, before) {
			t.Errorf("%d styles are drawn apart, or into the picture", len(seen))
		}
		panel := must(h.Draw(nil))(t)
		if again := must(h.Draw(&bagnet.DrawOptions{Style: "panel", Colormap: "RdBu_r", Scale: h.Scale(99), Alpha: new(0.6)}))(t); !slices.Equal(panel.Pix, again.Pix) {
			t.Error("nil options are others than the defaults")
		}

		// What the options say goes on: four times the size, a bar, a border that is shown.
		size := img.Size()
		if z := must(h.Draw(&bagnet.DrawOptions{Style: "heatmap", Zoom: 2}))(t); z.Rect != image.Rect(0, 0, 2*size.X, 2*size.Y) {
			t.Errorf("twice %v is %v", size, z.Rect)
		}
		if b := must(h.Draw(&bagnet.DrawOptions{Style: "overlay", Bar: true}))(t); b.Rect.Dx() <= size.X || b.Rect.Dy() <= size.Y {
			t.Errorf("with a bar %v is %v", size, b.Rect)
		}
		named := must(h.Draw(&bagnet.DrawOptions{File: "a.png", Truth: "eel"}))(t)
		if named.Rect.Dy() <= panel.Rect.Dy() {
			t.Error("the caption has no line of the file and the true class")
		}
		if all := must(h.Draw(&bagnet.DrawOptions{Border: "show"}))(t); slices.Equal(all.Pix, panel.Pix) != (name == "v2-q9") {
			t.Errorf("%s: whether its border is shown makes a difference, or none", name)
		}

		// Red speaks for the class, blue against it; without opacity the picture is left in grey.
		plainly := must(h.Draw(&bagnet.DrawOptions{Style: "heatmap", Border: "show", Scale: h.Scale(99)}))(t)
		for row := range h.Rows {
			for col := range h.Cols {
				x, y, v := h.Origin+col*h.Stride, h.Origin+row*h.Stride, h.Values[row*h.Cols+col]
				if c := plainly.NRGBAAt(x, y); float64(v) > h.Scale(99)/10 && c.R <= c.B || float64(v) < -h.Scale(99)/10 && c.R >= c.B {
					t.Fatalf("%s: pixel %d, %d of evidence %v is %v", name, x, y, v, c)
				}
			}
		}
		grey := must(h.Draw(&bagnet.DrawOptions{Style: "overlay", Alpha: new(0.0), Border: "show"}))(t)
		for i := 0; i < len(grey.Pix); i += 4 {
			p := img.Picture().Pix[i:]
			seen := 0.2126*light(p[0]) + 0.7152*light(p[1]) + 0.0722*light(p[2])
			if off := math.Abs(seen - light(grey.Pix[i])); off > 0.005 || grey.Pix[i] != grey.Pix[i+1] || grey.Pix[i] != grey.Pix[i+2] {
				t.Fatalf("pixel %d of %v is %v", i/4, p[:3], grey.Pix[i:i+4])
			}
		}
	}
}

// light is how bright a level of sRGB is, but for the darkest.
func light(level uint8) float64 { return math.Pow((float64(level)/255+0.055)/1.055, 2.4) }

func TestDrawErrors(t *testing.T) {
	_, m, img := bagNet(t, "v1-q9")
	h := must(m.Heatmaps(t.Context(), img))(t)[0]
	for say, o := range map[string]bagnet.DrawOptions{
		"sepia":                 {Style: "sepia"},
		"jetset":                {Colormap: "jetset"},
		"scale -1":              {Scale: -1},
		"scale NaN":             {Scale: math.NaN()},
		"alpha 1.5":             {Alpha: new(1.5)},
		"alpha NaN is not betw": {Alpha: new(math.NaN())},
		`border "wide"`:         {Border: "wide"},
		"zoom -2":               {Zoom: -2},
		"zoom 65":               {Zoom: 65},
	} {
		_, err := h.Draw(&o)
		wantError(t, err, say, nil)
	}
	unseen := must(bagnet.FromTensor(img.Tensor()))(t)
	_, err := must(m.Heatmaps(t.Context(), unseen))(t)[0].Draw(nil)
	wantError(t, err, "tensor only", nil)
	_, err = bagnet.Heatmap{}.Draw(nil)
	wantError(t, err, "tensor only", nil)
	h.Values = h.Values[1:]
	_, err = h.Draw(nil)
	wantError(t, err, "values", nil)
}

func TestGrid(t *testing.T) {
	g := bagnet.Grid{Rows: 9, Cols: 9, Origin: 1, Stride: 2, Patch: 5, First: 1, Step: 3, NativeRows: 2, NativeCols: 3}
	if r := g.Rect(2, 0); r != image.Rect(-1, 3, 4, 8) {
		t.Errorf("patch (2, 0) is %v", r)
	}
	native := 0
	for row := -2; row < 12; row++ {
		for col := -2; col < 12; col++ {
			on := (row == 1 || row == 4) && (col == 1 || col == 4 || col == 7)
			if g.Native(row, col) != on {
				t.Errorf("patch (%d, %d) is native: %v", row, col, !on)
			}
			if on {
				native++
			}
		}
	}
	if g.NativeCells() != native || (bagnet.Grid{Rows: 3, Cols: 3}).Native(0, 0) {
		t.Errorf("%d native patches, want %d", g.NativeCells(), native)
	}
}
