package evaluation

import (
	"fmt"
	"math"

	"bagnet"
	"bagnet/internal/answer"
	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Two counts what a report has beside accuracy where there are two classes.
type Two struct {
	positive  class.Class
	place     int  // of positive among the two
	oneOutput bool // of the network
	ranking   Ranking
}

// Flags are what asks for classes, as errors name it.
type Flags struct{ Positive, Among string }

// FindPositive returns the class called name, one of all, which has to be one of the two that
// are chosen; nil if the name is "".
func FindPositive(f Flags, name string, all []class.Class, c class.Choice) (*class.Class, error) {
	if name == "" {
		return nil, nil
	}
	if len(c.Classes) != 2 {
		return nil, hint.Refuse("%s is for two classes, but here are %d: %s may leave two", f.Positive, len(c.Classes), f.Among)
	}
	found, err := class.NewIndex(all).Find(name)
	if err != nil {
		return nil, hint.Refuse("%s: %w", f.Positive, err)
	}
	if c.Places[found.Index] == class.None {
		return nil, hint.Refuse("%s: class %q is not among those of %s", f.Positive, text.OneLine(found.Label), f.Among)
	}
	return &found.Class, nil
}

// NewTwo finds the positive one of two classes: the one that is asked for, else that of
// a network's one output, else the second. It is nil where there are not two.
func NewTwo(c class.Choice, outputs int, positive *class.Class) *Two {
	if len(c.Classes) != 2 {
		return nil
	}
	t := &Two{place: 1, oneOutput: outputs == 1}
	if t.oneOutput {
		t.place = answer.Positive
	}
	if positive != nil {
		t.place = c.Places[positive.Index]
	}
	t.positive = c.Classes[t.place]
	return t
}

// Add counts the answer to an image of the class at a place. The score is the
// logarithm of the odds of the positive class: unlike the probability, it does not
// run into 1.
func (t *Two) Add(place int, predictions []bagnet.Prediction) {
	var own, other float64
	for _, p := range predictions {
		if p.Index == t.positive.Index {
			own = float64(p.Logit)
		} else {
			other = float64(p.Logit)
		}
	}
	if t.oneOutput { // whose logits are each other's opposites
		other = 0
	}
	t.ranking.Add(own-other, place == t.place)
}

// A TwoReport is the part of a Report that is about two classes.
type TwoReport struct {
	Positive    class.Class `json:"positive"`
	AUC         text.Ratio  `json:"auc"`
	Sensitivity text.Ratio  `json:"sensitivity"` // share of positive images that are called so
	Specificity text.Ratio  `json:"specificity"` // share of negative ones

	positives, negatives Class
	over                 bool
}

// report is about what was counted until now; sums has the same images. It is nil if t is.
func (t *Two) report(sums *Evaluation) *TwoReport {
	if t == nil {
		return nil
	}
	r := &TwoReport{Positive: t.positive, AUC: text.Ratio(t.ranking.AUC()), over: t.ranking.Over(),
		positives: sums.Classes()[t.place], negatives: sums.Classes()[1-t.place]}
	r.Sensitivity = text.Ratio(Share(r.positives.Top1, r.positives.Images))
	r.Specificity = text.Ratio(Share(r.negatives.Top1, r.negatives.Images))
	return r
}

// text is the report for people, lines of a table that line writes.
func (r *TwoReport) text(line func(name, value, format string, args ...any)) {
	auc := "-"
	if !math.IsNaN(float64(r.AUC)) {
		auc = fmt.Sprintf("%.4f", r.AUC)
	}
	what := fmt.Sprintf("area under the ROC curve; positive is %s", text.Shorten(r.Positive.Label, 28))
	if r.over {
		what = "too many images to keep the scores of"
	}
	line("AUC", auc, "%s", what)
	line("sensitivity", r.Sensitivity.Percent(), "%d of %d positive", r.positives.Top1, r.positives.Images)
	line("specificity", r.Specificity.Percent(), "%d of %d negative", r.negatives.Top1, r.negatives.Images)
}
