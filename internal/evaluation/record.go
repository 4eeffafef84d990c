package evaluation

import (
	"context"
	"fmt"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
)

// A Record is a line of a file of results: the answer to an image, or why there is none.
type Record struct {
	results.Head
	Label       *class.Class        `json:"label"` // the truth; null if not known
	Predictions []bagnet.Prediction `json:"predictions,omitempty"`
	Error       string              `json:"error,omitempty"`
}

// Measure makes the record of a trial in a run: the model's answer among the classes that were
// chosen, or why there is none.
func Measure(ctx context.Context, model *bagnet.Model, classes []class.Class, chosen class.Choice, t *results.Trial, run string) *Record {
	record := &Record{Head: results.Head{Path: t.Path, Run: run}}
	if t.Class != class.None {
		record.Label = &classes[t.Class]
	}
	err := t.Err
	if err == nil {
		err = t.Picture.Err
	}
	if err == nil {
		err = pipeline.Guard(func() error {
			answer, err := model.Classify(ctx, t.Picture.Pixels)
			if err != nil {
				return err
			}
			if chosen.Among != nil {
				answer = answer.Among(chosen.Among)
			}
			record.Predictions = answer.Top(TopFive)
			return nil
		})
	}
	if err != nil {
		record.Error = err.Error()
	}
	return record
}

// Result is the answer to a trial whose class is known. Its classes are places, by index.
func (r *Record) Result(t *results.Trial, places []int) Result {
	result := Result{Path: t.Path, Class: places[t.Class]}
	for _, p := range r.Predictions {
		result.Predictions = append(result.Predictions, Prediction{Class: places[p.Index], Probability: p.Probability})
	}
	return result
}

// Mismatch says why a record about the image of a trial, made by an earlier run, is not an
// answer that this run could give: one among the classes that have a place. It is "" if
// the record is one, or about a failure.
func (r *Record) Mismatch(t *results.Trial, classes class.Choice) string {
	if r.Error != "" {
		return ""
	}
	if r.Label == nil || r.Label.Index != t.Class {
		return fmt.Sprintf("the true class of %q was another", r.Path)
	}
	valid := len(r.Predictions) == min(TopFive, len(classes.Classes))
	for _, p := range r.Predictions {
		valid = valid && p.Index >= 0 && p.Index < len(classes.Places) && classes.Places[p.Index] != class.None && p.Probability >= 0 && p.Probability <= 1
	}
	if !valid {
		return "it is damaged"
	}
	return ""
}

// Damage says why no run among the classes that have a place can have made a record; "" if
// one can.
func (r *Record) Damage(classes class.Choice) string {
	t := results.TrialOf(r.Path, r.Label)
	if t.Class != class.None && (t.Class < 0 || t.Class >= len(classes.Places) || classes.Places[t.Class] == class.None) {
		return fmt.Sprintf("the record of %q is damaged", r.Path)
	}
	return r.Mismatch(t, classes)
}
