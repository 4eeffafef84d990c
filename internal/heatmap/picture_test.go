package heatmap

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bagnet/internal/grid"
)

var update = flag.Bool("update", false, "write the golden pictures in testdata")

// drawn makes an image of w x h pixels: a lit disc on a gradient.
func drawn(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := 0.35*float64(min(w, h)) + 0.013 // no pixel is exactly so far away, however rounded
	for y := range h {
		for x := range w {
			c := color.NRGBA{uint8(40 + 60*x/w), uint8(140 - 50*y/h), uint8(70 + 90*y/h), 255}
			dx, dy := float64(x)-0.45*float64(w), float64(y)-0.5*float64(h)
			if d := math.Hypot(dx, dy); d < r {
				light := uint8(250 - 120*math.Hypot(dx+r/3, dy+r/3)/r)
				c = color.NRGBA{light, light, light - light/8, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// evidenceOn makes a map for such an image, evidence for on the disc's upper left.
func evidenceOn(w, h int, origin, stride int) Map {
	g := Map{Grid: grid.Grid{Origin: origin, Stride: stride}}
	g.Cols, g.Rows = (w-2*origin+stride-1)/stride, (h-2*origin+stride-1)/stride
	for i := range g.Rows {
		for j := range g.Cols {
			x := float64(origin+j*stride)/float64(w) - 0.35
			y := float64(origin+i*stride)/float64(h) - 0.35
			g.Values = append(g.Values, float32(15*math.Exp(-30*(x*x+y*y))-4*math.Exp(-20*(x-0.4)*(x-0.4)-20*(y-0.4)*(y-0.4))))
		}
	}
	return g
}

func example(w, h, origin, stride int) Picture {
	g := evidenceOn(w, h, origin, stride)
	return Picture{
		Image: drawn(w, h), Map: g, Colors: RdBuR, Scale: g.Scale(99), Alpha: DefaultAlpha,
		Caption: Caption{Class: "golf ball", Logit: 12.3456, Probability: 0.98765, Model: "bagnet33-example", Patch: 33, Stride: stride},
	}
}

func TestGoldens(t *testing.T) {
	landscape := example(120, 90, 16, 8)
	portrait := example(60, 90, 0, 1)
	portrait.Colors, _ = ParseColormap("viridis")
	portrait.Caption = Caption{Class: "European fire salamander", Versus: "golf ball", Logit: -0.5, Probability: math.NaN(), Patch: 9, Stride: 1}
	dense := bordered(60, 90, 1)
	dense.Caption.File, dense.Caption.Truth = "n03445777_3.JPEG", "golf ball"
	barred := bordered(60, 90, 2)
	barred.Bar, barred.Zoom = true, AutoZoom
	long := example(400, 40, 4, 4)
	long.Caption.Class = "quite a long name, " + strings.Repeat("and longer, ", 9) + "球"
	for name, c := range map[string]struct {
		Picture
		Style
	}{
		"panel-native":   {landscape, Panel},
		"panel-portrait": {portrait, Panel},
		"panel-wide":     {long, Panel},
		"overlay":        {landscape, Overlay},
		"heatmap":        {landscape, Heatmap},
		"edges":          {landscape, Edges},
		"edges-large":    {example(480, 360, 0, 2), Edges},
		"panel-border":   {dense, Panel},
		"overlay-bar":    {barred, Overlay},
		"edges-bar":      {barred, Edges},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Picture.Draw(c.Style)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, name, got)
		})
	}
}

// compareGolden allows 3 levels: floats are rounded differently where
// multiplication and addition are fused.
func compareGolden(t *testing.T, name string, got *image.NRGBA) {
	path := filepath.Join("testdata", name+".png")
	if *update {
		var file bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&file, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: go test ./internal/heatmap -update writes it", err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds() != got.Rect {
		t.Fatalf("%s: %v, want %v", name, got.Rect, want.Bounds())
	}
	var differing int
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			a, b := got.NRGBAAt(x, y), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
			if !near(a, b, 3) {
				differing++
			}
		}
	}
	if differing > 0 {
		out := filepath.Join(os.TempDir(), "heatmap-"+name+".png")
		if f, err := os.Create(out); err == nil {
			png.Encode(f, got)
			f.Close()
		}
		t.Errorf("%s: %d pixels differ from %s, see %s", name, differing, path, out)
	}
}

