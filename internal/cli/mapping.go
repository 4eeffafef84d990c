package cli

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"

	"bagnet/internal/answer"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/model"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// mapping is one run of heatmap: it computes the maps of pictures, draws them
// and says what they show.
type mapping struct {
	streams  *terminal.Streams
	net      *network
	options  *heatmapOptions
	classes  []class.Class // asked for; empty for the likeliest
	versus   *class.Class
	colors   heatmap.Colormap
	pictures *output.Places
	arrays   *output.Places // nil without --npy
	bar      *terminal.Progress
}

// evidence is what heatmap has to say about one map.
type evidence struct {
	Path        string       `json:"path"`
	Class       class.Class  `json:"class"`
	Versus      *class.Class `json:"versus,omitempty"`
	Logit       float64      `json:"logit"` // with versus, the difference
	Probability float64      `json:"probability"`
	Patch       int          `json:"patch"`
	Stride      int          `json:"stride"`
	Rows        int          `json:"rows"`
	Cols        int          `json:"cols"`
	Origin      [2]int       `json:"origin"` // y, x
	Mean        float64      `json:"mean"`
	Residual    float64      `json:"residual"`
	Scale       float64      `json:"scale"`
	Output      string       `json:"output"`

	values []float32
}

// picture makes the maps of one picture.
func (m *mapping) picture(ctx context.Context, p pipeline.Picture) error {
	limitMemory(p.Width * p.Height)
	all, err := m.maps(ctx, p)
	if p.Width*p.Height > pipeline.Large {
		m.net.Release() // drawing needs the room
	}
	for i := range all {
		if err == nil {
			err = m.write(p, &all[i])
		}
	}
	return err
}

// maps computes the maps of one picture, all in one pass.
func (m *mapping) maps(ctx context.Context, p pipeline.Picture) ([]evidence, error) {
	classes := max(1, len(m.classes))
	if m.versus != nil {
		classes++
	}
	if err := checkArray(p, m.options.stride, classes); err != nil {
		return nil, err
	}
	bar := terminal.NewTileProgress(m.bar)
	defer bar.Hide()
	var shown []int
	choose := func(logits []float32) []int {
		shown = m.choose(logits)
		return m.net.outputsOf(shown)
	}
	maps, err := m.net.bagnet.Maps(ctx, p.Pixels, model.MapOptions{Stride: m.options.stride, Progress: bar.Set, Choose: choose})
	if err != nil {
		return nil, err
	}
	if !answer.Finite(maps.Logits) || !answer.Finite(maps.Values.Float32s()) {
		return nil, errNotFinite
	}
	logits, probabilities := answer.Logits(maps.Logits), answer.Probabilities(maps.Logits)
	if m.versus != nil {
		shown = shown[:len(shown)-1]
	}
	var all []evidence
	if m.versus != nil && slices.Contains(shown, m.versus.Index) {
		return nil, fmt.Errorf("its likeliest class is %s itself, the one to compare with: name another with --class", text.OneLine(class.FirstName(*m.versus)))
	}
	for i, class := range shown {
		shape := maps.Values.Shape()
		e := evidence{Path: p.Path, Class: m.net.classes[class], Versus: m.versus,
			Logit: float64(logits[class]), Probability: probabilities[class],
			Patch: m.net.bagnet.Config().PatchSize, Stride: maps.Stride, Rows: shape[0], Cols: shape[1],
			Origin: [2]int{maps.Origin, maps.Origin}, Mean: float64(m.net.sign(class)) * maps.NativeMean(i)}
		other := len(shown)
		if m.versus != nil {
			e.Logit -= float64(logits[m.versus.Index])
			e.Mean -= float64(m.net.sign(m.versus.Index)) * maps.NativeMean(other)
		}
		e.values = make([]float32, e.Rows*e.Cols)
		for k := range e.values {
			at := maps.Values.Float32s()[k*shape[2]:][:shape[2]]
			if e.values[k] = m.net.sign(class) * at[i]; m.versus != nil {
				e.values[k] -= m.net.sign(m.versus.Index) * at[other]
			}
		}
		e.Residual = math.Abs(e.Mean - e.Logit)
		all = append(all, e)
	}
	return all, nil
}

