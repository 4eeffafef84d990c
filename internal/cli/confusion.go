package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"strconv"

	"bagnet/internal/class"
	"bagnet/internal/evaluation"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// confusionExtensions are the kinds of file that --confusion writes.
var confusionExtensions = []string{"csv", "png"}

// writeConfusion writes the confusion matrix in the form that the file's name
// asks for.
func (r *evaluateRun) writeConfusion(path string) error {
	var b bytes.Buffer
	write := r.confusionCSV
	if output.Extension(path) == "png" {
		write = r.confusionPNG
	}
	if err := write(&b); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return output.WriteFile(path, b.Bytes())
}

// confusionCSV writes a table (RFC 4180) with a header: a row for each true
// class, a column for each predicted one.
func (r *evaluateRun) confusionCSV(b *bytes.Buffer) error {
	names := distinctNames(r.classes.Classes, func(c class.Class) string { return c.Label })
	w := csv.NewWriter(b)
	w.Write(append([]string{"true class / predicted"}, names...))
	row := make([]string, 1+len(names))
	for i, counts := range r.sums.Confusion() {
		row[0] = names[i]
		for j, n := range counts {
			row[1+j] = strconv.Itoa(n)
		}
		w.Write(row)
	}
	w.Flush()
	return w.Error()
}

// confusionPNG draws the matrix.
func (r *evaluateRun) confusionPNG(b *bytes.Buffer) error {
	total := r.sums.Total()
	facts := text.OneLine(r.source.net.Name()) + ", " + text.Count(total.Images, "image", "images")
	if total.Images > 0 {
		facts += fmt.Sprintf(", top-1 accuracy %.2f%%", 100*evaluation.Share(total.Top1, total.Images))
	}
	img, err := heatmap.Confusion{
		Title:  "Confusion matrix",
		Facts:  facts,
		Labels: distinctNames(r.classes.Classes, func(c class.Class) string { return text.Shorten(c.Label, 40) }),
		Counts: r.sums.Confusion(),
	}.Draw()
	if err != nil {
		return err
	}
	return heatmap.WritePNG(b, img, []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: "bagnet:model", Value: text.OneLine(r.source.net.Name())},
		{Key: "bagnet:facts", Value: facts},
	})
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
