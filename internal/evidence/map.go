package evidence

import (
	"fmt"
	"math"
	"strconv"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/text"
)

// A Map is what there is to say about one heat map, as an object in JSON.
type Map struct {
	Path        string        `json:"path"`
	Class       class.Class   `json:"class"`
	Versus      *bagnet.Class `json:"versus,omitempty"`
	Logit       float64       `json:"logit"` // with versus, the difference
	Probability float64       `json:"probability"`
	Patch       int           `json:"patch"`
	Sees        int           `json:"sees,omitempty"` // if it is more than the patch
	Stride      int           `json:"stride"`
	Rows        int           `json:"rows"`
	Cols        int           `json:"cols"`
	Origin      [2]int        `json:"origin"` // y, x
	Mean        float64       `json:"mean"`
	Residual    float64       `json:"residual"`
	Scale       float64       `json:"scale"`
	Output      string        `json:"output"`
}

// beyond is what the values of a grid depend on, if that is more than their patch, else 0.
func beyond(g bagnet.Grid) int {
	if g.Sees > g.Patch {
		return g.Sees
	}
	return 0
}

// Shown is what there is to say about a map.
type Shown interface {
	Label() string       // of the class whose map it is
	Written(file string) // notes where its picture is
	Row() string         // for programs
	Text() string        // for people
}

// Label is that of the class.
func (m *Map) Label() string { return m.Class.Label }

// Written notes where the picture is.
func (m *Map) Written(file string) { m.Output = file }

// title says of which class the map is.
func (m *Map) title() string {
	title := text.OneLine(m.Class.Label)
	if m.Versus != nil {
		title += " minus " + text.OneLine(m.Versus.Label)
	}
	return title
}

// Row is the line for programs, with tabs between its fields.
func (m *Map) Row() string {
	return fmt.Sprintf("%s\t%s\t%.6g\t%.6f\t%s\n", text.Path(m.Path), m.title(), m.Logit, m.Probability, text.Path(m.Output))
}

// Text is the block for people.
func (m *Map) Text() string {
	return fmt.Sprintf("%s\n  %s: logit %.4g, probability %.2f%%; mean of the native grid %.4g, residual %.1g\n  %d x %d patches, colours to %.3g: %s\n",
		text.Path(m.Path), m.title(), m.Logit, 100*m.Probability, m.Mean, m.Residual, m.Rows, m.Cols, m.Scale, text.Path(m.Output))
}

// A Drawer draws heat maps.
type Drawer struct {
	Software, Model string // that draw and that see
	Style           string
	Colormap        string
	Scale           float64 // the value of the strongest colours; 0 for that of Percentile
	Percentile      float64
	Alpha           float64
	Format          paper.Format // of the picture files
}

// Draw draws h, the map of an image with a file of these contents, as output.Fingerprint has
// them. It returns what there is to say of it and the picture file.
func (d *Drawer) Draw(path, contents string, h *bagnet.Heatmap) (*Map, []byte, error) {
	m := &Map{
		Path: path, Sees: beyond(h.Grid), Class: class.Class(h.Class), Versus: h.Versus, Logit: h.Logit, Probability: h.Probability,
		Patch: h.Grid.Patch, Stride: h.Stride, Rows: h.Rows, Cols: h.Cols, Origin: [2]int{h.Origin, h.Origin},
		Mean: h.Mean, Residual: math.Abs(h.Mean - h.Logit), Scale: d.Scale,
	}
	if m.Scale == 0 {
		m.Scale = h.Scale(d.Percentile)
	}
	p, style, err := h.Picture(&bagnet.DrawOptions{Style: d.Style, Colormap: d.Colormap, Scale: m.Scale, Alpha: &d.Alpha})
	if err != nil {
		return nil, nil, err
	}
	file, err := d.file(p, style, d.texts(m, contents))
	return m, file, err
}

// file makes the file of a picture.
func (d *Drawer) file(p heatmap.Picture, style heatmap.Style, texts []heatmap.Text) ([]byte, error) {
	drawing, err := p.Layout(style)
	if err != nil {
		return nil, err
	}
	return d.Format.File(drawing, texts)
}

// texts say in a file what it shows.
func (d *Drawer) texts(m *Map, contents string) []heatmap.Text {
	texts := append(d.about(m.Path, contents, m.Class, m.Logit, m.Probability),
		heatmap.Text{Key: "bagnet:patch", Value: strconv.Itoa(m.Patch)}, heatmap.Text{Key: "bagnet:stride", Value: strconv.Itoa(m.Stride)})
	texts = append(texts, d.shades(m.Scale)...)
	if m.Sees > 0 {
		texts = append(texts, heatmap.Text{Key: "bagnet:sees", Value: strconv.Itoa(m.Sees)})
	}
	if m.Versus != nil {
		texts = append(texts, heatmap.Text{Key: "bagnet:versus", Value: class.Full(class.Class(*m.Versus))})
	}
	return texts
}

// about says in a file of what image and class its map is.
func (d *Drawer) about(path, contents string, c class.Class, logit, probability float64) []heatmap.Text {
	return []heatmap.Text{
		{Key: "Software", Value: d.Software},
		{Key: output.TextSource, Value: text.OneLine(path)},
		{Key: output.TextContents, Value: contents},
		{Key: "bagnet:model", Value: text.OneLine(d.Model)},
		{Key: "bagnet:class", Value: class.Full(c)},
		{Key: "bagnet:logit", Value: number(logit)},
		{Key: "bagnet:probability", Value: number(probability)},
	}
}

// shades says in a file what its colours are.
func (d *Drawer) shades(scale float64) []heatmap.Text {
	return []heatmap.Text{{Key: "bagnet:scale", Value: number(scale)}, {Key: "bagnet:colormap", Value: d.Colormap}}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
