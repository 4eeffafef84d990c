package evidence

import (
	"cmp"
	"fmt"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

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
			heads[j] = heatmap.Head{Title: c.Column, Note: fmt.Sprintf("scale %.3g %s", scales[j], c.of.Unit)}
		default:
			heads[j].Title = c.Column
			if f.Asked {
				heads[j].Note = c.class
			}
		}
	}
	return heads
}

// entitle says of the image at place i what it is.
func (f *Figure) entitle(row *heatmap.FigureImage, i int, it *figured) {
	switch f.Titles {
	case Names:
		row.Name = text.OneLine(fileName(it.path))
	case Letters:
		row.Letter = letter(i)
	default:
		return
	}
	row.Facts = class.FirstName(class.Class{Label: it.cells[0].of.Caption.Truth})
	if f.Columns == Methods {
		row.Facts = it.cells[0].class + ": " + it.cells[0].of.Caption.Brief()
	}
}

// under says what there is to say under a map, where neither the column's head nor the image
// says it.
func (f *Figure) under(c *Cell) heatmap.FigureMap {
	m := heatmap.FigureMap{Picture: c.of}
	if f.Titles != None && f.Columns != Methods {
		m.Facts = c.of.Caption.Brief()
		if !f.Asked {
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
func (f *Figure) texts(rows []*figured) []heatmap.Text {
	var columns []string
	for _, c := range rows[0].cells {
		columns = append(columns, cmp.Or(c.Column, c.class))
	}
	return append([]heatmap.Text{
		{Key: "Software", Value: f.Look.Software},
		{Key: output.TextSource, Value: f.Source()},
		{Key: "bagnet:model", Value: strings.Join(f.models, ", ")},
		{Key: "bagnet:columns", Value: strings.Join(columns, ", ")},
	}, f.Look.shades(*rows[0].cells[0].scale)...)
}