// Every style draws every shape of image, map and text, in the image's size (a
// panel at least so).
func TestDrawAnything(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	for _, size := range []image.Point{{1, 1}, {2, 3}, {40, 2000}, {2000, 40}, {1, 700}, {700, 1}, {224, 224}} {
		for name, values := range map[string][]float32{
			"flat": {0, 0, 0, 0}, "NaN": {nan, nan, nan, nan}, "infinite": {inf, -inf, nan, 1}, "huge": {math.MaxFloat32, -math.MaxFloat32, 1, 0},
			"tiny": {math.SmallestNonzeroFloat32, 0, 0, 0},
		} {
			for _, stride := range []int{1, 8, 3000} {
				g := Map{Grid: grid.Grid{Rows: 2, Cols: 2, Origin: -1, Stride: stride}, Values: values}
				p := Picture{Image: drawn(size.X, size.Y), Map: g, Colors: RdBuR, Scale: g.Scale(99), Alpha: 0.5}
				p.Caption = Caption{Class: "a\x00b\n" + strings.Repeat("ラベル", 60), Logit: math.Inf(-1), Probability: math.NaN(), Patch: 9, Stride: stride}
				for _, style := range Styles() {
					img, err := p.Draw(style)
					if err != nil {
						t.Fatalf("%v %s %s: %v", size, name, style, err)
					}
					got := img.Rect.Size()
					if style == Panel && (got.X < size.X || got.Y < size.Y) || style != Panel && got != size {
						t.Errorf("%v %s: %s has %v pixels", size, name, style, got)
					}
				}
			}
		}
	}
}

func TestFlatMapsAreNeutral(t *testing.T) {
	for _, name := range ColormapNames()[:10] {
		colors, err := ParseColormap(name)
		if err != nil {
			t.Fatal(err)
		}
		g := Map{Grid: grid.Grid{Rows: 20, Cols: 20, Stride: 1}, Values: make([]float32, 400)}
		p := Picture{Image: drawn(20, 20), Map: g, Colors: colors, Scale: g.Scale(99)}
		img, err := p.Draw(Heatmap)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(img.Pix); i += 4 {
			if got := (color.NRGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3]}); got != colors[len(colors)/2] {
				t.Fatalf("%s: %v in a flat map", name, got)
			}
		}
	}
}

func TestOverlay(t *testing.T) {
	p := example(50, 40, 16, 1)
	at := func(alpha float64, x, y int) color.NRGBA {
		p.Alpha = alpha
		img, err := p.Draw(Overlay)
		if err != nil {
			t.Fatal(err)
		}
		return img.NRGBAAt(x, y)
	}
	grey := at(0, 20, 20)
	if c := p.Image.NRGBAAt(20, 20); grey.R != grey.G || grey.G != grey.B || grey.R > max(c.R, c.G, c.B) || grey.R < min(c.R, c.G, c.B) {
		t.Errorf("under the map %v is %v", c, grey)
	}
	if got, want := at(1, 20, 20), RdBuR.At(float64(p.Map.Values[4*p.Map.Cols+4])/p.Scale); got != want {
		t.Errorf("opaque: %v, want %v", got, want)
	}
	if got := at(1, 2, 2); got != at(0, 2, 2) {
		t.Errorf("a pixel without a patch is %v", got)
	}
}

