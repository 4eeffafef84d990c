package experiment

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"bagnet/internal/chart"
	"bagnet/internal/class"
)

// madeUpRun has networks whose results are 0 or 1, by the images' ordinals; -1 for none.
func madeUpRun(compare string, columns ...[]float64) *Run[float64] {
	r := &Run[float64]{Compare: compare}
	for i, column := range columns {
		m := &Measured[float64]{NetworkSummary: NetworkSummary{Model: string(rune('a' + i))}}
		for ordinal, v := range column {
			if v >= 0 {
				m.Results = append(m.Results, Result[float64]{Ordinal: ordinal, Value: v})
			}
		}
		r.Networks = append(r.Networks, m)
	}
	return r
}

// single is a mean of the results.
func single(image Result[float64]) []Amount {
	return []Amount{{Of: "share", Value: image.Value, Weight: 1}}
}

// TestDifferences compares the images that both networks were measured on. Their interval is that
// of the mean of paired differences: here of n images, of which k differ by 1, a binomial share.
func TestDifferences(t *testing.T) {
	const n, k = 400, 100
	a, b := make([]float64, n+2), make([]float64, n+2)
	for i := range n {
		a[i], b[i] = float64(i/2%2), float64(i/2%2) // far from independent
		if i%4 == 0 {
			a[i], b[i] = 1, 0
		}
	}
	a[n], b[n], a[n+1], b[n+1] = -1, 1, 0, -1 // of one of them only
	d := Differences(madeUpRun(CompareAll, a, b), single)
	if len(d) != 1 || d[0].Models != [2]string{"a", "b"} || d[0].Of != "share" || d[0].Images != n || d[0].Value() != float64(k)/n {
		t.Fatalf("%+v", d)
	}
	deviation := math.Sqrt(0.25 * 0.75 / n)
	if e := float64(d[0].Error); math.Abs(e-deviation) > 0.1*deviation {
		t.Errorf("standard error %v, want %v", e, deviation)
	}
	for i, want := range []float64{0.25 - 1.96*deviation, 0.25 + 1.96*deviation} {
		if got := float64(d[0].Interval[i]); math.Abs(got-want) > 0.25*deviation {
			t.Errorf("the interval is %v", d[0].Interval)
		}
	}
	if again := Differences(madeUpRun(CompareAll, a, b), single); again[0] != d[0] {
		t.Errorf("again %+v", again)
	}
}

// TestDifferencesOfRatios has sums of values over sums of weights, and figures that one network has not.
func TestDifferencesOfRatios(t *testing.T) {
	ratio := func(image Result[float64]) []Amount {
		all := []Amount{{Of: "ratio", Value: image.Value, Weight: 1 + float64(image.Ordinal)}, {Of: "none", Value: math.NaN(), Weight: 1}}
		if image.Value == 3 { // the first network's alone
			all = append(all, Amount{Of: "own", Value: 1, Weight: 1})
		}
		return all
	}
	d := Differences(madeUpRun(CompareAll, []float64{3, 1, 2}, []float64{1, 1, 1}), ratio)
	if len(d) != 1 || math.Abs(d[0].Value()-(6.0/6-3.0/6)) > 1e-12 || d[0].Images != 3 {
		t.Errorf("%+v", d)
	}
	if d := Differences(madeUpRun(CompareAll, []float64{1}, []float64{0}), single); d[0].Value() != 1 || !math.IsNaN(float64(d[0].Error)) || !math.IsNaN(float64(d[0].Interval[0])) {
		t.Errorf("one image: %+v", d)
	}
	if d := Differences(madeUpRun(CompareAll, []float64{1, -1}, []float64{-1, 1}), single); len(d) != 0 {
		t.Errorf("no image in common: %+v", d)
	}
}

