// Crops cuts pictures out of docs/golf-ball.png, for runs over many small images that come from nothing but the project:
// DIR/CLASS/0.png and so on, the classes in turn, whatever the crops show.
//
//	go run ./scripts/crops [-n 40] DIR CLASS...
package main

import (
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/disintegration/imaging"
)

// side is that of a crop, pixels.
const side = 160

func main() {
	input := flag.String("i", "docs/golf-ball.png", "cut crops out of `FILE`")
	n := flag.Int("n", 40, "write `N` pictures")
	flag.Parse()
	if flag.NArg() < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/crops [-i FILE] [-n N] DIR CLASS...")
		os.Exit(2)
	}
	if err := write(*input, *n, flag.Arg(0), flag.Args()[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "crops: %v\n", err)
		os.Exit(1)
	}
}

// write cuts n crops out of a picture. The same picture and number give the same crops.
func write(input string, n int, dir string, classes []string) error {
	whole, err := imaging.Open(input)
	if err != nil {
		return err
	}
	free := whole.Bounds().Size().Sub(image.Pt(side, side))
	if free.X < 0 || free.Y < 0 {
		return fmt.Errorf("%s has fewer than %d x %d pixels", input, side, side)
	}
	rng := rand.New(rand.NewPCG(42, 0))
	for i := range n {
		class := filepath.Join(dir, classes[i%len(classes)])
		if err := os.MkdirAll(class, 0o777); err != nil {
			return err
		}
		corner := image.Pt(rng.IntN(free.X+1), rng.IntN(free.Y+1))
		crop := imaging.Crop(whole, image.Rectangle{corner, corner.Add(image.Pt(side, side))})
		if err := imaging.Save(crop, filepath.Join(class, fmt.Sprintf("%d.png", i/len(classes)))); err != nil {
			return err
		}
	}
	return nil
}