func TestDrawRefuses(t *testing.T) {
	good := example(20, 20, 0, 1)
	if _, err := good.Draw("poster"); err == nil {
		t.Error("drew a poster")
	}
	for name, change := range map[string]func(*Picture){
		"no image":      func(p *Picture) { p.Image = nil },
		"empty image":   func(p *Picture) { p.Image = image.NewNRGBA(image.Rectangle{}) },
		"no values":     func(p *Picture) { p.Map.Values = nil },
		"no stride":     func(p *Picture) { p.Map.Stride = 0 },
		"no colours":    func(p *Picture) { p.Colors = nil },
		"scale 0":       func(p *Picture) { p.Scale = 0 },
		"scale NaN":     func(p *Picture) { p.Scale = math.NaN() },
		"scale Inf":     func(p *Picture) { p.Scale = math.Inf(1) },
		"alpha NaN":     func(p *Picture) { p.Alpha = math.NaN() },
		"alpha above 1": func(p *Picture) { p.Alpha = 1.5 },
	} {
		p := good
		change(&p)
		if _, err := p.Draw(Heatmap); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestParseStyle(t *testing.T) {
	for _, s := range Styles() {
		if got, err := ParseStyle(string(s)); err != nil || got != s {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	if _, err := ParseStyle("poster"); err == nil || !strings.Contains(err.Error(), "panel, overlay, heatmap, edges") {
		t.Errorf("poster: %v", err)
	}
}

func TestCaption(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		Caption
		title, facts, notes string
	}{
		{Caption{Class: "tench", Logit: 12.3456, Probability: 0.9731, Model: "m", Patch: 33, Stride: 8}, "tench", "logit 12.35  ·  probability 97.3 %", "m  ·  patches of 33 × 33 pixels  ·  stride 8  ·  hatched: no patch"},
		{Caption{Class: "tench", Logit: 1, Probability: nan, File: "a.png", Truth: "eel", Stride: 2}, "tench", "logit 1.00", "a.png  ·  true class: eelstride 2  ·  pale: patches reach beyond the image and took no part"},
		{Caption{Class: "tench", Logit: 1, Probability: nan, Truth: "eel"}, "tench", "logit 1.00", "true class: eel"},
		{Caption{Class: "tench", Logit: 1, Probability: nan, Patch: 32, Stride: 32, Caution: "careful"}, "tench", "logit 1.00", "cells of 32 × 32 pixels  ·  stride 32"},
		{Caption{Class: "tench", Logit: -0.004, Probability: nan}, "tench", "logit −0.004", ""},
		{Caption{Class: "tench", Logit: nan, Probability: 0.99999}, "tench", "probability > 99.9 %", ""},
		{Caption{Class: "tench", Versus: "eel", Logit: -3e7, Probability: 1e-9}, "tench minus eel", "difference of logits −3e+07  ·  probability of tench < 0.1 %", ""},
	} {
		if got := []string{c.Caption.title(), c.Caption.facts(), c.Caption.source() + c.Caption.notes(c.Stride == 8, c.Stride == 2)}; !reflect.DeepEqual(got, []string{c.title, c.facts, c.notes}) {
			t.Errorf("%q, want %q", got, []string{c.title, c.facts, c.notes})
		}
	}
}

// TestCaution claims the whole image only where a corner's square has nine tenths of each side.
func TestCaution(t *testing.T) {
	for _, c := range []struct {
		sees, side int
		want       string
	}{
		{427, 224, "a position saw a square of 427 pixels a side, (nearly) the whole image: evidence at a position is not evidence from there"},
		{45, 25, "a position saw a square of 45 pixels a side, (nearly) the whole image: evidence at a position is not evidence from there"},
		{45, 26, "a position saw a square of 45 pixels a side: evidence at a position is not evidence from there"},
		{427, 0, "a position saw a square of 427 pixels a side: evidence at a position is not evidence from there"},
	} {
		if got := Caution(c.sees, c.side); got != c.want {
			t.Errorf("%d of %d: %q", c.sees, c.side, got)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	p := example(4000, 3000, 0, 1)
	for _, style := range Styles() {
		b.Run(fmt.Sprintf("%s/4000x3000", style), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Draw(style); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
