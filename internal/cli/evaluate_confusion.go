package cli

import (
	"bytes"
	"fmt"

	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// confusionExtensions are the kinds of file that --confusion writes.
var confusionExtensions = []string{"csv", "png"}

// writeConfusion writes the confusion matrix in the form that the file's name
// asks for.
func (r *evaluateReport) writeConfusion(path string) error {
	var b bytes.Buffer
	write := func(b *bytes.Buffer) error { return r.sums.ConfusionCSV(b, r.classes.Classes) }
	if output.Extension(path) == "png" {
		write = r.confusionPNG
	}
	if err := write(&b); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return output.WriteFile(path, b.Bytes())
}

// confusionPNG draws the matrix.
func (r *evaluateReport) confusionPNG(b *bytes.Buffer) error {
	figure, facts := r.sums.ConfusionFigure(r.about.Model, r.classes.Classes)
	img, err := figure.Draw()
	if err != nil {
		return err
	}
	return heatmap.WritePNG(b, img, []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: "bagnet:model", Value: text.OneLine(r.about.Model)},
		{Key: "bagnet:facts", Value: facts},
	})
}
