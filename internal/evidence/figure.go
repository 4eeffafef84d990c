package evidence

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// What the columns of a Figure are.
const (
	Likeliest = ""         // one, of each image's likeliest class
	Classes   = "classes"  // of a network's logits
	Networks  = "networks" // of one class, or each network's likeliest
	Methods   = "methods"  // of package attribution, each with a scale of its own
)

// What a Figure writes beside its pictures.
const (
	Names   = "names"   // heads over columns, files' names under images, logits under maps
	Letters = "letters" // the same with letters for files' names
	None    = "none"
)

// A Figure collects the maps of several images, and draws them in the colours of one bar.
type Figure struct {
	Look    Drawer // how; its Model does not count
	Columns string // one of those above
	Titles  string // one of those above

	images map[int]*figured // by their number among all
	models []string
	pixels int
}

// A figured is an image with its maps.
type figured struct {
	path  string
	image *image.NRGBA
	cells []*Cell
}

// A Cell is a map of a Figure: what there is to say of it, once the figure is drawn, and how
// it is drawn.
type Cell struct {
	Shown
	Column string // what is in a figure's column of it

	model    string
	class    string
	facts    string
	values   heatmap.Map
	unit     string
	unsigned bool
	scale    *float64 // that Shown tells
	draw     func(scale float64, unsigned bool) (*image.NRGBA, error)
}

// Row is the line for programs: what Shown says, and the column, where there are several.
func (c *Cell) Row() string {
	if c.Column == "" {
		return c.Shown.Row()
	}
	return strings.TrimSuffix(c.Shown.Row(), "\n") + "\t" + c.Column + "\n"
}

// Cell is h, a map of the image at path.
func (d *Drawer) Cell(path string, h *bagnet.Heatmap) *Cell {
	m := newMap(path, h)
	short := heatmap.Caption{Logit: h.Logit, Probability: h.Probability}
	name := text.OneLine(class.FirstName(m.Class))
	if m.Versus != nil {
		short.Versus = text.OneLine(class.FirstName(class.Class(*m.Versus)))
		name += " minus " + short.Versus
	}
	return &Cell{
		Shown: m, model: text.OneLine(d.Model), class: name, facts: short.Brief(), values: heatmap.Map{Values: h.Values}, unit: "logit", scale: &m.Scale,
		draw: func(scale float64, _ bool) (*image.NRGBA, error) {
			return h.Draw(&bagnet.DrawOptions{Style: d.Style, Colormap: d.Colormap, Scale: scale, Alpha: &d.Alpha})
		},
	}
}

// AttributionCell is m, which s has made of img, the image at path.
func (d *Drawer) AttributionCell(path string, img *bagnet.Image, s *attribution.Settings, m *attribution.Map) (*Cell, error) {
	a, p, err := d.attribution(path, img, s, m)
	if err != nil {
		return nil, err
	}
	short := heatmap.Caption{Logit: m.Logit, Probability: m.Probability}
	return &Cell{
		Shown: a, model: text.OneLine(d.Model), class: text.OneLine(class.FirstName(a.Class)), facts: short.Brief(), values: p.Map, unit: m.Unit, unsigned: m.Unsigned, scale: &a.Scale,
		draw: func(scale float64, unsigned bool) (*image.NRGBA, error) {
			p := *p
			p.Scale, p.Unsigned = scale, unsigned
			var err error
			if p.Colors, err = colours(d.Colormap, unsigned); err != nil {
				return nil, err
			}
			return p.Draw(heatmap.Style(d.Style))
		},
	}, nil
}

// colours are those of values that may be below 0, or may not.
func colours(name string, unsigned bool) (heatmap.Colormap, error) {
	if unsigned {
		return heatmap.ParseUnsigned(name)
	}
	return heatmap.ParseColormap(name)
}

// maxFigure bounds the pixels of all images and maps of a figure, which are in memory at the
// same time, with their values.
const maxFigure = 1 << 27

// Add adds maps of an image, which is the one of that number among all: a network's, or all.
func (f *Figure) Add(number int, path string, img *bagnet.Image, cells []*Cell) error {
	if f.images == nil {
		f.images = map[int]*figured{}
	}
	it := f.images[number]
	if it == nil {
		it = &figured{path: path, image: img.Picture()}
		f.images[number] = it
		f.pixels += it.image.Rect.Dx() * it.image.Rect.Dy()
	}
	for _, c := range cells {
		f.pixels += it.image.Rect.Dx() * it.image.Rect.Dy()
		if !slices.Contains(f.models, c.model) {
			f.models = append(f.models, c.model)
		}
		if m, ok := c.Shown.(*Map); ok && f.Columns == Networks {
			m.Model = c.model
		}
		c.Column = map[string]string{Networks: c.model, Methods: c.Column, Classes: "", Likeliest: ""}[f.Columns]
	}
	it.cells = append(it.cells, cells...)
	if f.pixels > maxFigure {
		return fmt.Errorf("a figure of %d million pixels, more than %d: give fewer images or classes, or make them smaller", f.pixels/1_000_000, maxFigure/1_000_000)
	}
	return nil
}

// Drop takes out an image of which a map could not be made.
func (f *Figure) Drop(number int) { delete(f.images, number) }

// Has reports whether there are maps of the image of that number.
func (f *Figure) Has(number int) bool { return f.images[number] != nil }

