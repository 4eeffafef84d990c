package cli

import (
	"fmt"
	"strings"

	"bagnet/internal/images"
)

// tell says how images are prepared for a network, whose preprocessing is what
// came with it, changed by the flags. What is only assumed, as a bare checkpoint
// says nothing of it, is said unless told to be quiet; the rest with --verbose.
func (f *preprocessingFlags) tell(s *streams, n *network) {
	assumed, given := f.parts(n.preprocessing)
	origin := "the model's"
	if n.metadata.preprocessing == nil {
		origin = "assumed"
		if len(assumed) > 0 {
			s.notef("model %s does not say how images are prepared for it: assuming %s, as for ImageNet's; "+
				"if it was trained otherwise, give these flags, or keep them in a file with 'bagnet models convert'", n.name, strings.Join(assumed, " "))
		}
	}
	for _, part := range []struct {
		origin string
		flags  []string
	}{{origin, assumed}, {"as given", given}} {
		if len(part.flags) > 0 {
			s.detailf("preprocessing, %s: %s", part.origin, strings.Join(part.flags, " "))
		}
	}
}

// tellWritten says what a file was given as its network's preprocessing, where
// nothing was known of it.
func (f *preprocessingFlags) tellWritten(s *streams, n *network) {
	if assumed, _ := f.parts(n.preprocessing); len(assumed) > 0 {
		s.notef("it now says that images are prepared with %s, as for ImageNet's, of which model %s says nothing; "+
			"if it was trained otherwise, give these flags", strings.Join(assumed, " "), n.name)
	}
}

// parts is p in flags: those that were not given, and those that were. How to
// resize means nothing if nothing is resized.
func (f *preprocessingFlags) parts(p images.Preprocessing) (rest, given []string) {
	crop := "none"
	if p.Crop > 0 {
		crop = fmt.Sprint(p.Crop)
	}
	for _, part := range []struct {
		set   bool
		name  string
		value string
	}{
		{f.resize.set, "resize", p.Resize.String()},
		{f.crop.set, "crop", crop},
		{f.interpolation.value != "", "interpolation", string(p.Interpolation)},
		{f.mean.set, "mean", (&channels{p.Mean, true}).String()},
		{f.std.set, "std", (&channels{p.Std, true}).String()},
	} {
		if part.name == "interpolation" && p.Resize.None() {
			continue
		}
		flag := "--" + part.name + " " + part.value
		if part.set {
			given = append(given, flag)
		} else {
			rest = append(rest, flag)
		}
	}
	return rest, given
}

// tellClasses says with --verbose where the names of a network's classes come
// from.
func (n *network) tellClasses(s *streams, labels string) {
	outputs := n.outputs()
	switch {
	case labels != "":
		s.detailf("classes: from %s", displayPath(labels))
	case suits(len(n.metadata.classes), outputs):
		s.detailf("classes: the model's")
	case n.named:
		s.detailf("classes: ImageNet's are assumed for %d outputs; --labels FILE gives others", outputs)
	default:
		s.detailf("classes: the model has no names for them; --labels FILE gives some")
	}
}
