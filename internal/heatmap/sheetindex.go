package heatmap

import (
	"bytes"
	_ "embed"
	"html/template"
)

// A SheetIndex is a page that shows several contact sheets. Its texts are lines.
type SheetIndex struct {
	Model  string
	Patch  int // pixels
	Images int
	Lowest bool // the patches are those with the least evidence
	Sheets []IndexedSheet
}

// An IndexedSheet is a sheet as the index shows it.
type IndexedSheet struct {
	Index           int // of the class
	ID, Label, Name string
	File            string // beside the index
	Width, Height   int
}

//go:embed sheets.html
var indexPage string

var indexTemplate = template.Must(template.New("index").Parse(indexPage))

// indexMark tells an index of ours from other files of its name.
const indexMark = `<meta name="generator" content="bagnet top-patches">`

// HTML returns the page.
func (i SheetIndex) HTML() ([]byte, error) {
	var page bytes.Buffer
	err := indexTemplate.Execute(&page, struct {
		SheetIndex
		Mark template.HTML
	}{i, template.HTML(indexMark)})
	return page.Bytes(), err
}

// IsSheetIndex reports whether a page that begins so is a SheetIndex's: the first 1024
// bytes tell.
func IsSheetIndex(begin []byte) bool { return bytes.Contains(begin, []byte(indexMark)) }
