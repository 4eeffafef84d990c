package cli

import (
	"encoding/json"
	"fmt"
	"math"

	"bagnet/internal/evaluation"
	"bagnet/internal/loader"
)

// evaluationReport is what evaluate has to say, as it is in JSON.
type evaluationReport struct {
	Model             string              `json:"model"`
	Images            int                 `json:"images"`
	Failed            int                 `json:"failed"`
	Unlabelled        int                 `json:"unlabelled"`
	Evaluated         int                 `json:"evaluated"`
	Top1              ratio               `json:"top1"`
	Top5              ratio               `json:"top5"`
	MeanClassAccuracy ratio               `json:"mean_class_accuracy"`
	ECE               ratio               `json:"ece"`
	ImagesPerSecond   ratio               `json:"images_per_second"`
	Seconds           float64             `json:"seconds"`
	Interrupted       bool                `json:"interrupted"`
	Classes           []classReport       `json:"classes"`
	Calibration       []calibrationReport `json:"calibration"`
	Mistakes          []mistakeReport     `json:"mistakes"`
	Among             int                 `json:"among,omitempty"` // classes, of --among
	Of                int                 `json:"of,omitempty"`    // images, of which --limit chose some
	Seed              *uint64             `json:"seed,omitempty"`
	*twoClassesReport
	QuadraticKappa *ratio `json:"quadratic_kappa,omitempty"`

	total      evaluation.Class
	confidence ratio
	few        bool // classes: all are among the five likeliest
}

// classReport is about the images of one class.
type classReport struct {
	Class       loader.Class     `json:"class"`
	Images      int              `json:"images"`
	Top1        ratio            `json:"top1"`
	Top5        ratio            `json:"top5"`
	MistakenFor *confusionReport `json:"mistaken_for,omitempty"`
}

// confusionReport is the class that was most often given instead of another.
type confusionReport struct {
	loader.Class
	Images int `json:"images"`
}

type calibrationReport struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Images     int     `json:"images"`
	Accuracy   ratio   `json:"accuracy"`
	Confidence ratio   `json:"confidence"`
}

type mistakeReport struct {
	Path        string       `json:"path"`
	Label       loader.Class `json:"label"`
	Predicted   loader.Class `json:"predicted"`
	Probability float64      `json:"probability"`
}

// ratio is a number that is NaN, and null in JSON, where nothing was counted.
type ratio float64

// MarshalJSON returns the number, or null if it is not finite.
func (r ratio) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(r)) || math.IsInf(float64(r), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(r))
}

// UnmarshalJSON takes a number, or null for NaN.
func (r *ratio) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*r = ratio(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(r))
}

// percent is the number for people, in six columns and the sign.
func (r ratio) percent() string {
	if math.IsNaN(float64(r)) {
		return "      -"
	}
	return fmt.Sprintf("%6.2f%%", 100*r)
}

// report is about what was evaluated until now.
func (e *evaluating) report(interrupted bool) *evaluationReport {
	total := e.sums.Total()
	mean, _ := e.sums.MeanClassAccuracy()
	r := &evaluationReport{
		Model: e.source.net.name, Images: e.done, Failed: e.failed, Unlabelled: e.unlabelled, Evaluated: total.Images,
		Top1:              ratio(evaluation.Share(total.Top1, total.Images)),
		MeanClassAccuracy: ratio(mean),
		ECE:               ratio(e.sums.CalibrationError()),
		ImagesPerSecond:   ratio(math.NaN()),
		Seconds:           e.seconds(),
		Interrupted:       interrupted,
		Classes:           []classReport{}, Mistakes: []mistakeReport{}, // not null in JSON
		Among: len(e.classes.among), Of: e.all, twoClassesReport: e.two.report(e.sums),
		total: total, confidence: ratio(e.sums.Confidence()),
	}
	topFive := func(c evaluation.Class) ratio {
		if len(e.classes.classes) <= evaluation.TopFive { // any answer would do
			return ratio(math.NaN())
		}
		return ratio(evaluation.Share(c.Top5, c.Images))
	}
	r.Top5 = topFive(total)
	if e.options.limit > 0 {
		r.Seed = &e.options.seed
	}
	if e.options.ordinal {
		kappa := ratio(e.sums.QuadraticKappa())
		r.QuadraticKappa = &kappa
	}
	if r.Seconds > 0 {
		r.ImagesPerSecond = ratio(float64(e.ran) / r.Seconds)
	}
	classes := e.classes.classes
	r.few = len(classes) <= evaluation.TopFive
	for i, c := range e.sums.Classes() {
		if c.Images == 0 {
			continue
		}
		class := classReport{Class: classes[i], Images: c.Images,
			Top1: ratio(evaluation.Share(c.Top1, c.Images)), Top5: topFive(c)}
		if other, images := c.MostMistaken(); images > 0 {
			class.MistakenFor = &confusionReport{classes[other], images}
		}
		r.Classes = append(r.Classes, class)
	}
	for _, b := range e.sums.Calibration() {
		r.Calibration = append(r.Calibration, calibrationReport{b.From, b.To, b.Images, ratio(b.Accuracy), ratio(b.Confidence)})
	}
	for _, m := range e.sums.Mistakes() {
		r.Mistakes = append(r.Mistakes, mistakeReport{m.Path, classes[m.Class], classes[m.Predicted], m.Probability})
	}
	return r
}

func (e *evaluating) print(r *evaluationReport) error {
	if e.options.format.value == formatJSON {
		return writeJSON(e.streams, r)
	}
	return e.streams.write(r.text())
}
