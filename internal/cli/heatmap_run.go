package cli

import (
	"context"
	"iter"
	"slices"

	"bagnet"
	"bagnet/internal/evidence"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// heatmapRun computes the maps of pictures, draws them and says what they show.
type heatmapRun struct {
	evidence.Question
	streams  *terminal.Streams
	net      *opened
	options  *heatmapOptions
	drawer   evidence.Drawer
	pictures *output.Places
	arrays   *output.Places // nil without --npy
	bar      *terminal.Progress
}

// A drawing is one map as it is to be written, or why it could not be drawn: err.
type drawing struct {
	values []float32
	shows  *evidence.Map
	png    []byte
	err    error
}

// measure makes the maps of one picture and draws them. A picture that is alone at hand
// may be large: then each map is drawn when the one before it is written.
func (r *heatmapRun) measure(ctx context.Context, p pipeline.Picture) (iter.Seq[drawing], error) {
	maps, err := r.maps(ctx, p)
	if p.Width*p.Height > pipeline.Large {
		r.net.Release() // drawing needs the room
	}
	if err != nil {
		return nil, err
	}
	drawings := func(yield func(drawing) bool) {
		for i := range maps {
			shows, png, err := r.drawer.Draw(p.Path, p.Fingerprint, &maps[i])
			if !yield(drawing{maps[i].Values, shows, png, err}) {
				return
			}
		}
	}
	if r.net.passes == 1 {
		return drawings, nil
	}
	return slices.Values(slices.Collect(drawings)), nil
}

// maps computes the maps of one picture, all in one pass.
func (r *heatmapRun) maps(ctx context.Context, p pipeline.Picture) ([]bagnet.Heatmap, error) {
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	options := &bagnet.PatchOptions{Stride: r.options.stride, Progress: bar.Set}
	r.Ask(options)
	patches, err := r.net.Patches(ctx, p.Pixels, options)
	if err != nil {
		return nil, err
	}
	return r.Maps(patches)
}

// take writes the drawings of one picture.
func (r *heatmapRun) take(p pipeline.Picture, drawings iter.Seq[drawing]) error {
	for d := range drawings {
		if d.err != nil {
			return d.err
		}
		if err := r.write(p, d); err != nil {
			return err
		}
	}
	return nil
}

// write writes one map's outputs and says what it shows.
func (r *heatmapRun) write(p pipeline.Picture, d drawing) error {
	o, m := r.options, d.shows
	if o.output != "-" {
		m.Output = r.pictures.Next(m.Path, m.Class.Label)
		if err := o.replacing.Check(m.Output); err != nil {
			return err
		}
	}
	if r.arrays != nil {
		if err := npy.Write(&o.replacing, r.arrays.Next(m.Path, m.Class.Label), d.values, m.Rows, m.Cols); err != nil {
			return err
		}
	}
	if o.output == "-" {
		return pipeline.Ending(r.streams.Write(d.png))
	}
	o.replacing.Note(m.Output, m.Path, p.Fingerprint)
	if err := o.replacing.Write(m.Output, d.png); err != nil {
		return err
	}
	return pipeline.Ending(r.print(m))
}

// print prints what one map shows.
func (r *heatmapRun) print(m *evidence.Map) error {
	r.bar.Hide()
	switch {
	case r.options.format.Value == formatJSON:
		return writeJSON(r.streams, m)
	case !terminal.Is(r.streams.Out):
		return r.streams.Write([]byte(m.Row()))
	}
	return r.streams.Write([]byte(m.Text()))
}
