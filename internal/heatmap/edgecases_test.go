package heatmap

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math/big"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/grid"
)

// TestColoursAreRounded interpolates in exact arithmetic: a level is the nearest
// whole number, not the next lower one.
func TestColoursAreRounded(t *testing.T) {
	for _, name := range []string{"RdBu_r", "viridis", "Greys"} {
		m, err := ParseColormap(name)
		if err != nil {
			t.Fatal(err)
		}
		for k := int64(-999); k < 1000; k++ {
			v := float64(k) / 1000
			x := new(big.Rat).SetFloat64(v)
			x.Add(x, big.NewRat(1, 1)).Mul(x, big.NewRat(int64(len(m)-1), 2))
			i := int(new(big.Int).Div(x.Num(), x.Denom()).Int64())
			f := new(big.Rat).Sub(x, big.NewRat(int64(i), 1))
			got := m.At(v)
			a, b := m[i], m[min(i+1, len(m)-1)]
			for c, levels := range [][3]uint8{{a.R, b.R, got.R}, {a.G, b.G, got.G}, {a.B, b.B, got.B}} {
				want := new(big.Rat).Mul(f, big.NewRat(int64(levels[1])-int64(levels[0]), 1))
				want.Add(want, big.NewRat(int64(levels[0]), 1))
				off, _ := want.Sub(want, big.NewRat(int64(levels[2]), 1)).Float64()
				if off > 0.5+1e-9 || off < -0.5-1e-9 {
					t.Fatalf("%s at %v, channel %d: %d is off by %v of a level", name, v, c, levels[2], off)
				}
			}
		}
	}
}

// TestArrowsAreForValuesBeyond draws none at equality.
func TestArrowsAreForValuesBeyond(t *testing.T) {
	for _, c := range []struct {
		values       []float32
		below, above bool
	}{
		{[]float32{-2, 0, 2}, false, false},
		{[]float32{-2, 2.0000002}, false, true},
		{[]float32{-2.0000002, 2}, true, false},
		{[]float32{-3, 3}, true, true},
	} {
		b := newColorbar(Picture{Map: Map{Grid: grid.Grid{Rows: 1, Cols: len(c.values)}, Values: c.values}, Scale: 2})
		if b.below != c.below || b.above != c.above {
			t.Errorf("%v: arrows below %v and above %v", c.values, b.below, b.above)
		}
	}
}

// TestRoundTicks: the largest of 5, 2, 1 and a half, times a power of ten, that
// leaves room for both zero and the end.
func TestRoundTicks(t *testing.T) {
	for scale, want := range map[float64]string{
		1: "+0.5", 1.4: "+0.5", 1.5: "+1", 2.5: "+1", 3: "+2", 4: "+2", 6.6: "+2", 7.3: "+5", 9.9: "+5",
		10: "+5", 30: "+20", 75: "+50", 0.03: "+0.02", 0.15: "+0.1",
	} {
		var texts []string
		for _, tick := range (colorbar{scale: scale}).ticks(minApart) {
			texts = append(texts, tick.text)
		}
		all := []string{tickText(scale), "0", tickText(-scale), want, minus + want[1:]}
		if !slices.Equal(texts, all) {
			t.Errorf("a scale of %v has the ticks %q, want %q", scale, texts, all)
		}
	}
}

// TestNothingIsCertain writes no probability as 100.0 % or 0.0 %.
func TestNothingIsCertain(t *testing.T) {
	for k := range 100_001 {
		p := float64(k) / 100_000
		text := formatProbability(p)
		if text == "100.0 %" || text == "0.0 %" {
			t.Errorf("%v is written as %s", p, text)
		}
	}
	for p, want := range map[float64]string{0.9994: "99.9 %", 0.9996: "> 99.9 %", 1: "> 99.9 %", 0: "< 0.1 %", 0.0004: "< 0.1 %", 0.0006: "0.1 %", 0.5: "50.0 %"} {
		if got := formatProbability(p); got != want {
			t.Errorf("%v is written as %s, want %s", p, got, want)
		}
	}
}

// TestCompressedTextsArePassedOver has an iTXt chunk that is compressed (PNG
// specification, 11.3.4.5) before one that is not.
func TestCompressedTextsArePassedOver(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte("secret"))
	z.Close()
	var picture bytes.Buffer
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.Set(0, 0, color.White)
	if err := png.Encode(&picture, img); err != nil {
		t.Fatal(err)
	}
	chunk := func(data string) (out []byte) {
		out = binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		out = append(append(out, "iTXt"...), data...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	file := slices.Concat(picture.Bytes()[:33], chunk("A\x00\x01\x00\x00\x00"+packed.String()), chunk("A\x00\x01\x00\x00\x00plain"), chunk("B\x00\x00\x00de\x00b\x00open"), picture.Bytes()[33:])
	texts, err := ReadTexts(strings.NewReader(string(file)))
	if err != nil || len(texts) != 1 || texts[0] != (Text{"B", "open"}) {
		t.Errorf("texts %q, %v", texts, err)
	}
}
