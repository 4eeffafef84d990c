package evaluation

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"bagnet/internal/text"
)

// With more classes than fit a screen, only the best and the worst are shown.
const (
	mostClasses  = 40
	bestClasses  = 10
	worstClasses = 20
)

// Text is the report for people, at most 100 columns wide but for long paths. rest says
// where the classes are that it leaves out.
func (r *Report) Text(rest string) []byte {
	var b bytes.Buffer
	if r.Interrupted {
		fmt.Fprintf(&b, "interrupted: this is about the first %s\n\n", text.Count(r.Images, "image", "images"))
	}
	r.summary(&b)
	r.classTable(&b, rest)
	if len(r.Mistakes) > 0 {
		b.WriteString("\nmost confident mistakes\n")
	}
	for _, m := range r.Mistakes {
		fmt.Fprintf(&b, "%6.2f%%  %s, but it is %s\n         %s\n", 100*m.Probability,
			text.Shorten(m.Predicted.Label, 36), text.Shorten(m.Label.Label, 36), text.Path(m.Path))
	}
	return b.Bytes()
}

// summary writes the table of figures about all classes.
func (r *Report) summary(b *bytes.Buffer) {
	line := func(name, value, format string, args ...any) {
		fmt.Fprintf(b, "%-20s  %7s  %s\n", name, value, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(b, "%-20s  %s\n", "model", text.OneLine(r.Model))
	if r.Among > 0 {
		line("among", fmt.Sprint(r.Among), "classes that answers were taken from")
	}
	if r.Seed != nil {
		line("chosen", fmt.Sprint(r.Images), "of %s, by seed %d", text.Count(r.Of, "image", "images"), *r.Seed)
	}
	line("images", fmt.Sprint(r.Evaluated), "evaluated; %d failed, %d of unknown class", r.Failed, r.Unlabelled)
	line("top-1 accuracy", r.Top1.Percent(), "%d of %d", r.total.Top1, r.total.Images)
	if r.few {
		line("top-5 accuracy", r.Top5.Percent(), "no figure: any answer is among five of so few classes")
	} else {
		line("top-5 accuracy", r.Top5.Percent(), "%d of %d", r.total.Top5, r.total.Images)
	}
	line("mean class accuracy", r.MeanClassAccuracy.Percent(), "over %s", text.Count(len(r.Classes), "class", "classes"))
	line("calibration error", r.ECE.Percent(), "mean confidence %s, %d bins", strings.TrimSpace(r.confidence.Percent()), Bins)
	if r.TwoReport != nil {
		r.TwoReport.text(line)
	}
	if r.QuadraticKappa != nil {
		line("quadratic kappa", r.QuadraticKappa.Decimals(), "of grades, which the classes are in their order")
	}
	if !math.IsNaN(float64(r.ImagesPerSecond)) {
		line("speed", fmt.Sprintf("%.1f", r.ImagesPerSecond), "images a second")
	}
}

// classTable lists the classes, best first.
func (r *Report) classTable(b *bytes.Buffer, rest string) {
	classes := slices.Clone(r.Classes)
	slices.SortStableFunc(classes, func(a, b ClassReport) int { return cmp.Compare(b.Top1, a.Top1) })
	omitted := 0
	if len(classes) > mostClasses {
		omitted = len(classes) - bestClasses - worstClasses
	}
	id, name := 0, len("class")
	for i, c := range classes {
		if i < bestClasses || i >= bestClasses+omitted {
			id = max(id, utf8.RuneCountInString(text.Shorten(c.Class.ID, 12)))
			name = max(name, utf8.RuneCountInString(text.Shorten(c.Class.Label, 28)))
		}
	}
	if id > 0 {
		id += 2
	}
	if len(classes) > 0 {
		fmt.Fprintf(b, "\n%-*s%-*s  images    top-1    top-5  most often taken for\n", id, "", name, "class")
	}
	for i, c := range classes {
		if omitted > 0 && i == bestClasses {
			fmt.Fprintf(b, "... %d classes between the %d best and the %d worst: %s ...\n", omitted, bestClasses, worstClasses, rest)
		}
		if omitted > 0 && i >= bestClasses && i < bestClasses+omitted {
			continue
		}
		fmt.Fprintf(b, "%s%s  %6d  %s  %s", text.Pad(text.Shorten(c.Class.ID, 12), id), text.Pad(text.Shorten(c.Class.Label, 28), name),
			c.Images, c.Top1.Percent(), c.Top5.Percent())
		if m := c.MistakenFor; m != nil {
			fmt.Fprintf(b, "  %s (%d)", text.Shorten(m.Label, 23), m.Images)
		}
		b.WriteByte('\n')
	}
}
