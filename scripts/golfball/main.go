// Golfball draws docs/golf-ball.png, the picture that the README and the tests show to the embedded model: a golf
// ball on a lawn, ray-traced and painted from nothing but the numbers in this directory.
//
//	go run ./scripts/golfball [-o docs/golf-ball.png] [-size 224] [-view 0]
//
// The same numbers give the same picture: all randomness comes from one seeded generator.
package main

import (
	"flag"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"

	"github.com/disintegration/imaging"
)

// supersample is how many pixels are drawn along each side of one that is kept.
const supersample = 4

func main() {
	output := flag.String("o", "docs/golf-ball.png", "write the picture to `FILE`")
	size := flag.Int("size", 224, "side of the picture in `pixels`")
	from := flag.Int("view", 0, "see the ball from view `N`")
	flag.Parse()
	if *size < 32 || *size > 2048 {
		fmt.Fprintf(os.Stderr, "golfball: drawing %d pixels: the size must lie between 32 and 2048\n", *size)
		os.Exit(2)
	}
	if *from < 0 || *from >= len(views) {
		fmt.Fprintf(os.Stderr, "golfball: view %d: there are 0 to %d\n", *from, len(views)-1)
		os.Exit(2)
	}
	if err := imaging.Save(draw(*size, views[*from]), *output); err != nil {
		fmt.Fprintf(os.Stderr, "golfball: %v\n", err)
		os.Exit(1)
	}
}

// draw returns the picture, size x size pixels: layers from far to near, each blurred as a lens would that is
// focused on the ball.
func draw(size int, from view) image.Image {
	n := size * supersample
	view := newCamera(n, from)
	c := newCanvas(n)
	rng := rand.New(rand.NewPCG(42, 0))

	drawBackground(c, view)
	blades := sow(rng)
	blur := func(pixels float64) { c.blur(pixels * float64(size) / 224 * supersample) }

	blades = drawBlades(c, view, blades, 9)
	blur(2.4)
	blades = drawBlades(c, view, blades, 4)
	blur(1.1)
	blades = drawBlades(c, view, blades, 0.25)
	drawBall(c, view)
	drawBlades(c, view, blades, math.Inf(-1))
	return imaging.Resize(c.image(), size, size, imaging.Lanczos)
}
