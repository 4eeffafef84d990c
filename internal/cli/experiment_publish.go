package cli

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// A findings is what an experiment has to say: an object in JSON, or text.
type findings interface{ text() []byte }

// publish draws the plots and prints the report. It returns alreadyReported if
// images failed, and the context's error if the run was interrupted.
func (r *experimentRun[R]) publish(ctx context.Context, what findings, figure chart.Figure) error {
	plotErr := r.plot(figure)
	print := func() error { return r.streams.Write(what.text()) }
	if r.options.format.value == formatJSON {
		print = func() error { return writeJSON(r.streams, what) }
	}
	if err := print(); err != nil {
		return err
	}
	if plotErr != nil {
		return plotErr
	}
	return r.outcome(ctx, r.streams)
}

// plot draws the figure wherever it was asked for. That of an interrupted run
// replaces nothing.
func (r *experimentRun[R]) plot(figure chart.Figure) error {
	for _, path := range r.options.plots {
		if r.Interrupted && output.Exists(path) {
			r.streams.Notef("interrupted: %s stays as it was", text.Path(path))
			continue
		}
		drawn, err := figure.Draw(output.Extension(path))
		if err != nil {
			return fmt.Errorf("writing %q: %w", path, err)
		}
		if err := output.WriteFile(path, drawn); err != nil {
			return err
		}
	}
	return nil
}

// text is the summary for people.
func (s experimentSummary) text(b *bytes.Buffer) {
	if s.Interrupted {
		b.WriteString("interrupted: this is about what was finished\n\n")
	}
	fmt.Fprintf(b, "experiment  %s\n", s.Experiment)
	fmt.Fprintf(b, "images      %d of %d, seed %d\n", s.Images, s.All, s.Seed)
	if s.Common > 0 {
		fmt.Fprintf(b, "among       %s that all networks have; %s of others left out\n", text.Count(s.Common, "class", "classes"), text.Count(s.LeftOut, "image", "images"))
	}
}

// text is the heading for people.
func (s networkSummary) text(b *bytes.Buffer) {
	family := s.Family
	if s.Patch > 0 {
		family = fmt.Sprintf("BagNet %s, patches of %d pixels", s.Family, s.Patch)
	}
	fmt.Fprintf(b, "\nmodel       %s (%s)\nmeasured    %d; %d failed, %d of unknown class\n", text.OneLine(s.Model), family, s.Measured, s.Failed, s.Unlabelled)
}

// estimate is a mean over images with its standard error.
type estimate struct {
	Mean  text.Ratio `json:"mean"`
	Error text.Ratio `json:"standard_error"`
}

func newEstimate(values []float64) estimate {
	mean, standardError := experiment.Mean(values)
	return estimate{text.Ratio(mean), text.Ratio(standardError)}
}

func (e estimate) value() float64 { return float64(e.Mean) }

// percent is the estimate of a share for people.
func (e estimate) percent() string { return e.format(100, 2, "%") }

// decimals is the estimate for people.
func (e estimate) decimals() string { return e.format(1, 3, "") }

func (e estimate) format(scale float64, digits int, unit string) string {
	switch {
	case math.IsNaN(float64(e.Mean)):
		return "-"
	case math.IsNaN(float64(e.Error)):
		return fmt.Sprintf("%.*f%s", digits, scale*float64(e.Mean), unit)
	}
	return fmt.Sprintf("%.*f ± %.*f%s", digits, scale*float64(e.Mean), digits, scale*float64(e.Error), unit)
}

// alone is the estimate's mean for people, times scale.
func (e estimate) alone(scale float64, digits int) string {
	return estimate{e.Mean, text.Ratio(math.NaN())}.format(scale, digits, "")
}
