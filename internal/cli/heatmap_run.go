package cli

import (
	"context"
	"iter"

	"bagnet"
	"bagnet/internal/evidence"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// heatmapRun computes the maps of pictures, draws them and says what they show.
type heatmapRun struct {
	evidence.Question
	streams *terminal.Streams
	net     *opened
	options *heatmapOptions
	drawer  evidence.Drawer
	bar     *terminal.Progress
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
			shows, picture, err := r.drawer.Draw(p.Path, p.Fingerprint, &maps[i])
			if !yield(drawing{shows: shows, values: maps[i].Values, rows: maps[i].Rows, cols: maps[i].Cols, picture: picture, err: err}) {
				return
			}
		}
	}
	return r.net.drawn(drawings), nil
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
