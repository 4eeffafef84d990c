package cli

import (
	"bytes"
	_ "embed"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/heatmap"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	contactsheets "bagnet/internal/sheets"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// sheets are the pictures that top-patches writes, and their index.
type sheets struct {
	places *output.Places
	index  string // a file, or "" for none
	keep   bool   // the run was interrupted: sheets that are there already stay
	drawn  []contactsheets.Sheet

	source    string            // what the patches come from, as it was given
	replacing *output.Replacing // what is there already where sheets are to go
}

// sourcesOf says in short which images were given.
func sourcesOf(args []string, list string) string {
	var all []string
	for _, arg := range args {
		all = append(all, text.OneLine(arg))
	}
	if list != "" {
		all = append(all, "the list "+text.OneLine(list))
	}
	const most = 3
	switch {
	case len(all) == 0:
		return dataset.StdinName
	case len(all) > most:
		all = append(all[:most], fmt.Sprintf("%d more", len(all)-most))
	}
	return strings.Join(all, ", ")
}

// newSheets makes the sheets that go to the value of -o: several into a directory, with an
// index.
func newSheets(to string, several bool, inputs []string) (*sheets, error) {
	if several && to == "" {
		return nil, hint.Add(usageErrorf("a sheet for each of several classes needs a directory"), "give -o DIR")
	}
	p, err := output.NewPlaces("-o", to, ".png", several, inputs)
	if err != nil {
		return nil, err
	}
	s := &sheets{places: p, replacing: new(output.Replacing)}
	if several {
		s.index = filepath.Join(p.Directory, "index.html")
		if ours, reading := output.Holds(s.index, 1<<10, contactsheets.IsIndex); reading != nil {
			err = reading
		} else if !ours {
			err = usageErrorf("-o: %q is a page of something else; give another directory", s.index)
		}
	}
	return s, err
}

// checkFirst refuses to replace the sheets of classes that are known beforehand,
// and the index, if what is there is to be kept.
func (s *sheets) checkFirst(r *output.Replacing, classes []class.Class) error {
	s.replacing, r.Sheets = r, true
	if err := r.CheckFirst(s.places); err != nil || s.places.File != "" {
		return err
	}
	trial := s.places.Copy()
	var err error
	for _, c := range classes {
		if err = r.Check(trial.Next("top-patches", c.Label)); err != nil {
			break
		}
	}
	if err == nil && s.index != "" {
		err = r.Check(s.index)
	}
	return err
}

// write writes one class's sheet.
func (s *sheets) write(to *terminal.Streams, ranked class.Class, img *image.NRGBA, texts []heatmap.Text) error {
	texts = append(texts, heatmap.Text{Key: output.TextSource, Value: s.source})
	var encoded bytes.Buffer
	if err := heatmap.WritePNG(&encoded, img, texts); err != nil {
		return err
	}
	if s.places.File == "-" {
		return to.Write(encoded.Bytes())
	}
	file := s.places.Next("top-patches", ranked.Label)
	if s.keep && (output.Exists(file) || output.Exists(s.index)) {
		to.Notef("interrupted: %s stays as it was", text.Path(file))
		return nil
	}
	s.replacing.Note(file, s.source, "")
	if err := s.replacing.Write(file, encoded.Bytes()); err != nil {
		return err
	}
	s.drawn = append(s.drawn, contactsheets.Sheet{
		Index: ranked.Index, ID: text.OneLine(ranked.ID), Label: text.OneLine(ranked.Label), Name: text.OneLine(class.FirstName(ranked)),
		File: filepath.Base(file), Width: img.Rect.Dx(), Height: img.Rect.Dy()})
	if s.index == "" {
		to.Notef("drew %s", text.Path(file))
	}
	return nil
}

// finish writes the index of several sheets.
func (s *sheets) finish(r *topPatchesReport) error {
	reportReplaced(r.streams, s.replacing)
	if s.index == "" || s.keep && output.Exists(s.index) {
		return nil
	}
	page, err := contactsheets.Index{Model: text.OneLine(r.about.Model), Patch: r.about.Patch, Images: r.Images, Lowest: r.about.Lowest, Sheets: s.drawn}.HTML()
	if err != nil {
		return fmt.Errorf("writing %q: %w", s.index, err)
	}
	if err := s.replacing.Write(s.index, page); err != nil {
		return err
	}
	r.streams.Notef("drew %s: see %s", text.Count(len(s.drawn), "sheet", "sheets"), text.Path(s.index))
	return nil
}
