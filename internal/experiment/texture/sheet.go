package texture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"iter"

	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/heatmap"
	"bagnet/internal/images"
	"bagnet/internal/pipeline"
)

// columns are how many pairs stand beside each other, and gap is what is between them, pixels.
const columns, gap = 4, 8

// Sheet draws the images, each with its texture at its right, as a PNG file. Those of a run
// with that seed are the ones that it measured. Images that fail are left out.
func (x *Experiment) Sheet(ctx context.Context, software string, p *images.Preprocessing, of []dataset.Image, pictures iter.Seq[pipeline.Picture], seed uint64) ([]byte, error) {
	var pairs [][2]*image.NRGBA
	cell, i := image.Point{}, -1
	for picture := range pictures {
		if i++; picture.Err != nil {
			continue
		}
		intact := Picture(experiment.ImageOf(picture.Pixels), p)
		made, err := x.Make(ctx, intact, experiment.Chance(seed, of[i].Ordinal))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			continue
		}
		pairs = append(pairs, [2]*image.NRGBA{intact, made.Picture})
		size := intact.Rect.Size()
		cell = image.Pt(max(cell.X, 2*size.X), max(cell.Y, size.Y))
	}
	if len(pairs) == 0 {
		return nil, errors.New("there is no image with a texture")
	}
	cols := min(columns, len(pairs))
	rows := (len(pairs) + cols - 1) / cols
	sheet := image.NewNRGBA(image.Rect(0, 0, cols*(cell.X+gap)+gap, rows*(cell.Y+gap)+gap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	for n, pair := range pairs {
		at := image.Pt(gap+n%cols*(cell.X+gap), gap+n/cols*(cell.Y+gap))
		for _, half := range pair {
			draw.Draw(sheet, half.Rect.Add(at), half, image.Point{}, draw.Src)
			at.X += half.Rect.Dx()
		}
	}
	var png bytes.Buffer
	err := heatmap.WritePNG(&png, sheet, []heatmap.Text{{Key: "Software", Value: software}, {Key: "Description", Value: "images, and textures of the same statistics at their right"}})
	return png.Bytes(), err
}
