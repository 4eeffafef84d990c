package cli

import (
	"context"
	"iter"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/evidence"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// attributeRun computes the maps of pictures and draws them.
type attributeRun struct {
	net     *opened
	methods []*attribution.Settings // one, or several of a figure
	classes []class.Class           // none for the likeliest
	drawer  evidence.Drawer
	truth   *dataset.TrueLabels
	bar     *terminal.Progress
}

// sideBySide lets several passes run at once, with room for those that need most.
func (r *attributeRun) sideBySide(s *terminal.Streams, src *source) error {
	size := func(m *bagnet.Model, w, h int) (int, error) { return attribution.MostBytes(r.methods, m, w, h) }
	err := r.net.beside(s, src.decoder, src.threads, src.inputs.Total, false, size)
	limitMemory(0, r.net.memory)
	return err
}

// measure makes and draws the maps of one picture. Of a picture that is alone at hand each
// is made when the one before it is written.
func (r *attributeRun) measure(ctx context.Context, p pipeline.Picture) (iter.Seq[drawing], error) {
	a, classes, err := r.asked(ctx, p)
	if err != nil {
		return nil, err
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

// asked returns the network's answer and the classes whose maps are to be made.
func (r *attributeRun) asked(ctx context.Context, p pipeline.Picture) (bagnet.Answer, []bagnet.Class, error) {
	a, err := r.net.Classify(ctx, p.Pixels)
	classes := publicClasses(r.classes)
	if err == nil && len(classes) == 0 {
		classes = []bagnet.Class{a.Top(1)[0].Class}
	}
	return a, classes, err
}

// cells makes the maps of one picture for a figure.
func (r *attributeRun) cells(ctx context.Context, p pipeline.Picture) (cells []*evidence.Cell, err error) {
	a, classes, err := r.asked(ctx, p)
	truth := r.truth.Of(p.Image)
	for _, of := range r.methods {
		for _, c := range classes {
			m, err := r.make(ctx, p, of, a, c)
			if err != nil {
				return nil, err
			}
			cell, err := r.drawer.AttributionCell(p.Path, truth, p.Pixels, of, m)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell)
		}
	}
	return cells, err
}

// make makes the map of one class.
func (r *attributeRun) make(ctx context.Context, p pipeline.Picture, of *attribution.Settings, answer bagnet.Answer, c bagnet.Class) (*attribution.Map, error) {
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	m, err := of.Map(ctx, r.net, p.Pixels, answer, c, bar.Set)
	if p.Width*p.Height > pipeline.Large {
		r.net.Release() // drawing needs the room
	}
	return m, err
}

// draw makes and draws the map of one class.
func (r *attributeRun) draw(ctx context.Context, p pipeline.Picture, answer bagnet.Answer, c bagnet.Class) drawing {
	m, err := r.make(ctx, p, r.methods[0], answer, c)
	if err != nil {
		return drawing{err: err}
	}
	a, picture, err := r.drawer.DrawAttribution(p.Path, p.Fingerprint, r.truth.Of(p.Image), p.Pixels, r.methods[0], m)
	if err != nil {
		return drawing{err: err}
	}
	return drawing{shows: a, values: a.Values, rows: a.Height, cols: a.Width, picture: picture}
}
