package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// A Box is a rectangle in a picture as it is decoded, before it is resized or cropped. Its
// edges are distances from the picture's upper left corner in pixels: pixel i lies from i to
// i+1.
type Box struct {
	X0, Y0, X1, Y1 float64
	Class          string // what is in it; "" if the list does not say
}

// Boxes are those that a list has for some images.
type Boxes struct {
	SHA256  string   // of the list
	Images  int      // how many of the images have any
	classes []string // those named, each once, in their order
	of      map[string][]Box
}

// Columns of boxes go by these names where a header names them; otherwise they are the
// first six, of which the last may lack.
var boxColumns = [...][]string{pathColumns, {"x0", "xmin", "left"}, {"y0", "ymin", "top"}, {"x1", "xmax", "right"}, {"y1", "ymax", "bottom"}, labelColumns}

var errBox = errors.New("want a path, the numbers x0,y0,x1,y1 and perhaps a class")

// ReadBoxes returns the boxes that a list has for images: lines of path,x0,y0,x1,y1 and
// perhaps class, separated as Read's are, with a header or without. An image may have any
// number of lines; one whose numbers are all empty gives it no box. Paths mean images as those
// of lists of classes do. Errors, and that no image has any, are refusals, as hint.Refuse
// makes.
func ReadBoxes(file string, images []Image) (*Boxes, error) {
	r := boxReader{columns: [len(boxColumns)]int{0, 1, 2, 3, 4, 5}, numbers: map[string]int{}, named: map[string]bool{},
		images: truthLists{beside: map[string]string{}, here: map[string]string{}, named: map[string]string{}}}
	if err := r.read(file); err != nil {
		return nil, hint.Refuse("reading list of boxes %q: %w", file, err)
	}
	b := &Boxes{SHA256: r.sha256, classes: r.classes, of: map[string][]Box{}}
	for _, image := range images {
		label, _ := r.images.label(image.Path)
		if number, err := strconv.Atoi(label); err == nil && len(r.boxes[number]) > 0 {
			b.of[image.Path] = r.boxes[number]
			b.Images++
		}
	}
	if b.Images == 0 {
		return nil, hint.Refuse("list of boxes %q has none for any of %s", file, text.Count(len(images), "image", "images"))
	}
	return b, nil
}

// A boxReader reads a list of boxes.
type boxReader struct {
	sha256          string
	directory, here string // of the list, and the working directory
	columns         [len(boxColumns)]int
	boxes           [][]Box
	numbers         map[string]int // places in boxes, by the path as it is written
	images          truthLists     // whose labels are such places
	classes         []string
	named           map[string]bool // classes
}

func (r *boxReader) read(file string) error {
	if info, err := os.Stat(file); err == nil && info.Size() > maxBytes {
		return errLongFile
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return text.Reason(err)
	}
	digest := sha256.Sum256(data)
	r.sha256 = hex.EncodeToString(digest[:])
	if data, err = io.ReadAll(transform.NewReader(bytes.NewReader(data), encoding.BOMOverride(transform.Nop))); err != nil {
		return text.Reason(err)
	}
	form, err := formOf(string(data[:min(len(data), 1<<16)]), strings.ToLower(filepath.Ext(file)), World{})
	if err != nil {
		return err
	}
	if form.spaces || form.single {
		return fmt.Errorf("line 1: %w, with commas between", errBox)
	}
	if r.directory, err = filepath.Abs(filepath.Dir(file)); err != nil {
		return text.Reason(err)
	}
	r.here, _ = filepath.Abs("")
	rows := csv.NewReader(bytes.NewReader(data))
	rows.Comma, rows.FieldsPerRecord = form.comma, -1
	for first := true; ; first = false {
		fields, err := rows.Read()
		switch {
		case err == io.EOF && len(r.boxes) == 0:
			return fmt.Errorf("it lists no boxes: %w", errBox)
		case err == io.EOF:
			return nil
		case err != nil:
			return text.Reason(err)
		}
		if first && isHeader(fields) {
			err = r.header(fields)
		} else {
			err = r.add(fields)
		}
		if err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// header finds the columns.
func (r *boxReader) header(fields []string) error {
	for i, names := range boxColumns {
		if r.columns[i] = column(fields, names); r.columns[i] < 0 && i < len(boxColumns)-1 {
			return fmt.Errorf("no column is called %s: %w", names[0], errBox)
		}
	}
	return nil
}

// isHeader reports whether none of the fields is a number, and one at least is not empty but
// the first.
func isHeader(fields []string) bool {
	return len(fields) > 4 && strings.Join(fields[1:5], "") != "" && !slices.ContainsFunc(fields[1:], func(field string) bool {
		_, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		return err == nil
	})
}

// add takes up a row.
func (r *boxReader) add(fields []string) error {
	var texts [len(boxColumns)]string
	for i, c := range r.columns {
		switch {
		case c >= 0 && c < len(fields):
			texts[i] = strings.TrimSpace(fields[c])
		case i < len(boxColumns)-1:
			return errBox
		}
	}
	path := fields[r.columns[0]]
	if path == "" {
		return errBox
	}
	number, ok := r.numbers[path]
	if !ok {
		number = len(r.boxes)
		r.numbers[path], r.boxes = number, append(r.boxes, nil)
		if err := r.images.add(r.directory, r.here, Row{Path: path, Label: strconv.Itoa(number)}); err != nil {
			return fmt.Errorf("image %q is written in another way before: write it in one", path)
		}
	}
	edges := texts[1:5]
	if strings.Join(edges, "") == "" {
		return nil
	}
	box := Box{Class: texts[5]}
	for i, to := range []*float64{&box.X0, &box.Y0, &box.X1, &box.Y1} {
		v, err := strconv.ParseFloat(edges[i], 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%q is no number: %w", text.Abbreviated(edges[i]), errBox)
		}
		*to = v
	}
	switch {
	case box.X1 <= box.X0 || box.Y1 <= box.Y0:
		return fmt.Errorf("a box from %g,%g to %g,%g has no area: want its upper left and its lower right corner", box.X0, box.Y0, box.X1, box.Y1)
	case !utf8.ValidString(box.Class):
		return errNotUTF8
	}
	r.boxes[number] = append(r.boxes[number], box)
	if box.Class != "" && !r.named[box.Class] {
		r.named[box.Class], r.classes = true, append(r.classes, box.Class)
	}
	return nil
}

// Check says which class that the list names a network has not. No list, nil, names none.
func (b *Boxes) Check(classes []class.Class) error {
	if b == nil {
		return nil
	}
	_, err := b.meanings(classes)
	return err
}

// Of returns the boxes of the image at path that are about a class, by its number in the
// network's classes: those that name it, and those that name none.
func (b *Boxes) Of(path string, classes []class.Class, index int) ([]Box, error) {
	boxes := b.of[path]
	if len(boxes) == 0 || len(b.classes) == 0 {
		return boxes, nil
	}
	means, err := b.meanings(classes)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(boxes), func(box Box) bool { return box.Class != "" && means[box.Class] != index }), nil
}

// meanings are the numbers of the classes named.
func (b *Boxes) meanings(classes []class.Class) (map[string]int, error) {
	means := make(map[string]int, len(b.classes))
	if len(b.classes) == 0 {
		return means, nil
	}
	index := class.NewIndex(classes)
	for _, name := range b.classes {
		m, err := findLabel(index, name)
		if err != nil {
			return nil, hint.Add(hint.Refuse("list of boxes: %w", err), "without a column of classes all boxes of an image count")
		}
		means[name] = m.Index
	}
	return means, nil
}
