package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/hint"
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

	model  string
	method string // "" for evidence
	class  string
	of     heatmap.Picture
	scale  *float64 // that Shown tells
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

// Cell is h, a map of the image at path, of the class truth, "" if that is not known.
func (d *Drawer) Cell(path, truth string, h *bagnet.Heatmap) (*Cell, error) {
	m := newMap(path, h)
	c := &Cell{Shown: m, model: text.OneLine(d.Model), class: text.OneLine(class.FirstName(m.Class)), scale: &m.Scale}
	if m.Versus != nil {
		c.class += " minus " + text.OneLine(class.FirstName(class.Class(*m.Versus)))
	}
	var err error
	c.of, _, err = h.Picture(d.options(path, truth, 1))
	c.of.Unit = "logit"
	return c, err
}

// AttributionCell is m, which s has made of img, the image at path, of the class truth, "" if that
// is not known.
func (d *Drawer) AttributionCell(path, truth string, img *bagnet.Image, s *attribution.Settings, m *attribution.Map) (*Cell, error) {
	a, p, err := d.attribution(path, truth, img, s, m)
	if err != nil {
		return nil, err
	}
	return &Cell{Shown: a, model: text.OneLine(d.Model), method: m.Words, class: text.OneLine(class.FirstName(a.Class)), of: *p, scale: &a.Scale}, nil
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

// Draw draws the figure and returns the file, nil if there are no maps, whose scale they know then.
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
	return f.Look.Format.File(drawing, f.texts(rows))
}

// Source is the paths of the images.
func (f *Figure) Source() string {
	var paths []string
	for _, it := range f.rows() {
		paths = append(paths, text.OneLine(it.path))
	}
	return strings.Join(paths, ", ")
}

// figure says how the maps are drawn and what they are.
func (f *Figure) figure(rows []*figured) (drawn heatmap.Figure, err error) {
	scales, unsigned := f.scales(rows)
	colors, err := colours(f.Look.Colormap, unsigned)
	if err != nil {
		return drawn, err
	}
	drawn.Style, drawn.Heads, drawn.Unit = heatmap.Style(f.Look.Style), f.heads(rows[0].cells, scales), rows[0].cells[0].of.Unit
	drawn.Ems = f.Look.Format.Ems()
	if f.Columns == Methods {
		drawn.Scale, drawn.Unit = 1, ofScale
	}
	for i, it := range rows {
		row := heatmap.FigureImage{Image: it.image}
		f.entitle(&row, i, it)
		for j, c := range it.cells {
			*c.scale = scales[j]
			c.of.Scale, c.of.Colors, c.of.Unsigned = scales[j], colors, unsigned
			row.Maps = append(row.Maps, f.under(c))
		}
		drawn.Images = append(drawn.Images, row)
	}
	return drawn, nil
}

// ofScale is the unit of a bar for columns of several scales.
const ofScale = "of scale"

// scales returns for each column what the strongest colours stand for, and whether no value
// is below 0: the given value, or that of the percentile of all values that count, or of a
// method's.
func (f *Figure) scales(rows []*figured) (scales []float64, unsigned bool) {
	pooled := make([]heatmap.Map, len(rows[0].cells))
	unsigned = true
	for _, it := range rows {
		for j, c := range it.cells {
			to := j
			if f.Columns != Methods {
				to = 0
			}
			pooled[to].Values = append(pooled[to].Values, c.of.Map.Counted(c.of.Image.Rect.Size(), c.of.Border)...)
			unsigned = unsigned && c.of.Unsigned
		}
	}
	for j := range pooled {
		if j > 0 && f.Columns != Methods {
			scales = append(scales, scales[0])
			continue
		}
		scales = append(scales, cmp.Or(f.Look.Scale, pooled[j].Scale(f.Look.Percentile)))
	}
	return scales, unsigned
}

// Agree refuses other classes than the first network's, which the values of a flag mean to
// another one, if a number is among these: it may mean any class there.
func Agree(flag string, queries []string, first, other []class.Class) error {
	numbered := slices.ContainsFunc(queries, func(q string) bool { _, err := strconv.Atoi(q); return err == nil })
	for i, c := range first {
		if other := other[i]; numbered && (c.ID != other.ID || c.Label != other.Label) {
			return hint.Add(hint.Refuse("%s: to one network that is %q, to another %q", flag, text.OneLine(c.Label), text.OneLine(other.Label)), "give a name or a WordNet id")
		}
	}
	return nil
}
