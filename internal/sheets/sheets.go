// Package sheets makes the page that shows several contact sheets.
package sheets

import (
	"bytes"
	_ "embed"
	"html/template"
)

// An Index is a page that shows several contact sheets. Its texts are lines.
type Index struct {
	Model  string
	Patch  int // pixels
	Sees   int // what patches' evidence depends on, if that is more, pixels
	Images int
	Lowest bool // the patches are those with the least evidence
	Sheets []Sheet
}

// A Sheet is a contact sheet as the index shows it.
type Sheet struct {
	Index           int // of the class
	ID, Label, Name string
	File            string // beside the index
	PDF             bool   // which is no image
	Width, Height   int
}

//go:embed sheets.html
var indexPage string

var indexTemplate = template.Must(template.New("index").Parse(indexPage))

// indexMark tells an index of ours from other files of its name.
const indexMark = `<meta name="generator" content="bagnet top-patches">`

// HTML returns the page.
func (i Index) HTML() ([]byte, error) {
	var page bytes.Buffer
	err := indexTemplate.Execute(&page, struct {
		Index
		Mark template.HTML
	}{i, template.HTML(indexMark)})
	return page.Bytes(), err
}

// IsIndex reports whether a page that begins so is an Index's: the first 1024
// bytes tell.
func IsIndex(begin []byte) bool { return bytes.Contains(begin, []byte(indexMark)) }
