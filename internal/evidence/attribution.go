package evidence

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/grid"
	"bagnet/internal/heatmap"
	"bagnet/internal/text"
)

// An Attribution is what there is to say about one map of package attribution, as an object
// in JSON.
type Attribution struct {
	Path        string         `json:"path"`
	Class       class.Class    `json:"class"`
	Method      string         `json:"method"`
	Settings    map[string]any `json:"settings,omitempty"` // that the method has a use for
	Logit       float64        `json:"logit"`
	Probability float64        `json:"probability"`
	Rows        int            `json:"rows"` // of the map: pixels, positions of a layer, or cells
	Cols        int            `json:"cols"`
	Against     *float64       `json:"baseline_logit,omitempty"`
	Sum         float64        `json:"sum"`
	Residual    *float64       `json:"residual,omitempty"`
	Scale       float64        `json:"scale"`
	Output      string         `json:"output"`

	Values        []float32 `json:"-"` // [Height*Width], a value for each pixel
	Height, Width int       `json:"-"`
	words         string
}

// Label is that of the class.
func (a *Attribution) Label() string { return a.Class.Label }

// Written notes where the picture is.
func (a *Attribution) Written(file string) { a.Output = file }

// Row is the line for programs, with tabs between its fields.
func (a *Attribution) Row() string {
	return fmt.Sprintf("%s\t%s\t%.6g\t%.6f\t%s\n", text.Path(a.Path), text.OneLine(a.Class.Label), a.Logit, a.Probability, text.Path(a.Output))
}

// Text is the block for people.
func (a *Attribution) Text() string {
	return fmt.Sprintf("%s\n  %s: logit %.4g, probability %.2f%%\n  %s\n  %d x %d values, colours to %.3g: %s\n",
		text.Path(a.Path), text.OneLine(a.Class.Label), a.Logit, 100*a.Probability, a.words, a.Rows, a.Cols, a.Scale, text.Path(a.Output))
}

// inWords says what the map's values are, how they were made, and what they add up to if
// that is promised.
func inWords(s *attribution.Settings, m *attribution.Map) string {
	words := m.Words + ": " + m.Says
	for i, u := range s.Used() {
		words += fmt.Sprintf("%s%s %v", []string{" (", ", "}[min(i, 1)], u.Name, u.Value)
	}
	if len(s.Used()) > 0 {
		words += ")"
	}
	if m.Complete {
		words += fmt.Sprintf("; all pixels %.4g, the difference %.4g", m.Sum, m.Logit-m.Against)
	}
	return text.OneLine(words)
}

// DrawAttribution draws m, which s has made of img, the image of a file with these contents.
// It returns what there is to say of it and the picture file.
func (d *Drawer) DrawAttribution(path, contents string, img *bagnet.Image, s *attribution.Settings, m *attribution.Map) (*Attribution, []byte, error) {
	colors, err := heatmap.ParseColormap(d.Colormap)
	if m.Unsigned {
		colors, err = heatmap.ParseUnsigned(d.Colormap)
	}
	if err != nil {
		return nil, nil, err
	}
	size := img.Size()
	a := &Attribution{
		Path: path, Class: class.Class(m.Class), Method: m.Name, Settings: map[string]any{}, Logit: m.Logit, Probability: m.Probability,
		Rows: m.Rows, Cols: m.Cols, Against: known(m.Against), Sum: m.Sum, Residual: known(m.Residual),
		Values: m.Pixels(size.Y, size.X), Height: size.Y, Width: size.X, words: inWords(s, m),
	}
	p := heatmap.Picture{
		Image: img.Picture(), Map: heatmap.Map{Grid: grid.Grid{Rows: size.Y, Cols: size.X, Stride: 1}, Values: a.Values},
		Colors: colors, Alpha: d.Alpha, Title: m.Words, Unit: m.Unit, Unsigned: m.Unsigned,
		Caption: heatmap.Caption{Class: text.OneLine(m.Class.Label), Logit: m.Logit, Probability: m.Probability, Model: text.OneLine(d.Model), Method: a.words},
	}
	a.Scale = cmp.Or(d.Scale, p.Map.Scale(d.Percentile))
	p.Scale = a.Scale
	own := []heatmap.Text{{Key: "bagnet:method", Value: a.Method}}
	for _, u := range s.Used() {
		a.Settings[u.Name] = u.Value
		own = append(own, heatmap.Text{Key: "bagnet:" + u.Name, Value: text.OneLine(strings.TrimSpace(fmt.Sprint(u.Value)))})
	}
	file, err := d.file(p, heatmap.Style(d.Style), slices.Concat(d.about(path, contents, a.Class, a.Logit, a.Probability), own, d.shades(a.Scale)))
	return a, file, err
}

// known is v, nil if it is NaN.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