// choose returns the classes to map for an image with these logits: those asked
// for or the likeliest, and the one to compare with.
func (m *mapping) choose(logits []float32) []int {
	var chosen []int
	for _, c := range m.classes {
		chosen = append(chosen, c.Index)
	}
	if len(chosen) == 0 {
		chosen = []int{answer.Best(logits)}
	}
	if m.versus != nil {
		chosen = append(chosen, m.versus.Index)
	}
	return chosen
}

// write draws one map and writes its outputs and its record.
func (m *mapping) write(p pipeline.Picture, e *evidence) error {
	grid := heatmap.Grid{Rows: e.Rows, Cols: e.Cols, Values: e.values, Origin: image.Pt(e.Origin[1], e.Origin[0]), Stride: e.Stride}
	if e.Scale = m.options.scale; e.Scale == 0 {
		e.Scale = grid.Scale(m.options.percentile)
	}
	drawing := heatmap.Picture{Image: p.Pixels.Picture(), Grid: grid, Colors: m.colors, Scale: e.Scale, Alpha: m.options.alpha,
		Caption: heatmap.Caption{Class: text.OneLine(e.Class.Label), Logit: e.Logit, Probability: e.Probability,
			Model: text.OneLine(m.net.name), Patch: e.Patch, Stride: e.Stride}}
	if m.versus != nil {
		drawing.Caption.Versus = text.OneLine(m.versus.Label)
	}
	img, err := drawing.Draw(heatmap.Style(m.options.style.value))
	if err != nil {
		return err
	}
	var encoded bytes.Buffer
	if err := heatmap.WritePNG(&encoded, img, m.texts(p, e)); err != nil {
		return err
	}
	replacing := &m.options.replacing
	if m.options.output != "-" {
		e.Output = m.pictures.Next(e.Path, e.Class.Label)
		if err := replacing.Check(e.Output); err != nil {
			return err
		}
	}
	if m.arrays != nil {
		array := m.arrays.Next(e.Path, e.Class.Label)
		if err := npy.Write(replacing, array, e.values, e.Rows, e.Cols); err != nil {
			return err
		}
	}
	if m.options.output == "-" {
		return ending(m.streams.Write(encoded.Bytes()))
	}
	replacing.Note(e.Output, e.Path, p.Fingerprint)
	if err := replacing.Write(e.Output, encoded.Bytes()); err != nil {
		return err
	}
	return ending(m.record(e))
}

// texts say in a PNG file what it shows.
func (m *mapping) texts(p pipeline.Picture, e *evidence) []heatmap.Text {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	texts := []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: output.TextSource, Value: text.OneLine(e.Path)},
		{Key: output.TextContents, Value: p.Fingerprint},
		{Key: "bagnet:model", Value: text.OneLine(m.net.name)},
		{Key: "bagnet:class", Value: class.Full(e.Class)},
		{Key: "bagnet:logit", Value: number(e.Logit)},
		{Key: "bagnet:probability", Value: number(e.Probability)},
		{Key: "bagnet:patch", Value: strconv.Itoa(e.Patch)},
		{Key: "bagnet:stride", Value: strconv.Itoa(e.Stride)},
		{Key: "bagnet:scale", Value: number(e.Scale)},
		{Key: "bagnet:colormap", Value: m.options.colormap},
	}
	if e.Versus != nil {
		texts = append(texts, heatmap.Text{Key: "bagnet:versus", Value: class.Full(*e.Versus)})
	}
	return texts
}

// record prints what one map shows.
func (m *mapping) record(e *evidence) error {
	m.bar.Hide()
	switch {
	case m.options.format.value == formatJSON:
		return writeJSON(m.streams, e)
	case !terminal.Is(m.streams.Out):
		return m.streams.Printf("%s\t%s\t%.6g\t%.6f\t%s\n", text.Path(e.Path), m.title(e), e.Logit, e.Probability, text.Path(e.Output))
	}
	return m.streams.Printf("%s\n  %s: logit %.4g, probability %.2f%%; mean of the native grid %.4g, residual %.1g\n  %d x %d patches, colours to %.3g: %s\n",
		text.Path(e.Path), m.title(e), e.Logit, 100*e.Probability, e.Mean, e.Residual, e.Rows, e.Cols, e.Scale, text.Path(e.Output))
}

func (m *mapping) title(e *evidence) string {
	if e.Versus == nil {
		return text.OneLine(e.Class.Label)
	}
	return text.OneLine(e.Class.Label) + " minus " + text.OneLine(e.Versus.Label)
}
