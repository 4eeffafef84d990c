package cli

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/loader"
)

// confusionExtensions are the kinds of file that --confusion writes.
var confusionExtensions = []string{"csv"}

// checkConfusion refuses outputs that are of no known kind, cannot be written
// or are files that the run needs for something else.
func checkConfusion(outputs, others []string) error {
	for i, path := range outputs {
		extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
		if !slices.Contains(confusionExtensions, extension) {
			return usageErrorf("--confusion %s: want a file that ends in .%s", displayPath(path), strings.Join(confusionExtensions, " or ."))
		}
		for _, other := range append(others, outputs[:i]...) {
			if sameFile(path, other) {
				return usageErrorf("--confusion %s: that file is used for something else already: give another name", displayPath(path))
			}
		}
		probe, err := createAtomic(path)
		if err != nil {
			return fmt.Errorf("--confusion: %w", err)
		}
		probe.discard()
	}
	return nil
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
	f, err := createAtomic(path)
	if err != nil {
		return err
	}
	defer f.discard()
	b := bufio.NewWriter(f)
	err = writeConfusionCSV(b, columnNames(e.source.net.classes), e.sums.Confusion())
	if flushErr := b.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, bareError(err))
	}
	return f.commit()
}

// writeConfusionCSV writes a table (RFC 4180) with a header: a row for each
// true class, a column for each predicted one.
func writeConfusionCSV(b *bufio.Writer, names []string, counts [][]int) error {
	w := csv.NewWriter(b)
	w.Write(append([]string{"true class / predicted"}, names...))
	row := make([]string, 1+len(names))
	for i, name := range names {
		row[0] = name
		for j, n := range counts[i] {
			row[1+j] = strconv.Itoa(n)
		}
		w.Write(row)
	}
	w.Flush()
	return w.Error()
}

// columnNames are the classes' labels, with the id or the number where several
// classes have one label.
func columnNames(classes []loader.Class) []string {
	seen := make(map[string]int)
	for _, c := range classes {
		seen[c.Label]++
	}
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = c.Label
		if seen[c.Label] > 1 {
			names[i] = fmt.Sprintf("%s (%s)", c.Label, cmp.Or(c.ID, strconv.Itoa(c.Index)))
		}
	}
	return names
}
