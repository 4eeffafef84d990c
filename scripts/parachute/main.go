// Parachute draws pictures of a parachute in the sky, for the figures in docs/figures.md: a canopy of gores in two
// colours, its lines and who hangs from them, from nothing but a seed.
//
//	go run ./scripts/parachute -o parachute.png [-seed 1] [-size 224]
package main

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"

	"github.com/disintegration/imaging"
)

// supersample is how many pixels are drawn along each side of one that is kept.
const supersample = 4

func main() {
	output := flag.String("o", "parachute.png", "write the picture to `FILE`")
	size := flag.Int("size", 224, "side of the picture in `pixels`")
	seed := flag.Uint64("seed", 1, "let chance begin at `N`")
	flag.Parse()
	if *size < 32 || *size > 2048 {
		fmt.Fprintf(os.Stderr, "parachute: drawing %d pixels: the size must lie between 32 and 2048\n", *size)
		os.Exit(2)
	}
	if err := imaging.Save(draw(*size, *seed), *output); err != nil {
		fmt.Fprintf(os.Stderr, "parachute: %v\n", err)
		os.Exit(1)
	}
}

// rgb is a colour, 0 to 1.
type rgb [3]float64

func (a rgb) mix(b rgb, t float64) (c rgb) {
	for i := range c {
		c[i] = a[i]*(1-t) + b[i]*t
	}
	return c
}

func (a rgb) color() color.NRGBA {
	level := func(v float64) uint8 { return uint8(255*math.Max(0, math.Min(1, v)) + 0.5) }
	return color.NRGBA{level(a[0]), level(a[1]), level(a[2]), 255}
}

// cloths are pairs of colours of gores.
var cloths = [][2]rgb{
	{{0.85, 0.10, 0.12}, {0.96, 0.95, 0.92}}, {{0.95, 0.75, 0.10}, {0.15, 0.25, 0.60}}, {{0.10, 0.45, 0.25}, {0.95, 0.90, 0.80}},
	{{0.90, 0.40, 0.10}, {0.95, 0.85, 0.20}}, {{0.30, 0.15, 0.50}, {0.90, 0.30, 0.50}},
}

// A scene is where things are: a canopy of radius r and height h whose foot is centred on
// (x, y), and who hangs depth below, drifted sideways. Lengths are in sides of the picture.
type scene struct {
	x, y, r, h, depth, drift float64
	gores                    int
	cloth                    [2]rgb
	cloudX, cloudY           float64
}

// draw returns the picture, size x size pixels.
func draw(size int, seed uint64) image.Image {
	rng := rand.New(rand.NewPCG(seed, 0))
	s := scene{
		x: 0.42 + 0.16*rng.Float64(), y: 0.40 + 0.08*rng.Float64(), r: 0.26 + 0.12*rng.Float64(), depth: 0.36 + 0.08*rng.Float64(), drift: 0.1 * (rng.Float64() - 0.5),
		gores: 9 + rng.IntN(5), cloth: cloths[rng.IntN(len(cloths))], cloudX: 50 * rng.Float64(), cloudY: 50 * rng.Float64(),
	}
	s.h = s.r * (0.75 + 0.2*rng.Float64())
	n := size * supersample
	img := image.NewNRGBA(image.Rect(0, 0, n, n))
	for py := range n {
		for px := range n {
			img.SetNRGBA(px, py, s.at((float64(px)+0.5)/float64(n), (float64(py)+0.5)/float64(n)).color())
		}
	}
	return imaging.Resize(img, size, size, imaging.Lanczos)
}

// at is the colour of a point.
func (s *scene) at(x, y float64) rgb {
	if c, ok := s.canopy((x-s.x)/s.r, (s.y-y)/s.h); ok {
		return c
	}
	if s.hanging(x, y) {
		return rgb{0.10, 0.10, 0.13}
	}
	cloud := 0.0
	for octave, weight := 1.0, 0.55; octave <= 8; octave, weight = 2*octave, weight/2 {
		cloud += weight * noise(s.cloudX+4*octave*x, s.cloudY+6*octave*y)
	}
	sky := rgb{0.24, 0.46, 0.78}.mix(rgb{0.66, 0.80, 0.92}, y)
	return sky.mix(rgb{0.96, 0.97, 0.98}, math.Max(0, math.Min(1, 2.6*(cloud-0.52))))
}

// canopy is the colour of the canopy at u radii right of its middle and v heights above its
// foot, if it is there: each gore's foot is an arc.
func (s *scene) canopy(u, v float64) (rgb, bool) {
	if v > 1 || u*u+math.Max(0, v)*math.Max(0, v) > 1 {
		return rgb{}, false
	}
	round := math.Asin(math.Max(-1, math.Min(1, u/math.Sqrt(1-math.Max(0, v)*math.Max(0, v))))) // where around the canopy
	place := (round/math.Pi + 0.5) * float64(s.gores)
	within := place - math.Floor(place)
	if v < 0.30*within*(1-within) {
		return rgb{}, false
	}
	c := s.cloth[int(place)%2]
	light := 0.62 + 0.30*math.Sin(round+0.9) + 0.22*v - 0.35*(within-0.5)*(within-0.5)
	if seam := math.Min(within, 1-within); seam < 0.05 {
		light *= 0.80
	}
	return rgb{c[0] * light, c[1] * light, c[2] * light}, true
}

// hanging reports whether a point is on a line, or on who hangs from them.
func (s *scene) hanging(x, y float64) bool {
	foot := s.y + s.depth
	t := (y - s.y) / s.depth
	if t > 0 && t < 1 {
		for i := range s.gores + 1 {
			from := s.x + s.r*math.Sin((float64(i)/float64(s.gores)-0.5)*math.Pi)
			if math.Abs(from+(s.x+s.drift-from)*t-x) < 0.0016 {
				return true
			}
		}
	}
	dx, dy := (x-s.x-s.drift)/0.016, (y-foot)/0.016
	head := dx*dx+(dy-0.9)*(dy-0.9) < 0.7
	body := math.Abs(dx) < 0.9 && dy > 1.6 && dy < 4.2
	legs := math.Abs(math.Abs(dx)-0.5) < 0.35 && dy >= 4.2 && dy < 6.6
	return head || body || legs
}

// noise is smooth value noise in the plane, 0 to 1, one lattice point a unit.
func noise(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	smooth := func(t float64) float64 { return t * t * (3 - 2*t) }
	u, v := smooth(x-fx), smooth(y-fy)
	at := func(i, j float64) float64 {
		return rand.New(rand.NewPCG(uint64(int64(fx+i)), uint64(int64(fy+j)))).Float64()
	}
	return (at(0, 0)*(1-u)+at(1, 0)*u)*(1-v) + (at(0, 1)*(1-u)+at(1, 1)*u)*v
}