// Draw draws the figure as a PNG file, and returns what there is to say of its maps, image
// after image; neither if there are none.
func (f *Figure) Draw() (file []byte, cells []*Cell, err error) {
	if len(f.images) == 0 {
		return nil, nil, nil
	}
	drawn := heatmap.Figure{}
	var rows []*figured
	for _, number := range slices.Sorted(maps.Keys(f.images)) {
		rows = append(rows, f.images[number])
	}
	scales, unsigned := f.scales(rows)
	if drawn.Bar, err = f.bar(rows, scales, unsigned); err != nil {
		return nil, nil, err
	}
	drawn.Heads = f.heads(rows[0].cells, scales)
	for i, it := range rows {
		row := heatmap.FigureImage{Image: it.image}
		f.entitle(&row, i, it)
		for j, c := range it.cells {
			*c.scale = scales[j]
			m, err := c.draw(scales[j], unsigned)
			if err != nil {
				return nil, nil, err
			}
			row.Maps = append(row.Maps, f.under(c, m))
		}
		drawn.Images = append(drawn.Images, row)
		cells = append(cells, it.cells...)
	}
	img, err := drawn.Draw()
	if err != nil {
		return nil, nil, err
	}
	file, err = encode(img, f.texts(rows, scales))
	return file, cells, err
}

// scales returns for each column what the strongest colours stand for, and whether no value
// is below 0: the given value, or that of the percentile of all values, or of a method's.
func (f *Figure) scales(rows []*figured) (scales []float64, unsigned bool) {
	columns := len(rows[0].cells)
	pooled := make([]heatmap.Map, columns)
	unsigned = true
	for _, it := range rows {
		for j, c := range it.cells {
			to := j
			if f.Columns != Methods {
				to = 0
			}
			pooled[to].Values = append(pooled[to].Values, c.values.Values...)
			unsigned = unsigned && c.unsigned
		}
	}
	for j := range columns {
		if j > 0 && f.Columns != Methods {
			scales = append(scales, scales[0])
			continue
		}
		scales = append(scales, cmp.Or(f.Look.Scale, pooled[j].Scale(f.Look.Percentile)))
	}
	return scales, unsigned
}

// ofScale is the unit of a bar for columns of several scales.
const ofScale = "of scale"

// bar is the bar of the maps.
func (f *Figure) bar(rows []*figured, scales []float64, unsigned bool) (b heatmap.Bar, err error) {
	b = heatmap.Bar{Scale: scales[0], Unit: rows[0].cells[0].unit, Unsigned: unsigned}
	for _, it := range rows {
		for j, c := range it.cells {
			for _, v := range c.values.Values {
				b.Below = b.Below || float64(v) < -scales[j]
				b.Above = b.Above || float64(v) > scales[j]
			}
		}
	}
	if f.Columns == Methods {
		b.Scale, b.Unit = 1, ofScale
	}
	b.Colors, err = colours(f.Look.Colormap, unsigned)
	return b, err
}

// heads are those of the columns, in which the first image has these maps.
func (f *Figure) heads(cells []*Cell, scales []float64) []heatmap.Head {
	heads := make([]heatmap.Head, len(cells))
	if f.Titles == None {
		return heads
	}
	for j, c := range cells {
		switch f.Columns {
		case Classes:
			heads[j].Title = c.class
		case Methods:
			heads[j] = heatmap.Head{Title: c.Column, Note: fmt.Sprintf("scale %.3g %s", scales[j], c.unit)}
		default:
			heads[j].Title = c.Column
		}
	}
	return heads
}

// entitle says of the image at place i what it is.
func (f *Figure) entitle(row *heatmap.FigureImage, i int, it *figured) {
	switch f.Titles {
	case Names:
		row.Name = text.OneLine(path.Base(filepath.ToSlash(it.path)))
	case Letters:
		row.Letter = letter(i)
	default:
		return
	}
	if f.Columns == Methods {
		row.Facts = it.cells[0].class + ": " + it.cells[0].facts
	}
}

// under says what there is to say under a map, where neither the column's head nor the image
// says it.
func (f *Figure) under(c *Cell, drawn *image.NRGBA) heatmap.FigureMap {
	m := heatmap.FigureMap{Drawn: drawn}
	if f.Titles != None && f.Columns != Methods {
		m.Facts = c.facts
		if f.Columns != Classes {
			m.Title = c.class
		}
	}
	return m
}

// letter is the name of the image at place i: a to z, then aa to zz.
func letter(i int) string {
	name := string(rune('a' + i%26))
	if i >= 26 {
		return letter(i/26-1) + name
	}
	return name
}

// texts say in a PNG file what it shows.
func (f *Figure) texts(rows []*figured, scales []float64) []heatmap.Text {
	var paths, columns bytes.Buffer
	for _, it := range rows {
		fmt.Fprintln(&paths, text.OneLine(it.path))
	}
	for _, c := range rows[0].cells {
		fmt.Fprintln(&columns, cmp.Or(c.Column, c.class))
	}
	return append([]heatmap.Text{
		{Key: "Software", Value: f.Look.Software},
		{Key: output.TextSource, Value: strings.TrimSpace(paths.String())},
		{Key: "bagnet:model", Value: strings.Join(f.models, "\n")},
		{Key: "bagnet:columns", Value: strings.TrimSpace(columns.String())},
	}, f.Look.shades(scales[0])...)
}