// TestWhichPairs are compared.
func TestWhichPairs(t *testing.T) {
	for compare, want := range map[string]string{"": "", CompareNone: "", CompareFirst: "ab ac ad", CompareAll: "ab ac bc ad bd cd"} {
		var pairs []string
		for _, d := range Differences(madeUpRun(compare, []float64{1, 0}, []float64{1, 1}, []float64{0, 1}, []float64{0, 0}), single) {
			pairs = append(pairs, d.Models[0]+d.Models[1])
		}
		if got := strings.Join(pairs, " "); got != want {
			t.Errorf("%q: %s, want %s", compare, got, want)
		}
	}
}

// TestTextDifferences writes the pair once.
func TestTextDifferences(t *testing.T) {
	two := func(image Result[float64]) []Amount {
		return append(single(image), Amount{Of: "of tiles", Value: 1, Weight: 1})
	}
	var b bytes.Buffer
	TextDifferences(&b, nil)
	if b.Len() != 0 {
		t.Errorf("%q", b.String())
	}
	TextDifferences(&b, Differences(madeUpRun(CompareAll, []float64{1, 1}, []float64{0, 0}), two))
	want := `
first minus second, same images            images  difference         95% interval
a - b                            share          2     100.00%    100.00 to 100.00%
                                 of tiles       2       0.00%        0.00 to 0.00%
`
	if b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}

// TestShortNames takes as much of paths as tells them apart, and the ends of names that are none.
func TestShortNames(t *testing.T) {
	for _, tc := range [][2]string{
		{"bagnet33 resnet50", "bagnet33 resnet50"},
		{"models/resnet18-imagenette.safetensors bagnet33-imagenette", "resnet18-imagenette bagnet33-imagenette"},
		{"a/model.pth b/model.pth c.pth.tar", "a/model b/model c"},
		{"x/a/m.pt x/b/m.pt y/a/m.pt", "x/a/m b/m y/a/m"},
		{"maps/resnet18/gradcam/ random", "gradcam random"},
		{"a/m.pth a/m.pth", "m m"},
		{"resnet50-v1.5 .pth", "resnet50-v1.5 .pth"},
	} {
		if got := strings.Join(ShortNames(strings.Fields(tc[0])), " "); got != tc[1] {
			t.Errorf("%s: %s, want %s", tc[0], got, tc[1])
		}
	}
	r := madeUpRun("", nil, nil)
	if r.Name(nil); r.Networks[1].Shown() != "b" {
		t.Errorf("shown as %q", r.Networks[1].Shown())
	}
	if r.Name([]string{"BagNet", "x\ny"}); r.Networks[0].Shown() != "BagNet" || r.Networks[1].Shown() != `x\ny` {
		t.Errorf("shown as %q", r.Networks[1].Shown())
	}
	if s := (NetworkSummary{Model: "m"}); s.Shown() != "m" {
		t.Errorf("shown as %q", s.Shown())
	}
}

// TestImagesOfOneNetwork has a figure of two images and one that the second network has of one of
// them alone: the other image adds nothing to it.
func TestImagesOfOneNetwork(t *testing.T) {
	own := func(image Result[float64]) []Amount {
		all := single(image)
		if image.Ordinal == 0 || image.Value == 1 {
			all = append(all, Amount{Of: "own", Value: image.Value, Weight: 1})
		}
		return all
	}
	d := Differences(madeUpRun(CompareAll, []float64{0, 1}, []float64{0, 0}), own)
	if len(d) != 2 || d[0].Images != 2 || d[0].Value() != 0.5 || d[1].Images != 1 || d[1].Value() != 0 {
		t.Errorf("%+v", d)
	}
}

// TestWithChance has a line for each chance that there is.
func TestWithChance(t *testing.T) {
	five := ChanceOf(make([]class.Class, 5))
	if five != 0.2 || ChanceOf(nil) != 1 {
		t.Errorf("of five %v, of none %v", five, ChanceOf(nil))
	}
	f := WithChance(chart.Figure{}, []float64{0.2, 0.1, 0.2})
	if len(f.Series) != 2 || f.Series[0].Points[0].Y != 0.1 || f.Series[1].Points[0].Y != 0.2 || f.Series[1].Style != chart.Reference {
		t.Errorf("%+v", f)
	}
}
