package texture

import (
	"bytes"
	"fmt"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Networks []Network               `json:"networks"`
	Pairs    []experiment.Difference `json:"pairs,omitempty"`

	chances []float64 // of answers drawn at random, by network
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Intact           experiment.Estimate `json:"intact"`            // accuracy
	Texture          experiment.Estimate `json:"texture"`           // accuracy
	LogitCorrelation text.Ratio          `json:"logit_correlation"` // of the true class, over images
	ClassCorrelation experiment.Estimate `json:"class_correlation"` // over classes, the mean of all images
	Same             experiment.Estimate `json:"same"`              // share of the images whose texture is answered like them
	Loss             experiment.Estimate `json:"loss"`              // of the textures
}

// NewReport sums up the records of a run.
func NewReport(run *experiment.Run[Record]) *Report {
	r := &Report{Summary: run.Summary, Networks: []Network{}}
	for _, m := range run.Networks {
		r.Networks = append(r.Networks, newNetwork(m))
		r.chances = append(r.chances, experiment.ChanceOf(m.Classes))
	}
	r.Pairs = experiment.Differences(run, amounts)
	return r
}

func newNetwork(m *experiment.Measured[Record]) Network {
	var right, textured, same, logits, others, correlations, losses []float64
	for _, image := range m.Results {
		v := image.Value
		right = append(right, experiment.Share(v.Class == image.Class))
		textured = append(textured, experiment.Share(v.Texture.Class == image.Class))
		same = append(same, experiment.Share(v.Texture.Class == v.Class))
		logits = append(logits, float64(v.Logit))
		others = append(others, float64(v.Texture.Logit))
		correlations = append(correlations, float64(v.Texture.Correlation))
		losses = append(losses, float64(v.Loss))
	}
	return Network{
		m.NetworkSummary, experiment.NewEstimate(right), experiment.NewEstimate(textured), text.Ratio(experiment.Pearson(logits, others)),
		experiment.NewEstimate(correlations), experiment.NewEstimate(same), experiment.NewEstimate(losses),
	}
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		fmt.Fprintf(&b, "\n%-9s  %17s  %17s  %17s  %17s\n", "images", "top-1 accuracy", "the same answer", "r of true logit", "r over classes")
		fmt.Fprintf(&b, "%-9s  %17s\n", "intact", n.Intact.Percent())
		fmt.Fprintf(&b, "%-9s  %17s  %17s  %17s  %17s\n", "texture", n.Texture.Percent(), n.Same.Percent(), n.LogitCorrelation.Decimals(), n.ClassCorrelation.Decimals())
		if n.Measured > 0 {
			fmt.Fprintf(&b, "\nloss of the textures, mean: %.2g; 1 is that of a picture without features\n", n.Loss.Value())
		}
	}
	experiment.TextDifferences(&b, r.Pairs)
	return b.Bytes()
}

// Figure draws the accuracy on textures and on intact images.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy on textures", Names: []string{"textures", "the images themselves"}, Y: "top-1 accuracy", From: 0, To: 1}
	for _, n := range r.Networks {
		f.Series = append(f.Series, chart.Series{Name: n.Shown(), Points: []chart.Point{
			{X: 0, Y: n.Texture.Value(), Error: float64(n.Texture.Error)}, {X: 1, Y: n.Intact.Value(), Error: float64(n.Intact.Error)},
		}})
	}
	return experiment.WithChance(f, r.chances)
}

// amounts are what an image adds to the accuracies.
func amounts(image experiment.Result[Record]) []experiment.Amount {
	v := image.Value
	return []experiment.Amount{
		{Of: "intact", Value: experiment.Share(v.Class == image.Class), Weight: 1},
		{Of: "texture", Value: experiment.Share(v.Texture.Class == image.Class), Weight: 1},
	}
}
