package heatmap

import (
	"encoding/hex"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
)

// A Colormap maps -1..1 to colours, its points evenly spaced from -1 to 1.
//
// The diverging maps have an odd number of points, so that 0 gets exactly the
// neutral one in the middle. A sequential map spans -1..1 all the same: it clips
// no evidence against a class, but gives zero no colour of its own.
type Colormap []color.NRGBA

// RdBuR is matplotlib's RdBu_r, the map of the BagNet paper: blue for evidence
// against, near-white for none, red for evidence for.
var RdBuR = reversed(parsePoints(rdBu))

// colormaps are the tables by name, diverging ones first.
var colormaps = []struct {
	name, table string
	diverging   bool
}{
	{"RdBu", rdBu, true}, {"coolwarm", coolwarm, true}, {"PuOr", puOr, true}, {"PRGn", prGn, true}, {"BrBG", brBG, true},
	{"viridis", viridis, false}, {"magma", magma, false}, {"inferno", inferno, false}, {"plasma", plasma, false}, {"cividis", cividis, false}, {"Greys", greys, false},
}

// Reversed after a name means the map from its last colour to its first.
const Reversed = "_r"

// ColormapNames returns every name that ParseColormap knows, diverging maps
// first, each map followed by its reverse.
func ColormapNames() []string {
	var names []string
	for _, m := range colormaps {
		names = append(names, m.name, m.name+Reversed)
	}
	return names
}

// ParseColormap returns the map of the given name, in any case of letters. The
// names and colours are matplotlib's.
func ParseColormap(name string) (Colormap, error) {
	c, _, err := parseColormap(name)
	return c, err
}

// ParseUnsigned returns the map of the given name for values that are never below 0: the
// half from 0 on of a diverging one, spread over -1..1, else all of it.
func ParseUnsigned(name string) (Colormap, error) {
	c, diverging, err := parseColormap(name)
	if diverging {
		c = c[len(c)/2:]
	}
	return c, err
}

func parseColormap(name string) (c Colormap, diverging bool, err error) {
	base, backwards := name, false
	if n := len(name) - len(Reversed); n > 0 && strings.EqualFold(name[n:], Reversed) {
		base, backwards = name[:n], true
	}
	var known []string
	for _, m := range colormaps {
		if strings.EqualFold(m.name, base) {
			points := parsePoints(m.table)
			if backwards {
				points = reversed(points)
			}
			return points, m.diverging, nil
		}
		known = append(known, m.name)
	}
	return nil, false, fmt.Errorf("unknown colormap %q: there are %s, and each of them reversed, as in RdBu_r",
		name, strings.Join(known, ", "))
}

// At returns the colour of v, interpolated linearly in sRGB; values beyond -1
// and 1 get the end colours, NaN that of 0.
func (c Colormap) At(v float64) color.NRGBA {
	if math.IsNaN(v) {
		v = 0
	}
	x := (max(-1, min(1, v)) + 1) / 2 * float64(len(c)-1)
	i := min(int(x), len(c)-2)
	f := x - float64(i)
	a, b := c[i], c[i+1]
	return color.NRGBA{mix(a.R, b.R, f), mix(a.G, b.G, f), mix(a.B, b.B, f), 255}
}

// mix returns the level f of the way from a to b, f in 0..1.
func mix(a, b uint8, f float64) uint8 {
	return uint8(float64(a)*(1-f) + float64(b)*f + 0.5)
}

// reversed turns c around, in place.
func reversed(c Colormap) Colormap {
	slices.Reverse(c)
	return c
}

// from is the part of c from the place f, 0 to 1, to its end, spread over -1..1.
func (c Colormap) from(f float64) Colormap {
	part := make(Colormap, 256)
	for i := range part {
		at := f + (1-f)*float64(i)/float64(len(part)-1)
		part[i] = c.At(2*at - 1)
	}
	return part
}

// parsePoints reads colours written as six hexadecimal digits each; one that is
// not so written is a mistake in this package.
func parsePoints(table string) Colormap {
	var c Colormap
	for _, word := range strings.Fields(table) {
		rgb, err := hex.DecodeString(word)
		if err != nil || len(rgb) != 3 {
			panic(fmt.Sprintf("table of colours: %q", word))
		}
		c = append(c, color.NRGBA{rgb[0], rgb[1], rgb[2], 255})
	}
	return c
}
