// Package dataset knows which images there are, and what they show: by the directories
// they lie in, or by lists as people have them.
package dataset

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"bagnet/internal/text"
)

// Row is a line of a list.
type Row struct {
	Path  string // as the list has it; "" in a list that is only InOrder
	Label string
	Line  int
}

// List is what a file says.
type List struct {
	Rows    []Row
	InOrder bool   // the file has labels only, one a line, of images in their order
	Note    string // how a line was taken that could be taken otherwise, "" if none
}

// World is what tells paths from labels where the form of a list does not. Both
// may be nil: nothing is known then.
type World struct {
	Exists func(path string) bool  // there is a file of that name
	Names  func(label string) bool // a class has that name
}

func (w World) exists(path string) bool { return w.Exists != nil && w.Exists(path) }
func (w World) names(label string) bool { return w.Names != nil && w.Names(label) }

// Limits on a list, whose rows are all held in memory.
const (
	maxBytes = 256 << 20
	maxRows  = 4_000_000
	maxRow   = 1 << 20 // bytes
	sample   = 20      // rows that tell what the columns are
)

var (
	errLongRow  = fmt.Errorf("longer than %d bytes; is this a list of classes?", maxRow)
	errLongFile = fmt.Errorf("the list has more than %d MiB: split it", maxBytes>>20)
	errNotUTF8  = errors.New("it is not UTF-8, perhaps Latin-1: save it as UTF-8")
)

// rowLimiter reads a file whose rows may not be longer than maxRow bytes.
type rowLimiter struct {
	r    io.Reader
	left int64 // of the file
	row  int   // bytes left of the row at hand, roughly: its end is read ahead
}

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

