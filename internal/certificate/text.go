package certificate

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"bagnet/internal/text"
)

// Text is what was found of an image for people: a line for each method and size.
func (i *Image) Text() []byte {
	var b bytes.Buffer
	for _, r := range i.Results {
		fmt.Fprintf(&b, "  %-10s  %6s: %4d px, %2d cells  %s  %s\n", r.Method, r.Size, r.Patch, r.Window, text.Pad(r.verdict(), 13), text.Shorten(r.Answer.Label, 40))
		if r.Broken != nil {
			fmt.Fprintf(&b, "  %-10s  %s\n", "", r.attacked())
		}
	}
	fmt.Fprintf(&b, "  largest certified sticker: %s; weakest window: %d x %d pixels from (%d, %d)\n", i.size(), i.Weakest[2], i.Weakest[3], i.Weakest[0], i.Weakest[1])
	return b.Bytes()
}

// Found is what was found of the image at Path, as an object in JSON.
type Found struct {
	Path string `json:"path"`
	*Image
	Output string `json:"output,omitempty"` // the file of its picture
}

// Text is the block for people.
func (f *Found) Text() string { return text.Path(f.Path) + "\n" + string(f.Image.Text()) }

// Row has the lines for programs, one for each method and size, with tabs between the fields.
func (f *Found) Row() string {
	var b strings.Builder
	for _, result := range f.Results {
		fmt.Fprintf(&b, "%s\t%s\t%d\n", text.Path(f.Path), result.Line(), *f.Largest)
	}
	return b.String()
}

// size is that of the largest certified sticker.
func (i *Image) size() string {
	if *i.Largest == 0 {
		return "none"
	}
	return fmt.Sprintf("%d x %d pixels", *i.Largest, *i.Largest)
}

// verdict says whether an answer is certified.
func (r *Result) verdict() string {
	switch {
	case r.Alert:
		return "alert"
	case r.Certified:
		return "certified"
	}
	return "not certified"
}

// attacked says what came of the attacks on an answer.
func (r *Result) attacked() string {
	if r.Certified && *r.Broken > 0 {
		return fmt.Sprintf("THE CERTIFICATE IS WRONG: %d of %d attacks on the cells changed the answer", *r.Broken, r.Attacks)
	}
	return fmt.Sprintf("%d of %s on the cells changed the answer", *r.Broken, text.Count(r.Attacks, "attack", "attacks"))
}

// Line is a result in one line for programs, tabs between.
func (r *Result) Line() string {
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%s\t%s", r.Method, r.Size, r.Patch, r.Window, r.verdict(), text.OneLine(r.Answer.Label))
}

// With more classes than fit a screen, only the most and the least certified are shown.
const (
	mostClasses  = 40
	bestClasses  = 10
	worstClasses = 20
)

// Text is the report for people. rest says where the classes are that it leaves out.
func (r *Report) Text(rest string) []byte {
	var b bytes.Buffer
	if r.Interrupted {
		fmt.Fprintf(&b, "interrupted: this is about the first %s\n\n", text.Count(r.Images, "image", "images"))
	}
	fmt.Fprintf(&b, "model       %s\n", text.OneLine(r.Model))
	if r.Seed != nil {
		fmt.Fprintf(&b, "chosen      %d of %s, by seed %d\n", r.Images, text.Count(r.Of, "image", "images"), *r.Seed)
	}
	fmt.Fprintf(&b, "images      %d evaluated; %d failed, %d of unknown class\n", r.Evaluated, r.Failed, r.Unlabelled)
	fmt.Fprintf(&b, "plain       %s  %d of %d right, without a defence\n", r.Plain.Percent(), r.right, r.Evaluated)
	fmt.Fprintf(&b, "\n%-10s  %8s  %6s  %5s  %15s  %15s\n", "method", "sticker", "pixels", "cells", "clean", "certified")
	for _, result := range r.Results {
		fmt.Fprintf(&b, "%-10s  %8s  %6s  %5s  %7s  %6d  %7s  %6d\n", result.Method, result.Size, number(result.Patch), number(result.Window),
			result.Clean.Percent(), result.clean, result.Certified.Percent(), result.certified)
	}
	b.WriteString("\nclean: the defended answer is right; certified: and no such sticker changes it\n")
	if !math.IsNaN(float64(r.Largest)) {
		fmt.Fprintf(&b, "largest certified sticker: median %g pixels, of the images that %s answers right\n", float64(r.Largest), r.Results[0].Method)
	}
	r.attacks(&b)
	r.classTable(&b, rest)
	return b.Bytes()
}

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// attacks writes what came of attacks on the answers.
func (r *Report) attacks(b *bytes.Buffer) {
	for i, result := range r.Results {
		a := result.Attacked
		if a == nil {
			return
		}
		if i == 0 {
			b.WriteByte('\n')
		}
		wrong := ""
		if a.Broken > 0 {
			wrong = "THE CERTIFICATES ARE WRONG: "
		}
		fmt.Fprintf(b, "%-10s  %8s: %s%d of %s on certified answers succeeded; %d of %s without a certificate changed\n",
			result.Method, result.Size, wrong, a.Broken, text.Count(a.Attacks, "attack", "attacks"), a.OpenLost, text.Count(a.Open, "answer", "answers"))
	}
}

// mostColumns is how many results the table of the classes has room for.
const mostColumns = 6

// classTable lists the classes, those most certified by the first result first.
func (r *Report) classTable(b *bytes.Buffer, rest string) {
	classes := slices.Clone(r.Classes)
	if len(classes) == 0 {
		return
	}
	slices.SortStableFunc(classes, func(a, b ClassReport) int { return cmp.Compare(b.Certified[0], a.Certified[0]) })
	omitted := 0
	if len(classes) > mostClasses {
		omitted = len(classes) - bestClasses - worstClasses
	}
	columns := r.Results[:min(len(r.Results), mostColumns)]
	fmt.Fprintf(b, "\n%-28s  %6s  %7s", "certified, by class", "images", "plain")
	for _, c := range columns {
		fmt.Fprintf(b, "  %*s", columnWidth(c), string(c.Method)+" "+c.Size)
	}
	b.WriteByte('\n')
	for i, c := range classes {
		if omitted > 0 && i == bestClasses {
			fmt.Fprintf(b, "... %d classes between the %d best and the %d worst: %s ...\n", omitted, bestClasses, worstClasses, rest)
		}
		if omitted > 0 && i >= bestClasses && i < bestClasses+omitted {
			continue
		}
		fmt.Fprintf(b, "%s  %6d  %7s", text.Pad(text.Shorten(c.Class.Label, 28), 28), c.Images, c.Plain.Percent())
		for k, column := range columns {
			fmt.Fprintf(b, "  %*s", columnWidth(column), c.Certified[k].Percent())
		}
		b.WriteByte('\n')
	}
	if left := len(r.Results) - len(columns); left > 0 {
		fmt.Fprintf(b, "%d more columns: %s\n", left, rest)
	}
}

func columnWidth(r ResultReport) int { return max(8, len(r.Method)+1+len(r.Size)) }
