package agreement

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"

	"bagnet/internal/text"
)

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	fmt.Fprintf(&b, "compared    %d: those that every network has an answer to\n", r.Compared)
	name := len("model")
	for _, n := range r.Networks {
		name = max(name, utf8.RuneCountInString(text.OneLine(n.Model)))
	}
	fmt.Fprintf(&b, "\n   %-*s  top-1 accuracy  only it is right  measured  failed  unknown class\n", name, "model")
	for i, n := range r.Networks {
		fmt.Fprintf(&b, "%2d %s  %14s  %16d  %8d  %6d  %13d\n", i+1, text.Pad(text.OneLine(n.Model), name), n.Top1.Percent(), len(n.OnlyRight), n.Measured, n.Failed, n.Unlabelled)
	}
	fmt.Fprintf(&b, "\n%7s  %5s  %16s  %9s  %8s  %15s  %7s  %7s\n", "pair", "kappa", "95% interval", "agreement", "expected", "r over classes", "overlap", "same")
	for _, p := range r.Pairs {
		interval := "-"
		if !math.IsNaN(float64(p.KappaInterval[0])) {
			interval = p.KappaInterval[0].Decimals() + " to " + p.KappaInterval[1].Decimals()
		}
		fmt.Fprintf(&b, "%3d %3d  %5s  %16s  %9s  %8s  %15s  %7s  %7s\n", p.first+1, p.second+1, p.Kappa.Decimals(), interval,
			p.Agreement.Percent(), p.Expected.Percent(), p.ClassCorrelation.Decimals(), p.Overlap.Percent(), p.SameAnswer.Percent())
	}
	for i, n := range r.Networks {
		shown := n.OnlyRight[:min(r.examples, len(n.OnlyRight))]
		if len(shown) > 0 {
			fmt.Fprintf(&b, "\nonly %d, %s, is right: the surest of %d\n", i+1, text.OneLine(n.Model), len(n.OnlyRight))
		}
		for _, image := range shown {
			fmt.Fprintf(&b, "%6.2f%%  %s  %s\n", 100*image.Probability, text.Pad(text.Shorten(image.Label.Label, 28), 28), text.Path(image.Path))
		}
	}
	return b.Bytes()
}
