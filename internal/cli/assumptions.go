package cli

import (
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// tellPreprocessing says which preprocessing is used: with --verbose in any case, and
// otherwise as a note if neither the model's file nor flags say all of it, as all numbers
// depend on it.
func (n *opened) tellPreprocessing(s *terminal.Streams, flags *preprocessingFlags) {
	used := n.preprocessing.String()
	switch {
	case !n.info.AssumedPreprocessing && !flags.Any():
		s.Detailf("preprocessing, the model's: %s", used)
	case !n.info.AssumedPreprocessing || flags.All():
		s.Detailf("preprocessing: %s", used)
	default:
		s.Notef("model %s says nothing of preprocessing: taking %s; --resize, --crop, --interpolation, --mean and --std change it", n.Name(), used)
	}
}

// tellClasses says with --verbose if the names of classes are only assumed.
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
