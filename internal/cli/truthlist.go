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
)

// A truthRow is a line of a CSV file that says what an image shows.
type truthRow struct {
	path, label string
	line        int
}

// Columns go by these names where a header names them; otherwise they are the
// first two.
var (
	pathColumns  = []string{"path", "file", "filename", "image"}
	labelColumns = []string{"label", "class"}
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

func readTruth(file string) ([]truthRow, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, bareError(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	text := bufio.NewReader(f)
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
		fields, err := r.Read()
		if err == io.EOF {
			break
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
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, errors.New("it lists no images: write lines of path,label")
	}
	return rows, nil
}

// column returns the first field that has one of the names, or -1.
func column(fields, names []string) int {
	return slices.IndexFunc(fields, func(field string) bool {
		return slices.Contains(names, strings.ToLower(strings.TrimSpace(field)))
	})
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
		for _, row := range rows {
			if err := l.add(filepath.Dir(file), row); err != nil {
				return nil, usageErrorf("reading list of classes %q: line %d: %w", file, row.line, err)
			}
		}
	}
	return l, nil
}

func (l *truthList) add(directory string, row truthRow) error {
	beside := row.path
	if !filepath.IsAbs(beside) {
		beside = filepath.Join(directory, beside)
	}
	beside, err := filepath.Abs(beside)
	if err != nil {
		return err
	}
	if label, ok := l.beside[beside]; ok && label != row.label {
		return fmt.Errorf("image %q is called %q here and %q before", row.path, row.label, label)
	}
	l.beside[beside] = row.label
	if here, err := filepath.Abs(row.path); err == nil && here != beside {
		l.here[here] = row.label
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
