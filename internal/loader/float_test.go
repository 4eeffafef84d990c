package loader

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestF16RoundTrip(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		v := fromF16(h)
		if math.IsNaN(float64(v)) {
			if h&0x7c00 != 0x7c00 || h&0x3ff == 0 || !math.IsNaN(float64(fromF16(toF16(v)))) {
				t.Errorf("%#04x became NaN or lost it", h)
			}
			continue
		}
		if got := toF16(v); got != h {
			t.Errorf("%#04x is %v, which became %#04x", h, v, got)
		}
		// The definition: (-1)^s * 2^(max(e,1)-15) * (f/1024 + (e>0)).
		e, f := int(h>>10&31), float64(h&1023)/1024
		if e > 0 {
			f++
		}
		want := math.Ldexp(f, max(e, 1)-15)
		if e == 31 {
			want = math.Inf(1)
		}
		if h&0x8000 != 0 {
			want = -want
		}
		if float64(v) != want {
			t.Errorf("%#04x is %v, want %v", h, v, want)
		}
	}
}

// TestRounding compares the two neighbours of many values in float64.
func TestRounding(t *testing.T) {
	bf16 := func(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }
	for _, typ := range []struct {
		name   string
		to     func(float32) uint16
		from   func(uint16) float32
		spread float64 // of the exponents tried
		limit  float64 // values from here on overflow
	}{
		{"F16", toF16, fromF16, 22, 65520},
		{"BF16", toBF16, bf16, 130, 0x1.ffp127},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		for range 300000 {
			v := float32(rng.NormFloat64() * math.Exp2((rng.Float64()*2-1)*typ.spread))
			if rng.IntN(4) == 0 { // ties: halfway between two neighbours
				h := typ.to(v) &^ 0x8000
				v = float32((float64(typ.from(h)) + float64(typ.from(h+1))) / 2)
			}
			h := typ.to(v)
			if math.Abs(float64(v)) >= typ.limit {
				if !math.IsInf(float64(typ.from(h)), 0) {
					t.Fatalf("%s: %v became %v", typ.name, v, typ.from(h))
				}
				continue
			}
			got := math.Abs(float64(typ.from(h)) - float64(v))
			for _, other := range []uint16{h + 1, h - 1} {
				d := math.Abs(float64(typ.from(other)) - float64(v))
				if h&0x7fff == 0 && other&0x8000 != h&0x8000 || math.IsNaN(d) {
					continue // across zero or past infinity
				}
				if d < got || d == got && h&1 == 1 {
					t.Fatalf("%s: %v became %v (%#04x), %v is nearer or even", typ.name, v, typ.from(h), h, typ.from(other))
				}
			}
			if math.Signbit(float64(typ.from(h))) != math.Signbit(float64(v)) {
				t.Fatalf("%s: %v lost its sign", typ.name, v)
			}
		}
	}
	if h := toBF16(float32(math.NaN())); !math.IsNaN(float64(bf16(h))) {
		t.Error("BF16: NaN became a number")
	}
	if h := toBF16(math.Float32frombits(0x7f800001)); !math.IsNaN(float64(bf16(h))) {
		t.Error("BF16: NaN became infinity")
	}
}
