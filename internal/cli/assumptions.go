package cli

import (
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// tellPreprocessing says which preprocessing is used: in detail whatever it is,
// and as a note where nothing in the model's file says so and the flags leave
// some of it open, for all numbers depend on it.
func (n *opened) tellPreprocessing(s *terminal.Streams, flags *preprocessingFlags) {
	text := n.preprocessing.String()
	switch {
	case !n.info.AssumedPreprocessing && !flags.any():
		s.Detailf("preprocessing, the model's: %s", text)
	case !n.info.AssumedPreprocessing || flags.all():
		s.Detailf("preprocessing: %s", text)
	default:
		s.Notef("model %s says nothing of preprocessing: taking %s; --resize, --crop, --interpolation, --mean and --std change it", n.Name(), text)
	}
}

// tellClasses says in detail where names of classes are only assumed.
func (n *opened) tellClasses(s *terminal.Streams) {
	if !n.info.AssumedClasses || len(n.classes) == 0 {
		return
	}
	if n.named() {
		s.Detailf("classes: ImageNet's, which the model's file does not say, for its 1000 outputs; --labels names others")
		return
	}
	s.Detailf("classes: called %s and so on, as the model's file names none; --labels does", text.OneLine(n.classes[0].Label))
}

// any reports whether a flag changes the preprocessing, all whether they leave
// nothing of it open.
func (f *preprocessingFlags) any() bool {
	return f.resize.Given || f.crop.Given || f.interpolation.Value != "" || f.mean.Given || f.std.Given
}

func (f *preprocessingFlags) all() bool {
	interpolated := f.interpolation.Value != "" || f.resize.Given && f.resize.Value.None()
	return f.resize.Given && f.crop.Given && interpolated && f.mean.Given && f.std.Given
}