// Read returns the list in a file. Fields have commas between (RFC 4180), tabs in
// a .tsv file; or, where the first line has no comma, tabs or semicolons if it
// has those. In a .txt file they may have spaces between: the last field is the
// label then. A .txt file of one number or WordNet id a line is InOrder. A header
// may name the columns, which are otherwise the first two. UTF-8, and UTF-16
// with a byte order mark, are read.
func Read(file string, world World) (*List, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, text.Reason(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	limiter := &rowLimiter{r: transform.NewReader(f, encoding.BOMOverride(transform.Nop)), left: maxBytes + 1, row: maxRow}
	lines := bufio.NewReaderSize(limiter, 1<<16)
	begin, _ := lines.Peek(1 << 16)
	form, err := formOf(string(begin), strings.ToLower(filepath.Ext(file)), world)
	if err != nil {
		return nil, err
	}
	limiter.row = maxRow
	list, err := form.read(lines, limiter, world)
	if err != nil {
		return nil, err
	}
	if len(list.Rows) == 0 {
		return nil, errors.New("it lists no images: write lines of path,label")
	}
	return list, nil
}

// A form is what the fields of a list have between them: a character, spaces, or
// nothing, as there is one field.
type form struct {
	comma  rune
	spaces bool
	single bool
}

// String is what the form has between its fields, for messages.
func (f form) String() string {
	if f.spaces {
		return "a space"
	}
	return strconv.QuoteRune(f.comma)
}

var (
	lastSpace = regexp.MustCompile(`^\s*(\S.*?)[ \t]+(\S+)\s*$`)
	oneLabel  = regexp.MustCompile(`^([0-9]+|n[0-9]{8})$`)
)

// formOf tells the form by the first line that is not blank. What has fields with
// commas between has a comma there too, so without one the next sign counts.
func formOf(begin, extension string, world World) (form, error) {
	line, number := "", 0
	for raw := range strings.Lines(begin) {
		number++
		if line = strings.TrimRight(raw, "\r\n"); strings.TrimSpace(line) != "" {
			break
		}
	}
	has := map[rune]bool{}
	quoted := false
	for _, r := range line {
		quoted = quoted != (r == '"')
		has[r] = has[r] || !quoted
	}
	if extension == ".tsv" {
		return form{comma: '\t'}, nil
	}
	if extension == ".txt" {
		spaced := lastSpace.FindStringSubmatch(line)
		switch {
		case oneLabel.MatchString(strings.TrimSpace(line)):
			return form{single: true}, nil
		case has['\t']:
		case spaced != nil && !has[','] && !has[';'], spaced != nil && world.exists(spaced[1]):
			return form{spaces: true}, nil
		}
	}
	switch tab, semicolon := has['\t'], has[';']; {
	case has[',']:
		path, _, _ := strings.Cut(line, ",")
		for _, comma := range "\t;" {
			if before, _, ok := strings.Cut(path, string(comma)); ok && !world.exists(path) && world.exists(before) {
				return form{}, fmt.Errorf("line %d: fields seem to be separated by %q, but there are commas too: put quotes around what has commas, or write path,label", number, comma)
			}
		}
	case tab && semicolon:
		return form{}, fmt.Errorf("line %d: it has tabs and semicolons, and no commas: which of them separate fields? write path,label", number)
	case tab:
		return form{comma: '\t'}, nil
	case semicolon:
		return form{comma: ';'}, nil
	}
	return form{comma: ','}, nil
}

// read reads the rows of a list of that form.
func (f form) read(lines *bufio.Reader, limiter *rowLimiter, world World) (*List, error) {
	next := f.lines(lines)
	if !f.spaces && !f.single {
		next = f.records(lines)
	}
	list := &List{InOrder: f.single}
	var first []record
	columns := columns{path: 0, label: 1}
	for done := false; !done; {
		limiter.row = maxRow
		r, err := next()
		done = err == io.EOF
		switch {
		case done:
		case errors.Is(err, errLongRow):
			return nil, fmt.Errorf("line %d: %w", len(list.Rows)+len(first)+1, errLongRow)
		case err != nil:
			return nil, text.Reason(err)
		}
		if first == nil && len(list.Rows) > 0 || f.single { // the columns are known
			if done {
				break
			}
			if err := list.add(f, r, columns); err != nil {
				return nil, err
			}
			continue
		}
		if !done {
			first = append(first, r)
		}
		if done || len(first) == sample {
			if columns, err = columnsOf(first, world); err != nil {
				return nil, err
			}
			list.Note = columns.note
			for _, r := range first[columns.header:] {
				if err := list.add(f, r, columns); err != nil {
					return nil, err
				}
			}
			first = nil
		}
	}
	return list, nil
}

// add takes up a record.
func (l *List) add(f form, r record, c columns) error {
	row := Row{Line: r.line}
	if f.single {
		row.Label = r.fields[0]
		if !oneLabel.MatchString(row.Label) {
			return fmt.Errorf("line %d: want one number, as before, or a path and a class in every line", r.line)
		}
	} else {
		if len(r.fields) <= max(c.path, c.label) {
			return fmt.Errorf("line %d: want a path and a class, separated by %v", r.line, f)
		}
		row.Path, row.Label = strings.Clone(r.fields[c.path]), strings.Clone(strings.TrimSpace(r.fields[c.label]))
		if row.Path == "" || row.Label == "" {
			return fmt.Errorf("line %d: want a path and a class", r.line)
		}
	}
	if !utf8.ValidString(row.Label) {
		return fmt.Errorf("line %d: want a path and a class: %w", r.line, errNotUTF8)
	}
	if len(l.Rows) == maxRows {
		return fmt.Errorf("the list has more than %d lines: split it", maxRows)
	}
	l.Rows = append(l.Rows, row)
	return nil
}

// record is the fields of a line.
type record struct {
	fields []string
	line   int
}

// records reads lines of fields with f.comma between.
func (f form) records(lines *bufio.Reader) func() (record, error) {
	r := csv.NewReader(lines)
	r.Comma = f.comma
	r.FieldsPerRecord = -1 // more columns are no harm
	return func() (record, error) {
		fields, err := r.Read()
		if err != nil {
			return record{}, err
		}
		line, _ := r.FieldPos(0)
		return record{fields, line}, nil
	}
}

// lines reads lines of one field or, with spaces before the last, two.
func (f form) lines(r *bufio.Reader) func() (record, error) {
	number := 0
	return func() (record, error) {
		for {
			line, err := r.ReadString('\n')
			if err != nil && (err != io.EOF || line == "") {
				return record{}, err
			}
			number++
			line = strings.TrimSpace(line)
			if parts := lastSpace.FindStringSubmatch(line); f.spaces && parts != nil {
				return record{parts[1:], number}, nil
			}
			if line != "" {
				return record{[]string{line}, number}, nil
			}
		}
	}
}
