package cli

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// heatmapRun computes the maps of pictures, draws them and says what they show.
type heatmapRun struct {
	streams  *terminal.Streams
	net      *opened
	options  *heatmapOptions
	classes  []class.Class // asked for; empty for the likeliest
	versus   *class.Class
	pictures *output.Places
	arrays   *output.Places // nil without --npy
	bar      *terminal.Progress
}

// evidence is what heatmap prints about one map, as an object in JSON.
type evidence struct {
	Path        string        `json:"path"`
	Class       class.Class   `json:"class"`
	Versus      *bagnet.Class `json:"versus,omitempty"`
	Logit       float64       `json:"logit"` // with versus, the difference
	Probability float64       `json:"probability"`
	Patch       int           `json:"patch"`
	Stride      int           `json:"stride"`
	Rows        int           `json:"rows"`
	Cols        int           `json:"cols"`
	Origin      [2]int        `json:"origin"` // y, x
	Mean        float64       `json:"mean"`
	Residual    float64       `json:"residual"`
	Scale       float64       `json:"scale"`
	Output      string        `json:"output"`
}

// A drawing is one map as it is to be written, or why it could not be drawn: err.
type drawing struct {
	heatmap  *bagnet.Heatmap
	evidence *evidence
	png      []byte
	err      error
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
			if !yield(r.draw(p, &maps[i])) {
				return
			}
		}
	}
	if r.net.passes == 1 {
		return drawings, nil
	}
	return slices.Values(slices.Collect(drawings)), nil
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

// maps computes the maps of one picture, all in one pass.
func (r *heatmapRun) maps(ctx context.Context, p pipeline.Picture) ([]bagnet.Heatmap, error) {
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	patches, err := r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Stride: r.options.stride, Progress: bar.Set, Classes: r.known(), Choose: r.choose})
	if err != nil {
		return nil, err
	}
	maps := patches.Heatmaps()
	if r.versus == nil {
		return maps, nil
	}
	at := slices.IndexFunc(maps, func(h bagnet.Heatmap) bool { return h.Class.Index == r.versus.Index })
	other := maps[at]
	if maps = slices.Delete(maps, at, at+1); len(maps) == 0 {
		return nil, fmt.Errorf("its likeliest class is %s itself, the one to compare with: name another with --class", text.OneLine(class.FirstName(*r.versus)))
	}
	for i := range maps {
		if maps[i], err = maps[i].Minus(other); err != nil {
			return nil, err
		}
	}
	return maps, nil
}

// known are the classes to map if they do not depend on the image.
func (r *heatmapRun) known() []bagnet.Class {
	if len(r.classes) == 0 {
		return nil
	}
	return r.withVersus(publicClasses(r.classes))
}

// choose names the classes to map if none is asked for: the image's likeliest one.
func (r *heatmapRun) choose(a bagnet.Answer) []bagnet.Class {
	return r.withVersus([]bagnet.Class{a.Top(1)[0].Class})
}

// withVersus adds the class of --versus, if there is one and it is not among them.
func (r *heatmapRun) withVersus(classes []bagnet.Class) []bagnet.Class {
	if r.versus == nil || slices.Contains(classes, bagnet.Class(*r.versus)) {
		return classes
	}
	return append(classes, bagnet.Class(*r.versus))
}

// draw draws one map.
func (r *heatmapRun) draw(p pipeline.Picture, h *bagnet.Heatmap) drawing {
	o := r.options
	e := &evidence{
		Path: p.Path, Class: class.Class(h.Class), Versus: h.Versus, Logit: h.Logit, Probability: h.Probability,
		Patch: h.Grid.Patch, Stride: h.Stride, Rows: h.Rows, Cols: h.Cols, Origin: [2]int{h.Origin, h.Origin},
		Mean: h.Mean, Residual: math.Abs(h.Mean - h.Logit), Scale: o.scale,
	}
	if e.Scale == 0 {
		e.Scale = h.Scale(o.percentile)
	}
	img, err := h.Draw(&bagnet.DrawOptions{Style: o.style.Value, Colormap: o.colormap, Scale: e.Scale, Alpha: &o.alpha})
	var encoded bytes.Buffer
	if err == nil {
		err = heatmap.WritePNG(&encoded, img, r.texts(p, e))
	}
	return drawing{h, e, encoded.Bytes(), err}
}

// write writes one map's outputs and its record.
func (r *heatmapRun) write(p pipeline.Picture, d drawing) error {
	o, e := r.options, d.evidence
	if o.output != "-" {
		e.Output = r.pictures.Next(e.Path, e.Class.Label)
		if err := o.replacing.Check(e.Output); err != nil {
			return err
		}
	}
	if r.arrays != nil {
		if err := npy.Write(&o.replacing, r.arrays.Next(e.Path, e.Class.Label), d.heatmap.Values, e.Rows, e.Cols); err != nil {
			return err
		}
	}
	if o.output == "-" {
		return pipeline.Ending(r.streams.Write(d.png))
	}
	o.replacing.Note(e.Output, e.Path, p.Fingerprint)
	if err := o.replacing.Write(e.Output, d.png); err != nil {
		return err
	}
	return pipeline.Ending(r.record(e))
}

// texts say in a PNG file what it shows.
func (r *heatmapRun) texts(p pipeline.Picture, e *evidence) []heatmap.Text {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	texts := []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: output.TextSource, Value: text.OneLine(e.Path)},
		{Key: output.TextContents, Value: p.Fingerprint},
		{Key: "bagnet:model", Value: text.OneLine(r.net.Name())},
		{Key: "bagnet:class", Value: class.Full(e.Class)},
		{Key: "bagnet:logit", Value: number(e.Logit)},
		{Key: "bagnet:probability", Value: number(e.Probability)},
		{Key: "bagnet:patch", Value: strconv.Itoa(e.Patch)},
		{Key: "bagnet:stride", Value: strconv.Itoa(e.Stride)},
		{Key: "bagnet:scale", Value: number(e.Scale)},
		{Key: "bagnet:colormap", Value: r.options.colormap},
	}
	if e.Versus != nil {
		texts = append(texts, heatmap.Text{Key: "bagnet:versus", Value: class.Full(class.Class(*e.Versus))})
	}
	return texts
}

// record prints what one map shows.
func (r *heatmapRun) record(e *evidence) error {
	r.bar.Hide()
	title := text.OneLine(e.Class.Label)
	if e.Versus != nil {
		title += " minus " + text.OneLine(e.Versus.Label)
	}
	switch {
	case r.options.format.Value == formatJSON:
		return writeJSON(r.streams, e)
	case !terminal.Is(r.streams.Out):
		return r.streams.Printf("%s\t%s\t%.6g\t%.6f\t%s\n", text.Path(e.Path), title, e.Logit, e.Probability, text.Path(e.Output))
	}
	return r.streams.Printf("%s\n  %s: logit %.4g, probability %.2f%%; mean of the native grid %.4g, residual %.1g\n  %d x %d patches, colours to %.3g: %s\n",
		text.Path(e.Path), title, e.Logit, 100*e.Probability, e.Mean, e.Residual, e.Rows, e.Cols, e.Scale, text.Path(e.Output))
}
