package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/evaluation"
	"bagnet/internal/heatmap"
	"bagnet/internal/text"
)

// confusionExtensions are the kinds of file that --confusion writes.
var confusionExtensions = []string{"csv", "png"}

// checkOutputs refuses the values of a flag, files to write, that are of no known
// kind, cannot be written or are files that the run needs for something else.
func checkOutputs(flag string, outputs, extensions, others []string) error {
	for i, path := range outputs {
		if !slices.Contains(extensions, extension(path)) {
			return usageErrorf("%s %s: want a file that ends in .%s", flag, text.Path(path), strings.Join(extensions, " or ."))
		}
		for _, other := range slices.Concat(others, outputs[:i]) {
			if sameFile(path, other) {
				return usageErrorf("%s %s: that file is used for something else already: give another name", flag, text.Path(path))
			}
		}
		probe, err := createAtomic(path)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		probe.discard()
	}
	return nil
}

// extension is how a file's name ends, in lower case and without the dot.
func extension(path string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
}

// sameFile reports whether two paths lead to one file, which may not be there yet.
func sameFile(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

// writeConfusion writes the confusion matrix in the form that the file's name
// asks for.
func (e *evaluating) writeConfusion(path string) error {
	var b bytes.Buffer
	write := e.confusionCSV
	if extension(path) == "png" {
		write = e.confusionPNG
	}
	if err := write(&b); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return writeFile(path, b.Bytes())
}

// confusionCSV writes a table (RFC 4180) with a header: a row for each true
// class, a column for each predicted one.
func (e *evaluating) confusionCSV(b *bytes.Buffer) error {
	names := distinctNames(e.classes.classes, func(c class.Class) string { return c.Label })
	w := csv.NewWriter(b)
	w.Write(append([]string{"true class / predicted"}, names...))
	row := make([]string, 1+len(names))
	for i, counts := range e.sums.Confusion() {
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
func (e *evaluating) confusionPNG(b *bytes.Buffer) error {
	total := e.sums.Total()
	facts := text.OneLine(e.source.net.name) + ", " + text.Count(total.Images, "image", "images")
	if total.Images > 0 {
		facts += fmt.Sprintf(", top-1 accuracy %.2f%%", 100*evaluation.Share(total.Top1, total.Images))
	}
	img, err := heatmap.Confusion{
		Title:  "Confusion matrix",
		Facts:  facts,
		Labels: distinctNames(e.classes.classes, func(c class.Class) string { return text.Shorten(c.Label, 40) }),
		Counts: e.sums.Confusion(),
	}.Draw()
	if err != nil {
		return err
	}
	return heatmap.WritePNG(b, img, []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: "bagnet:model", Value: text.OneLine(e.source.net.name)},
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
