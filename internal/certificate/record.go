package certificate

import (
	"context"
	"fmt"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
)

// A Record is a line of a file of results: what was found of an image, or why nothing was.
type Record struct {
	results.Head
	Image
	Error string `json:"error,omitempty"`
}

// Measure makes the record of a trial in a run: what is found of its image, one of the class
// that it has among classes, or why nothing is. explain says in an error what to do about it.
func (s Settings) Measure(ctx context.Context, model *bagnet.Model, classes []class.Class, t *results.Trial, run string, explain func(error) error) *Record {
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
			found, err := s.Certify(ctx, model, t.Picture.Pixels, record.Label)
			if err == nil {
				record.Image = *found
			}
			return err
		})
	}
	if err != nil {
		record.Error = explain(err).Error()
	}
	return record
}

// Mismatch says why a record about the image of a trial, made by an earlier run, is not
// one that this run could make of one of so many classes. It is "" if the record is one,
// or about a failure.
func (s Settings) Mismatch(t *results.Trial, r *Record, classes int) string {
	if r.Error != "" {
		return ""
	}
	if r.Label == nil || r.Label.Index != t.Class {
		return fmt.Sprintf("the true class of %q was another", r.Path)
	}
	const damaged = "it is damaged"
	if len(r.Results) != len(s.Methods)*len(s.Stickers) || r.Plain == nil || r.Largest == nil || r.Plain.Index < 0 || r.Plain.Index >= classes {
		return damaged
	}
	for i, result := range r.Results {
		if result.Method != s.Methods[i/len(s.Stickers)] || result.Size != s.Stickers[i%len(s.Stickers)].Name || result.Correct == nil {
			return damaged
		}
	}
	return ""
}

// About is what there is to say of a run beside its images. The parts of its shards have
// it.
type About struct {
	Model    string        `json:"model"`
	Classes  []class.Class `json:"classes"`
	Settings Settings      `json:"settings"`
	dataset.Sampling
}

// Valid reports whether a can be about a run.
func (a *About) Valid() bool {
	valid := len(a.Classes) > 0 && len(a.Settings.Methods) > 0 && len(a.Settings.Stickers) > 0
	for i, c := range a.Classes {
		valid = valid && c.Index == i
	}
	return valid
}

// Damage says why the run cannot have made a record; "" if it can.
func (a *About) Damage(r *Record) string {
	t := results.TrialOf(r.Path, r.Label)
	if t.Class < class.None || t.Class >= len(a.Classes) {
		return "a record is damaged"
	}
	return a.Settings.Mismatch(t, r, len(a.Classes))
}
