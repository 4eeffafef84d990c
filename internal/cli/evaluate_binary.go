package cli

import (
	"fmt"
	"math"

	"bagnet"

	"bagnet/internal/answer"
	"bagnet/internal/class"
	"bagnet/internal/evaluation"
	"bagnet/internal/text"
)

// twoClasses is what there is to say beside accuracy where there are two classes.
type twoClasses struct {
	positive class.Class
	place    int // of positive among the two
	ranking  evaluation.Ranking
}

// newTwoClasses finds the positive one of two classes: the one called so by
// --positive, else that of a network's one output, else the second. It is nil where
// there are not two.
func newTwoClasses(all []class.Class, c class.Choice, outputs int, positive string) (*twoClasses, error) {
	if len(c.Classes) != 2 {
		if positive != "" {
			return nil, usageErrorf("--positive is for two classes, but here are %d: --among may leave two", len(c.Classes))
		}
		return nil, nil
	}
	t := &twoClasses{place: 1}
	if outputs == 1 {
		t.place = answer.Positive
	}
	if positive != "" {
		found, err := findClass(all, positive)
		if err != nil {
			return nil, usageErrorf("--positive: %w", err)
		}
		if t.place = c.Places[found.Index]; t.place == class.None {
			return nil, usageErrorf("--positive: class %q is not among those of --among", text.OneLine(found.Label))
		}
	}
	t.positive = c.Classes[t.place]
	return t, nil
}

// add counts the answer to an image of the class at a place. The score is the
// logarithm of the odds of the positive class: unlike the probability, it does not
// run into 1.
func (t *twoClasses) add(place int, predictions []bagnet.Prediction, oneOutput bool) {
	var own, other float64
	for _, p := range predictions {
		if p.Index == t.positive.Index {
			own = float64(p.Logit)
		} else {
			other = float64(p.Logit)
		}
	}
	if oneOutput { // whose logits are each other's opposites
		other = 0
	}
	t.ranking.Add(own-other, place == t.place)
}

// twoClassesReport is the report on them.
type twoClassesReport struct {
	Positive    class.Class `json:"positive"`
	AUC         text.Ratio  `json:"auc"`
	Sensitivity text.Ratio  `json:"sensitivity"` // share of positive images that are called so
	Specificity text.Ratio  `json:"specificity"` // share of negative ones

	positives, negatives evaluation.Class
	over                 bool
}

func (t *twoClasses) report(sums *evaluation.Evaluation) *twoClassesReport {
	if t == nil {
		return nil
	}
	r := &twoClassesReport{Positive: t.positive, AUC: text.Ratio(t.ranking.AUC()), over: t.ranking.Over(),
		positives: sums.Classes()[t.place], negatives: sums.Classes()[1-t.place]}
	r.Sensitivity = text.Ratio(evaluation.Share(r.positives.Top1, r.positives.Images))
	r.Specificity = text.Ratio(evaluation.Share(r.negatives.Top1, r.negatives.Images))
	return r
}

// text is the report for people, lines of a table that line writes.
func (r *twoClassesReport) text(line func(name, value, format string, args ...any)) {
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
