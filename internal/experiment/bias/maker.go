package bias

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/heatmap"
	"bagnet/internal/images"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/text"
)

// A Maker makes images in conflict of photographs.
type Maker struct {
	Recipe
	Decoder       *pipeline.Decoder
	Preprocessing images.Preprocessing
	Seed          uint64
	Files         output.Replacing
}

// MakeAll writes the images of a plan for the photographs into a directory, until ctx ends. step
// is called after each, and fail with the photograph of one that cannot be made. It returns how
// many it came to, and how many of them failed.
func (m *Maker) MakeAll(ctx context.Context, plan *Plan, photographs []dataset.Image, directory string, step func(), fail func(dataset.Image, error)) (made, failed int) {
	for _, pair := range plan.Pairs {
		if ctx.Err() != nil {
			break
		}
		shape := photographs[pair.Shape]
		if err := m.Make(shape, photographs[pair.Texture], plan.path(directory, pair)); err != nil {
			fail(shape, err)
			failed++
		}
		made++
		step()
	}
	return made, failed
}

// Make writes one image. Chance is the shape's own, as in every experiment.
func (m *Maker) Make(shape, texture dataset.Image, path string) error {
	coarse, err := m.colours(shape)
	if err != nil {
		return err
	}
	fine, err := m.colours(texture)
	if err != nil {
		return fmt.Errorf("%s, which is to be its texture: %w", text.Path(texture.Path), err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	var png bytes.Buffer
	source := []heatmap.Text{{Key: output.TextSource, Value: shape.Path}}
	if err := heatmap.WritePNG(&png, m.Conflict(coarse, fine, experiment.Chance(m.Seed, shape.Ordinal)).Picture(), source); err != nil {
		return err
	}
	return m.Files.Write(path, png.Bytes())
}

// colours prepares an image as the network wants it.
func (m *Maker) colours(found dataset.Image) (experiment.Image, error) {
	p := m.Decoder.Decode(found)
	if p.Err != nil {
		return experiment.Image{}, p.Err
	}
	return experiment.ImageOf(p.Pixels).Colours(m.Preprocessing), nil
}
