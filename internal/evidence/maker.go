package evidence

import (
	"context"
	"iter"
	"slices"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
)

// A Maker has what it takes to make the maps of pictures by one network, and to draw them.
type Maker struct {
	Net    *bagnet.Model
	Passes int // of the network, that run at once
	Look   Drawer
	Truth  *dataset.TrueLabels
	// Progress begins to show how far a map has come. It returns what is told, and what ends it.
	Progress func() (set func(done, total int), hide func())
}

// drawn makes the drawings of one picture now, if others are at hand too, else when they are
// asked for.
func (m *Maker) drawn(drawings iter.Seq[Drawing]) iter.Seq[Drawing] {
	if m.Passes == 1 {
		return drawings
	}
	return slices.Values(slices.Collect(drawings))
}

// release gives up what the network holds for pictures as large as p: drawing needs the room.
func (m *Maker) release(p pipeline.Picture) {
	if p.Width*p.Height > pipeline.Large {
		m.Net.Release()
	}
}

// Heatmaps makes the heat maps of pictures, draws them and says what they show.
type Heatmaps struct {
	Maker
	Question
	Stride int
}

// Measure makes the maps of one picture and draws them. A picture that is alone at hand
// may be large: then each map is drawn when the one before it is written.
func (h *Heatmaps) Measure(ctx context.Context, p pipeline.Picture) (iter.Seq[Drawing], error) {
	maps, err := h.maps(ctx, p)
	h.release(p)
	if err != nil {
		return nil, err
	}
	truth := h.Truth.Of(p.Image)
	drawings := func(yield func(Drawing) bool) {
		for i := range maps {
			shows, picture, err := h.Look.Draw(p.Path, p.Fingerprint, truth, &maps[i])
			if !yield(Drawing{Shows: shows, Values: maps[i].Values, Rows: maps[i].Rows, Cols: maps[i].Cols, Picture: picture, Err: err}) {
				return
			}
		}
	}
	return h.drawn(drawings), nil
}

// Cells makes the maps of one picture for a figure.
func (h *Heatmaps) Cells(ctx context.Context, p pipeline.Picture) (cells []*Cell, err error) {
	maps, err := h.maps(ctx, p)
	for i := range maps {
		cell, err := h.Look.Cell(p.Path, h.Truth.Of(p.Image), &maps[i])
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
	}
	return cells, err
}

// maps computes the maps of one picture, all in one pass.
func (h *Heatmaps) maps(ctx context.Context, p pipeline.Picture) ([]bagnet.Heatmap, error) {
	set, hide := h.Progress()
	defer hide()
	options := &bagnet.PatchOptions{Stride: h.Stride, Progress: set}
	h.Ask(options)
	patches, err := h.Net.Patches(ctx, p.Pixels, options)
	if err != nil {
		return nil, err
	}
	return h.Maps(patches)
}

// Attributions makes maps of what matters to a network in pictures, and draws them.
type Attributions struct {
	Maker
	Methods []*attribution.Settings // one, or several of a figure
	Classes []class.Class           // none for the likeliest
}

// Measure makes and draws the maps of one picture. Of a picture that is alone at hand each
// is made when the one before it is written.
func (a *Attributions) Measure(ctx context.Context, p pipeline.Picture) (iter.Seq[Drawing], error) {
	answer, classes, err := a.asked(ctx, p)
	if err != nil {
		return nil, err
	}
	drawings := func(yield func(Drawing) bool) {
		for _, c := range classes {
			if !yield(a.draw(ctx, p, answer, c)) {
				return
			}
		}
	}
	return a.drawn(drawings), nil
}

// asked returns the network's answer and the classes whose maps are to be made.
func (a *Attributions) asked(ctx context.Context, p pipeline.Picture) (bagnet.Answer, []bagnet.Class, error) {
	answer, err := a.Net.Classify(ctx, p.Pixels)
	classes := publicClasses(a.Classes)
	if err == nil && len(classes) == 0 {
		classes = []bagnet.Class{answer.Top(1)[0].Class}
	}
	return answer, classes, err
}

// publicClasses are classes as package bagnet has them.
func publicClasses(classes []class.Class) (all []bagnet.Class) {
	for _, c := range classes {
		all = append(all, bagnet.Class(c))
	}
	return all
}

// Cells makes the maps of one picture for a figure.
func (a *Attributions) Cells(ctx context.Context, p pipeline.Picture) (cells []*Cell, err error) {
	answer, classes, err := a.asked(ctx, p)
	truth := a.Truth.Of(p.Image)
	for _, of := range a.Methods {
		for _, c := range classes {
			m, err := a.make(ctx, p, of, answer, c)
			if err != nil {
				return nil, err
			}
			cell, err := a.Look.AttributionCell(p.Path, truth, p.Pixels, of, m)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell)
		}
	}
	return cells, err
}

// make makes the map of one class.
func (a *Attributions) make(ctx context.Context, p pipeline.Picture, of *attribution.Settings, answer bagnet.Answer, c bagnet.Class) (*attribution.Map, error) {
	set, hide := a.Progress()
	defer hide()
	m, err := of.Map(ctx, a.Net, p.Pixels, answer, c, set)
	a.release(p)
	return m, err
}

// draw makes and draws the map of one class.
func (a *Attributions) draw(ctx context.Context, p pipeline.Picture, answer bagnet.Answer, c bagnet.Class) Drawing {
	m, err := a.make(ctx, p, a.Methods[0], answer, c)
	if err != nil {
		return Drawing{Err: err}
	}
	shows, picture, err := a.Look.DrawAttribution(p.Path, p.Fingerprint, a.Truth.Of(p.Image), p.Pixels, a.Methods[0], m)
	if err != nil {
		return Drawing{Err: err}
	}
	return Drawing{Shows: shows, Values: shows.Values, Rows: shows.Height, Cols: shows.Width, Picture: picture}
}
