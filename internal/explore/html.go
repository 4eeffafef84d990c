package explore

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"bagnet/internal/heatmap"
	"bagnet/internal/text"
)

//go:embed page
var files embed.FS

// scripts are the parts of the page's script, each after those it stands on.
var scripts = []string{"cells", "evidence", "colors", "state", "dom", "stage", "pointer", "answer", "patch", "lists", "picker", "erasing", "main"}

var (
	// script is one function, so that nothing of it but window.bagnet is seen from outside.
	script      = "'use strict';\n(() => {\n" + read(scripts, ".js") + "})();\n"
	style       = read([]string{"page"}, ".css")
	indexStyle  = read([]string{"index"}, ".css")
	pageLayout  = parse("page.html")
	indexLayout = parse("index.html")
)

// read returns files of the directory page, one after the other, with the line ends that
// browsers count by, however they were checked out.
func read(names []string, extension string) string {
	var b strings.Builder
	for _, name := range names {
		data, err := files.ReadFile("page/" + name + extension)
		if err != nil {
			panic(err) // the file is part of the program
		}
		b.WriteString(strings.ReplaceAll(string(data), "\r\n", "\n"))
	}
	return b.String()
}

func parse(name string) *template.Template {
	return template.Must(template.New(name).Parse(read([]string{name}, "")))
}

// policy is a content security policy: nothing is loaded or sent, and no script or style
// is taken but those given.
func policy(script, style string) string {
	hash := func(kind, s string) string {
		if s == "" {
			return ""
		}
		sum := sha256.Sum256([]byte(s))
		return fmt.Sprintf("%s 'sha256-%s'; ", kind, base64.StdEncoding.EncodeToString(sum[:]))
	}
	return "default-src 'none'; " + hash("script-src", script) + hash("style-src", style) + "img-src data:; base-uri 'none'; form-action 'none'"
}

// told is what the script is told, in JSON.
type told struct {
	Model     string              `json:"model"`
	OneOutput bool                `json:"oneOutput"`
	Total     int                 `json:"total"`
	Class     *int                `json:"class"`
	Versus    *int                `json:"versus"`
	Images    []view              `json:"images"`
	Colormaps map[string][]string `json:"colormaps"`
}

// HTML returns the page, which must have an image.
func (p *Page) HTML() ([]byte, error) {
	t := told{Model: text.OneLine(p.Model), OneOutput: p.Outputs == 1, Total: p.Total, Colormaps: map[string][]string{}}
	if p.Class != nil {
		t.Class = &p.Class.Index
	}
	if p.Versus != nil {
		t.Versus = &p.Versus.Index
	}
	for _, name := range heatmap.ColormapNames() {
		if strings.HasSuffix(name, heatmap.Reversed) {
			continue // the script turns them around
		}
		colors, err := heatmap.ParseColormap(name)
		if err != nil {
			return nil, err
		}
		for _, c := range colors {
			t.Colormaps[name] = append(t.Colormaps[name], fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B))
		}
	}
	type data struct { // a block of text that is no script
		Kind, ID string
		Text     template.JS
	}
	shown := struct {
		Title, Model, Software, Policy string
		Script, Told                   template.JS
		Style                          template.CSS
		First, Data                    []data // before the script and after it
		Static                         []static
	}{
		Title: text.OneLine(p.Title), Model: t.Model, Software: text.OneLine(p.Software), Policy: policy(script, style),
		Script: template.JS(script), Style: template.CSS(style),
	}
	if shown.Title == "" {
		if shown.Title = p.images[0].Name; len(p.images) > 1 {
			shown.Title = text.Count(len(p.images), "image", "images")
		}
	}
	for i, e := range p.images {
		t.Images = append(t.Images, e.view)
		picture := data{e.picture.Type, fmt.Sprintf("picture-%d", i), template.JS(e.picture.Data)}
		if i == 0 {
			shown.First = []data{picture, {"text/plain", "opening", template.JS(p.opened)}}
		} else {
			shown.Data = append(shown.Data, picture)
		}
		shown.Data = append(shown.Data, data{"text/plain", fmt.Sprintf("exponents-%d", i), template.JS(e.cells.Exponents)},
			data{"text/plain", fmt.Sprintf("rest-%d", i), template.JS(e.cells.Rest)})
		shown.Static = append(shown.Static, e.static)
	}
	encoded, err := json.Marshal(t) // in which < is escaped: nothing in it ends the element
	if err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	shown.Told = template.JS(encoded)
	var b bytes.Buffer
	if err := pageLayout.Execute(&b, shown); err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return b.Bytes(), nil
}
