package evaluation

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/paper"
	"bagnet/internal/text"
)

// ConfusionExtensions are the kinds of file that ConfusionFile makes.
var ConfusionExtensions = append([]string{"csv"}, paper.Kinds()...)

// ConfusionFile returns the matrix of a model's answers, as a table or drawn by the software
// of that name.
func (e *Evaluation) ConfusionFile(format paper.Format, software, model string, classes []class.Class) ([]byte, error) {
	if format.Kind == "csv" {
		var b bytes.Buffer
		err := e.ConfusionCSV(&b, classes)
		return b.Bytes(), err
	}
	figure, facts := e.ConfusionFigure(model, classes)
	figure.Zoomable = format.Kind == paper.SVG || format.Kind == paper.PDF
	drawing, err := figure.Layout()
	if err != nil {
		return nil, err
	}
	return format.File(drawing, []heatmap.Text{
		{Key: "Software", Value: software},
		{Key: "bagnet:model", Value: text.OneLine(model)},
		{Key: "bagnet:facts", Value: facts},
	})
}

// ConfusionCSV writes a table (RFC 4180) with a header: a row for each true
// class, a column for each predicted one.
func (e *Evaluation) ConfusionCSV(to io.Writer, classes []class.Class) error {
	names := distinctNames(classes, func(c class.Class) string { return c.Label })
	w := csv.NewWriter(to)
	w.Write(append([]string{"true class / predicted"}, names...))
	row := make([]string, 1+len(names))
	for i, counts := range e.Confusion() {
		row[0] = names[i]
		for j, n := range counts {
			row[1+j] = strconv.Itoa(n)
		}
		w.Write(row)
	}
	w.Flush()
	return w.Error()
}

// ConfusionFigure returns the matrix to draw, and what it is about in a line.
func (e *Evaluation) ConfusionFigure(model string, classes []class.Class) (heatmap.Confusion, string) {
	total := e.Total()
	facts := text.OneLine(model) + ", " + text.Count(total.Images, "image", "images")
	if total.Images > 0 {
		facts += fmt.Sprintf(", top-1 accuracy %.2f%%", 100*Share(total.Top1, total.Images))
	}
	return heatmap.Confusion{
		Title:  "Confusion matrix",
		Facts:  facts,
		Labels: distinctNames(classes, func(c class.Class) string { return text.Shorten(c.Label, 40) }),
		Counts: e.Confusion(),
	}, facts
}

// distinctNames are the classes' names, with the id or the number where several
// classes have one name.
func distinctNames(classes []class.Class, name func(class.Class) string) []string {
	seen := make(map[string]int)
	for _, c := range classes {
		seen[name(c)]++
	}
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = name(c)
		if seen[names[i]] > 1 {
			names[i] = fmt.Sprintf("%s (%s)", names[i], cmp.Or(c.ID, strconv.Itoa(c.Index)))
		}
	}
	return names
}
