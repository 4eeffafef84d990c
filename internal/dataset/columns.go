package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"bagnet/internal/class"
	"bagnet/internal/text"
)

// Columns go by these names where a header names them; otherwise they are the
// first two.
var (
	pathColumns  = []string{"path", "filepath", "imagepath", "file", "filename", "image", "imagename", "name", "imageid", "id"}
	labelColumns = []string{"label", "class", "target", "category", "classname", "labelname", "categoryname"}
)

// columns says which fields of a list are paths and labels.
type columns struct {
	path, label int
	header      int    // lines that are no images, 0 or 1
	note        string // of List
}

// columnsOf tells the columns by the first rows of a list. A first row that
// names no known columns is a header all the same if what it has is neither a
// file nor a class, while all that follows is both.
func columnsOf(rows []record, world World) (columns, error) {
	plain := columns{path: 0, label: 1}
	if len(rows) == 0 {
		return plain, nil
	}
	head := rows[0].fields
	if p, l := column(head, pathColumns), column(head, labelColumns); p >= 0 && l >= 0 {
		return columns{path: p, label: l, header: 1}, nil
	}
	if len(rows) < 2 || len(head) < 2 || slices.ContainsFunc(head, func(field string) bool {
		return filepath.Ext(field) != "" || world.exists(field) || world.names(strings.TrimSpace(field)) || !utf8.ValidString(field)
	}) {
		return plain, nil
	}
	all := func(is func(string) bool) (found []int) {
		for i := range head {
			if !slices.ContainsFunc(rows[1:], func(r record) bool { return i >= len(r.fields) || !is(strings.TrimSpace(r.fields[i])) }) {
				found = append(found, i)
			}
		}
		return found
	}
	paths, labels := all(world.exists), all(world.names)
	if len(paths) == 0 && len(labels) == 1 && len(head) == 2 { // images that lie elsewhere
		paths = []int{1 - labels[0]}
	}
	labels = slices.DeleteFunc(labels, func(i int) bool { return slices.Contains(paths, i) })
	header := fmt.Sprintf("line %d, %q, ", rows[0].line, text.Abbreviated(strings.Join(head, ",")))
	switch {
	case world.Names == nil && len(paths) == 1: // only the paths are wanted
		return columns{path: paths[0], label: plain.label, header: 1}, nil
	case len(paths) == 1 && len(labels) == 1:
		c := columns{path: paths[0], label: labels[0], header: 1}
		c.note = fmt.Sprintf("%sis taken for a header, column %d for paths and column %d for classes", header, c.path+1, c.label+1)
		return c, nil
	case len(paths) > 0 && len(labels) > 0:
		return plain, fmt.Errorf("%sseems to be a header that names no known columns: call them path and label", header)
	}
	return plain, nil
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
