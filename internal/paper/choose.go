package paper

import (
	"cmp"

	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// What makes sense of a picture in print, mm and dots an inch.
const (
	narrowest, widest = 5, 5000
	coarsest, finest  = 10, 4800
)

// Flags are what errors call a format's choices: where the picture goes, its Kind, Width and DPI.
type Flags struct{ Output, Kind, Width, DPI string }

// Choose sets the Kind of pictures that go to path, "" or "-" for none that is named: the one that
// the name ends in, else as, else PNG. It refuses what makes no sense.
func (f *Format) Choose(flags Flags, path, as string) error {
	f.Kind = output.Kind(path, cmp.Or(as, PNG), Kinds())
	switch {
	case f.Width != 0 && !(f.Width >= narrowest && f.Width <= widest):
		return hint.Refuse("%s %v: want %d to %d mm", flags.Width, f.Width, narrowest, widest)
	case f.DPI != 0 && !(f.DPI >= coarsest && f.DPI <= finest):
		return hint.Refuse("%s %v: want %d to %d", flags.DPI, f.DPI, coarsest, finest)
	case as != "" && f.Kind != as:
		return hint.Refuse("%s %s is no file of %s %s: give one of them", flags.Output, text.Path(path), flags.Kind, as)
	case f.DPI != 0 && f.Kind != PNG:
		return hint.Refuse("%s is for PNG files: %s has no dots", flags.DPI, f.Kind)
	}
	return nil
}
