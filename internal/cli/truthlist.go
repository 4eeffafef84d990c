package cli

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"bagnet/internal/class"
)

// A truthRow is a line of a CSV file that says what an image shows.
type truthRow struct {
	path, label string
	line        int
}

// Columns go by these names where a header names them; otherwise they are the
// first two.
var (
	pathColumns  = []string{"path", "filepath", "imagepath", "file", "filename", "image", "imagename", "name", "imageid", "id"}
	labelColumns = []string{"label", "class", "target", "category", "classname", "labelname", "categoryname"}
)

// truthRows returns the rows of a CSV file (RFC 4180; tabs instead of commas in
// a .tsv file) of paths and class names, with or without a header. Errors are
// usage errors.
func truthRows(file string) ([]truthRow, error) {
	rows, err := readTruth(file)
	if err != nil {
		return nil, usageErrorf("reading list of classes %q: %w", file, err)
	}
	return rows, nil
}

// Limits on such a file, whose rows are all held in memory.
const (
	maxTruthBytes = 256 << 20
	maxTruthRows  = 4_000_000
	maxTruthRow   = 1 << 20 // bytes
)

// rowLimiter reads a file whose rows may not be longer than maxTruthRow bytes.
type rowLimiter struct {
	r    io.Reader
	left int64 // of the file
	row  int   // bytes left of the row at hand, roughly: its end is read ahead
}

var (
	errLongRow  = fmt.Errorf("longer than %d bytes; is this a list of classes?", maxTruthRow)
	errLongFile = fmt.Errorf("the list has more than %d MiB: split it", maxTruthBytes>>20)
)

func (l *rowLimiter) Read(p []byte) (int, error) {
	switch {
	case l.row <= 0:
		return 0, errLongRow
	case l.left <= 0:
		return 0, errLongFile
	}
	n, err := l.r.Read(p)
	l.row -= n
	l.left -= int64(n)
	return n, err
}

func readTruth(file string) ([]truthRow, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, bareError(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	limiter := &rowLimiter{r: f, left: maxTruthBytes + 1, row: maxTruthRow}
	text := bufio.NewReader(limiter)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		text.Discard(3)
	}
	r := csv.NewReader(text)
	if strings.EqualFold(filepath.Ext(file), ".tsv") {
		r.Comma = '\t'
	}
	r.FieldsPerRecord = -1 // more columns are no harm
	r.ReuseRecord = true

	var rows []truthRow
	path, label := 0, 1
	for first := true; ; first = false {
		limiter.row = maxTruthRow
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		if err == errLongRow {
			return nil, fmt.Errorf("line %d: %w", len(rows)+1, err)
		}
		if err != nil {
			return nil, bareError(err)
		}
		if first {
			if p, l := column(fields, pathColumns), column(fields, labelColumns); p >= 0 && l >= 0 {
				path, label = p, l
				continue
			}
		}
		line, _ := r.FieldPos(0)
		if len(fields) <= max(path, label) {
			return nil, fmt.Errorf("line %d: want a path and a class, separated by %q", line, r.Comma)
		}
		row := truthRow{strings.Clone(fields[path]), strings.Clone(strings.TrimSpace(fields[label])), line}
		if row.path == "" || row.label == "" || !utf8.ValidString(row.label) {
			return nil, fmt.Errorf("line %d: want a path and a class", line)
		}
		if len(rows) == maxTruthRows {
			return nil, fmt.Errorf("the list has more than %d lines: split it", maxTruthRows)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, errors.New("it lists no images: write lines of path,label")
	}
	return rows, nil
}

// column returns the field that has the first of the names that any has, or -1.
// Case, spaces, _ and - do not matter.
func column(fields, names []string) int {
	for _, name := range names {
		if i := slices.IndexFunc(fields, func(field string) bool { return class.Plain(field) == name }); i >= 0 {
			return i
		}
	}
	return -1
}

// truthList finds what CSV files say about images.
type truthList struct {
	beside map[string]string // labels by absolute path, read relative to the CSV file's directory
	here   map[string]string // relative to the working directory
	named  map[string]string // by name, of rows that give no directory
}

func newTruthList(files []string) (*truthList, error) {
	l := &truthList{map[string]string{}, map[string]string{}, map[string]string{}}
	for _, file := range files {
		rows, err := truthRows(file)
		if err != nil {
			return nil, err
		}
		directory, err := filepath.Abs(filepath.Dir(file))
		if err != nil {
			return nil, usageErrorf("reading list of classes %q: %w", file, bareError(err))
		}
		here, _ := filepath.Abs("")
		for _, row := range rows {
			if err := l.add(directory, here, row); err != nil {
				return nil, usageErrorf("reading list of classes %q: line %d: %w", file, row.line, err)
			}
		}
	}
	return l, nil
}

// add takes up a row of a file in directory. here is the working directory, ""
// if nobody knows it.
func (l *truthList) add(directory, here string, row truthRow) error {
	within := func(directory string) string {
		if filepath.IsAbs(row.path) {
			return filepath.Clean(row.path)
		}
		return filepath.Join(directory, row.path)
	}
	beside := within(directory)
	if label, ok := l.beside[beside]; ok && label != row.label {
		return fmt.Errorf("image %q is called %q here and %q before", row.path, row.label, label)
	}
	l.beside[beside] = row.label
	if here != "" && within(here) != beside {
		l.here[within(here)] = row.label
	}
	if filepath.Base(row.path) == row.path {
		l.named[row.path] = row.label
	}
	return nil
}

// label returns what the files call the image at path: by its whole path, or
// by its name if a row gives no more.
func (l *truthList) label(path string) (string, bool) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	for _, found := range []struct {
		labels map[string]string
		key    string
	}{{l.beside, whole}, {l.here, whole}, {l.named, filepath.Base(path)}} {
		if label, ok := found.labels[found.key]; ok {
			return label, true
		}
	}
	return "", false
}
