package paper

import (
	"math"
	"testing"
)

// TestChoose takes the kind from the name, then from what is asked for, and refuses what cannot be.
func TestChoose(t *testing.T) {
	flags := Flags{"--to", "--kind", "--wide", "--dots"}
	for _, c := range []struct {
		path, as   string
		width, dpi float64
		want       string // the kind, or the error
	}{
		{"", "", 0, 0, "png"}, {"-", "", 85, 300, "png"}, {"a.SVG", "", 5, 0, "svg"}, {"a.pdf", "pdf", 5000, 0, "pdf"}, {"dir", "svg", 0, 0, "svg"}, {"a.png", "", 0, 10, "png"}, {"a.jpg", "", 0, 4800, "png"},
		{"a.png", "pdf", 0, 0, "--to a.png is no file of --kind pdf: give one of them"},
		{"", "", 4.9, 0, "--wide 4.9: want 5 to 5000 mm"}, {"", "", 5001, 0, "--wide 5001: want 5 to 5000 mm"}, {"", "", math.NaN(), 0, "--wide NaN: want 5 to 5000 mm"},
		{"", "", 0, 9, "--dots 9: want 10 to 4800"}, {"", "", 0, -1, "--dots -1: want 10 to 4800"}, {"", "", 0, math.Inf(1), "--dots +Inf: want 10 to 4800"},
		{"a.svg", "", 0, 300, "--dots is for PNG files: svg has no dots"}, {"", "pdf", 0, 300, "--dots is for PNG files: pdf has no dots"},
	} {
		f := Format{Width: c.width, DPI: c.dpi}
		err := f.Choose(flags, c.path, c.as)
		got := f.Kind
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q as %q, %v mm, %v dots an inch: %s, want %s", c.path, c.as, c.width, c.dpi, got, c.want)
		}
	}
}
