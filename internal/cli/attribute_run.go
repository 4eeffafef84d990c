package cli

import (
	"context"
	"iter"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/evidence"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// attributeRun computes the maps of pictures and draws them.
type attributeRun struct {
	net      *opened
	settings *attribution.Settings
	classes  []class.Class // none for the likeliest
	drawer   evidence.Drawer
	bar      *terminal.Progress
}

// measure makes and draws the maps of one picture. Of a picture that is alone at hand each
// is made when the one before it is written.
func (r *attributeRun) measure(ctx context.Context, p pipeline.Picture) (iter.Seq[drawing], error) {
	a, err := r.net.Classify(ctx, p.Pixels)
	if err != nil {
		return nil, err
	}
	classes := publicClasses(r.classes)
	if len(classes) == 0 {
		classes = []bagnet.Class{a.Top(1)[0].Class}
	}
	drawings := func(yield func(drawing) bool) {
		for _, c := range classes {
			if !yield(r.draw(ctx, p, a, c)) {
				return
			}
		}
	}
	return r.net.drawn(drawings), nil
}

// draw makes and draws the map of one class.
func (r *attributeRun) draw(ctx context.Context, p pipeline.Picture, answer bagnet.Answer, c bagnet.Class) drawing {
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	m, err := r.settings.Map(ctx, r.net, p.Pixels, answer, c, bar.Set)
	if p.Width*p.Height > pipeline.Large {
		r.net.Release() // drawing needs the room
	}
	if err != nil {
		return drawing{err: err}
	}
	a, picture, err := r.drawer.DrawAttribution(p.Path, p.Fingerprint, p.Pixels, r.settings, m)
	if err != nil {
		return drawing{err: err}
	}
	return drawing{shows: a, values: a.Values, rows: a.Height, cols: a.Width, picture: picture}
}
