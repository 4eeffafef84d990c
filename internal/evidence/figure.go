package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
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
	Asked   bool   // whether classes were named: else maps are of the image's likeliest
	Titles  string // one of those above

	images map[int]*figured // by their number among all
	models []string
	pixels int
}

// A figured is an image with its maps, or why there are none: err.
type figured struct {
	path  string
	image *image.NRGBA
	cells []*Cell
	err   error
}

// A Cell is a map of a Figure: what there is to say of it, once the figure is drawn, and how
// it is drawn.
type Cell struct {
	Shown
	Column string // what is in a figure's column of it

	model    string
	method   string // "" for evidence
	class    string
	facts    string
	values   heatmap.Map
	unit     string
	unsigned bool
	scale    *float64 // that Shown tells
	draw     func(scale float64, unsigned bool) (*image.NRGBA, error)
}

// MarshalJSON has what Shown says.
func (c *Cell) MarshalJSON() ([]byte, error) { return json.Marshal(c.Shown) }

// Text is the block for people: what Shown says, and the column, where there are several.
func (c *Cell) Text() string {
	if c.Column == "" {
		return c.Shown.Text()
	}
	return c.Shown.Text() + "  " + c.Column + "\n"
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
		Shown: a, model: text.OneLine(d.Model), method: m.Words, class: text.OneLine(class.FirstName(a.Class)), facts: short.Brief(), values: p.Map, unit: m.Unit, unsigned: m.Unsigned, scale: &a.Scale,
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
	it := f.images[number]
	if it == nil {
		it = &figured{path: path, image: img.Picture()}
		f.put(number, it)
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
		switch f.Columns {
		case Networks:
			c.Column = c.model
		case Methods:
			c.Column = c.method
		}
	}
	it.cells = append(it.cells, cells...)
	if f.pixels > maxFigure {
		return fmt.Errorf("a figure of %d million pixels, more than %d: give fewer images or classes, or make them smaller", f.pixels/1_000_000, maxFigure/1_000_000)
	}
	return nil
}

// Fail notes that maps of an image could not be made: it is left out of the figure.
func (f *Figure) Fail(number int, path string, err error) {
	f.put(number, &figured{path: path, err: err})
}

func (f *Figure) put(number int, it *figured) {
	if f.images == nil {
		f.images = map[int]*figured{}
	}
	f.images[number] = it
}

// Failed reports whether the image of that number is left out.
func (f *Figure) Failed(number int) bool {
	return f.images[number] != nil && f.images[number].err != nil
}

// rows are the images of the figure, from top to bottom.
func (f *Figure) rows() (rows []*figured) {
	for _, number := range slices.Sorted(maps.Keys(f.images)) {
		if it := f.images[number]; it.err == nil {
			rows = append(rows, it)
		}
	}
	return rows
}

// Say calls cell with each map, and failure with each image that is left out, in the images'
// order, until one of them returns an error.
func (f *Figure) Say(cell func(*Cell) error, failure func(path string, err error) error) error {
	for _, number := range slices.Sorted(maps.Keys(f.images)) {
		it := f.images[number]
		if it.err != nil {
			if err := failure(it.path, it.err); err != nil {
				return err
			}
		}
		for _, c := range it.cells {
			if err := cell(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Draw draws the figure as a PNG file, nil if there are no maps, whose scale they know then.
func (f *Figure) Draw() ([]byte, error) {
	rows := f.rows()
	if len(rows) == 0 {
		return nil, nil
	}
	drawn, err := f.figure(rows)
	if err != nil {
		return nil, err
	}
	drawing, err := drawn.Layout()
	if err != nil {
		return nil, err
	}
	img, err := drawing.Image()
	if err != nil {
		return nil, err
	}
	return encode(img, f.texts(rows))
}

// Source is the paths of the images.
func (f *Figure) Source() string {
	var paths []string
	for _, it := range f.rows() {
		paths = append(paths, text.OneLine(it.path))
	}
	return strings.Join(paths, ", ")
}

// figure draws the maps and says what they are.
func (f *Figure) figure(rows []*figured) (drawn heatmap.Figure, err error) {
	scales, unsigned := f.scales(rows)
	if drawn.Bar, err = f.bar(rows, scales, unsigned); err != nil {
		return drawn, err
	}
	drawn.Heads = f.heads(rows[0].cells, scales)
	for i, it := range rows {
		row := heatmap.FigureImage{Image: it.image}
		f.entitle(&row, i, it)
		for j, c := range it.cells {
			*c.scale = scales[j]
			m, err := c.draw(scales[j], unsigned)
			if err != nil {
				return drawn, err
			}
			row.Maps = append(row.Maps, f.under(c, m))
		}
		drawn.Images = append(drawn.Images, row)
	}
	return drawn, nil
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
