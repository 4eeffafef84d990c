// Command figure draws the README's figure: an image as the embedded model sees
// it, the evidence of its patches for a class, and both together.
//
//	go run ./scripts/figure -class 8 docs/golf-ball.png docs/golf-ball-evidence.png
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"log"
	"os"

	"github.com/disintegration/imaging"

	"bagnet/internal/heatmap"
	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/model"
	"bagnet/models"
)

const (
	zoom = 2 // pixels of the figure for one of the image
	gap  = 8 // pixels between the panels
)

func main() {
	log.SetFlags(0)
	class := flag.Int("class", 8, "index of the class")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: figure -class N IMAGE OUT.png")
	}
	if err := draw(flag.Arg(0), flag.Arg(1), *class); err != nil {
		log.Fatal(err)
	}
}

func draw(in, out string, class int) error {
	data, _ := models.Embedded(models.DefaultName)
	weights, err := loader.Read(models.DefaultName, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	net, err := model.New(weights, model.Options{})
	if err != nil {
		return err
	}
	var prep images.Preprocessing
	if err := json.Unmarshal([]byte(weights.Metadata["preprocessing"]), &prep); err != nil {
		return err
	}
	file, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	decoded, err := images.Decode(file, images.DecodeOptions{})
	if err != nil {
		return err
	}
	pixels, err := prep.Apply(decoded)
	if err != nil {
		return err
	}
	logits, err := net.PatchLogits(context.Background(), prep.Normalize(pixels).Tensor())
	if err != nil {
		return err
	}
	half := (net.Config().PatchSize - 1) / 2
	grid, err := heatmap.Class(logits, class, image.Pt(half, half), net.Config().Stride())
	if err != nil {
		return err
	}
	scale := grid.Scale(99)
	size := pixels.Rect.Size()
	evidence := grid.Render(size.X, size.Y, heatmap.RdBuR, scale)
	fmt.Printf("%dx%d patches, strongest colour %.2f\n", grid.Rows, grid.Cols, scale)

	sheet := imaging.New(3*zoom*size.X+2*gap, zoom*size.Y, color.White)
	neutral := imaging.New(size.X, size.Y, heatmap.RdBuR.At(0))
	for i, panel := range []image.Image{pixels, heatmap.Overlay(neutral, evidence, 1), heatmap.Overlay(pixels, evidence, 0.6)} {
		enlarged := imaging.Resize(panel, zoom*size.X, zoom*size.Y, imaging.NearestNeighbor)
		sheet = imaging.Paste(sheet, enlarged, image.Pt(i*(zoom*size.X+gap), 0))
	}
	return imaging.Save(sheet, out)
}
