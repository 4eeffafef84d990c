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
	"image"
	"log"
	"math"
	"os"

	"gorgonia.org/tensor"

	"bagnet/internal/heatmap"
	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/model"
	"bagnet/models"
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
	encoded, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	decoded, err := images.Decode(encoded, images.DecodeOptions{})
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
	caption, err := caption(weights, net, prep.Tensor(pixels), class)
	if err != nil {
		return err
	}
	picture := heatmap.Picture{
		Image: pixels, Grid: grid, Colors: heatmap.RdBuR, Scale: grid.Scale(99), Alpha: heatmap.DefaultAlpha, Caption: caption,
	}
	panel, err := picture.Draw(heatmap.Panel)
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := heatmap.WritePNG(file, panel, []heatmap.Text{{Key: "Title", Value: "Evidence for " + caption.Class}}); err != nil {
		return err
	}
	return file.Close()
}

func caption(weights *loader.Checkpoint, net *model.Model, img *tensor.Dense, class int) (heatmap.Caption, error) {
	logits, err := net.Logits(context.Background(), img)
	if err != nil {
		return heatmap.Caption{}, err
	}
	var classes []struct{ Label string }
	if err := json.Unmarshal([]byte(weights.Metadata["classes"]), &classes); err != nil {
		return heatmap.Caption{}, err
	}
	var sum float64 // of the classes' odds against this one
	for _, l := range logits {
		sum += math.Exp(float64(l - logits[class]))
	}
	return heatmap.Caption{
		Class: classes[class].Label, Logit: float64(logits[class]), Probability: 1 / sum,
		Model: models.DefaultName, Patch: net.Config().PatchSize, Stride: net.Config().Stride(),
	}, nil
}
