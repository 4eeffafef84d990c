package evidence

import (
	"iter"

	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
)

// A Drawing is one map as it is to be written, or why it could not be drawn: Err.
type Drawing struct {
	Shows      Shown
	Values     []float32
	Rows, Cols int
	Picture    []byte // a file
	Err        error
}

// A Writer writes maps, and says what they show.
type Writer struct {
	Pictures  *output.Places
	Arrays    *output.Places // nil for none
	Replacing *output.Replacing
	Out       func(picture []byte) error // takes the pictures where Pictures is standard output
	Say       func(Shown) error          // is told of each map whose picture is in a file
}

// Take writes the drawings of one picture. An error of Out or Say ends the run.
func (w *Writer) Take(p pipeline.Picture, drawings iter.Seq[Drawing]) error {
	for d := range drawings {
		if d.Err != nil {
			return d.Err
		}
		if err := w.write(p, d); err != nil {
			return err
		}
	}
	return nil
}

// write writes one map's outputs and says what it shows.
func (w *Writer) write(p pipeline.Picture, d Drawing) error {
	file, class := w.Pictures.File, d.Shows.Label()
	if file != "-" {
		file = w.Pictures.Next(p.Path, class)
		if err := w.Replacing.Check(file); err != nil {
			return err
		}
	}
	if w.Arrays != nil {
		if err := npy.Write(w.Replacing, w.Arrays.Next(p.Path, class), d.Values, d.Rows, d.Cols); err != nil {
			return err
		}
	}
	if file == "-" {
		return pipeline.Ending(w.Out(d.Picture))
	}
	w.Replacing.Note(file, p.Path, p.Fingerprint)
	if err := w.Replacing.Write(file, d.Picture); err != nil {
		return err
	}
	d.Shows.Written(file)
	return pipeline.Ending(w.Say(d.Shows))
}
