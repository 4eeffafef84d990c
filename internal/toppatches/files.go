package toppatches

import (
	"fmt"
	"path/filepath"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/sheets"
	"bagnet/internal/text"
)

// Sheets are the pictures of a Ranking's classes, and the page of several.
type Sheets struct {
	Software string                  // that draws them
	Keep     bool                    // sheets that are there already stay: the run was interrupted
	Notice   func(string)            // is told which sheets were drawn
	Out      func(data []byte) error // standard output

	places    *output.Places
	format    paper.Format
	index     string            // a file, or "" for none
	replacing *output.Replacing // what is there already where sheets are to go
	drawn     []sheets.Sheet
	together  bool // there is one sheet for all classes
}

// NewSheets makes the sheets of a number of classes, in files of that format, that go to the
// value of a flag: several into a directory, with a page, unless they are drawn together. None replaces one of the inputs.
func NewSheets(flag, to string, format paper.Format, classes int, together bool, inputs []string, replacing *output.Replacing) (*Sheets, error) {
	several := classes > 1 && !together
	if several && to == "" {
		return nil, hint.Add(hint.Refuse("a sheet for each of several classes needs a directory"), "give %s DIR", flag)
	}
	p, err := output.NewPlaces(flag, to, "."+format.Kind, several, inputs, paper.Kinds()...)
	if err != nil {
		return nil, err
	}
	s := &Sheets{places: p, format: format, replacing: replacing, together: together}
	replacing.Sheets = true
	if several {
		s.index = filepath.Join(p.Directory, "index.html")
		if ours, reading := output.Holds(s.index, 1<<10, sheets.IsIndex); reading != nil {
			err = reading
		} else if !ours {
			err = hint.Refuse("%s: %q is a page of something else; give another directory", flag, s.index)
		}
	}
	return s, err
}

// nameOf is what the sheets' names begin with.
const nameOf = "top-patches"

// CheckFirst refuses to replace the sheets of classes that are known beforehand, and the
// page, if what is there is to be kept.
func (s *Sheets) CheckFirst(classes []class.Class) error {
	if err := s.replacing.CheckFirst(s.places); err != nil || s.places.File != "" {
		return err
	}
	trial := s.places.Copy()
	if s.together {
		return s.replacing.Check(trial.Next(nameOf, together))
	}
	for _, c := range classes {
		if err := s.replacing.Check(trial.Next(nameOf, c.Label)); err != nil {
			return err
		}
	}
	if s.index == "" {
		return nil
	}
	return s.replacing.Check(s.index)
}

// Draw draws and writes the sheet of the class at place i of r.Ranked.
func (s *Sheets) Draw(r *Ranking, i int) error {
	sheet, err := r.draw(i)
	if err != nil {
		return err
	}
	ranked := r.Ranked[i]
	file, err := s.write(r, sheet, ranked.Label, class.Full(ranked))
	if err != nil || file == "" {
		return err
	}
	s.drawn = append(s.drawn, sheets.Sheet{
		Index: ranked.Index, ID: text.OneLine(ranked.ID), Label: text.OneLine(ranked.Label), Name: text.OneLine(class.FirstName(ranked)),
		File: filepath.Base(file), PDF: s.format.Kind == paper.PDF, Width: sheet.Size.X, Height: sheet.Size.Y})
	return nil
}

// together is what the sheet of several classes is called.
const together = "together"

// DrawTogether draws and writes one sheet of all classes of r.
func (s *Sheets) DrawTogether(r *Ranking) error {
	sheet, err := r.drawTogether()
	if err != nil {
		return err
	}
	_, err = s.write(r, sheet, together, text.Count(len(r.Ranked), "class", "classes"))
	return err
}

// write writes a sheet, which is about what is said, to the place of that name. It returns the
// file, "" for standard output and if what is there stays.
func (s *Sheets) write(r *Ranking, sheet *heatmap.Drawing, name, about string) (string, error) {
	drawn, err := s.format.File(sheet, []heatmap.Text{
		{Key: "Software", Value: s.Software},
		{Key: "bagnet:model", Value: text.OneLine(r.About.Model)},
		{Key: "bagnet:class", Value: about},
		{Key: output.TextSource, Value: r.About.Source},
	})
	if err != nil {
		return "", err
	}
	if s.places.File == "-" {
		return "", s.Out(drawn)
	}
	file := s.places.Next(nameOf, name)
	if s.Keep && (output.Exists(file) || output.Exists(s.index)) {
		s.Notice(fmt.Sprintf("interrupted: %s stays as it was", text.Path(file)))
		return "", nil
	}
	s.replacing.Note(file, r.About.Source, "")
	if err := s.replacing.Write(file, drawn); err != nil {
		return "", err
	}
	if s.index == "" {
		s.Notice("drew " + text.Path(file))
	}
	return file, nil
}

// Finish writes the page of several sheets.
func (s *Sheets) Finish(r *Ranking) error {
	if s.index == "" || s.Keep && output.Exists(s.index) {
		return nil
	}
	page, err := sheets.Index{Model: text.OneLine(r.About.Model), Patch: r.About.Patch, Sees: r.About.Sees, Images: r.Images, Lowest: r.About.Lowest, Sheets: s.drawn}.HTML()
	if err != nil {
		return fmt.Errorf("writing %q: %w", s.index, err)
	}
	if err := s.replacing.Write(s.index, page); err != nil {
		return err
	}
	s.Notice(fmt.Sprintf("drew %s: see %s", text.Count(len(s.drawn), "sheet", "sheets"), text.Path(s.index)))
	return nil
}
