package cli

import (
	"math"

	"bagnet/internal/class"
	"bagnet/internal/evaluation"
	"bagnet/internal/text"
)

// evaluationReport is what evaluate has to say, as it is in JSON.
type evaluationReport struct {
	Model             string              `json:"model"`
	Images            int                 `json:"images"`
	Failed            int                 `json:"failed"`
	Unlabelled        int                 `json:"unlabelled"`
	Evaluated         int                 `json:"evaluated"`
	Top1              text.Ratio          `json:"top1"`
	Top5              text.Ratio          `json:"top5"`
	MeanClassAccuracy text.Ratio          `json:"mean_class_accuracy"`
	ECE               text.Ratio          `json:"ece"`
	ImagesPerSecond   text.Ratio          `json:"images_per_second"`
	Seconds           float64             `json:"seconds"`
	Interrupted       bool                `json:"interrupted"`
	Classes           []classReport       `json:"classes"`
	Calibration       []calibrationReport `json:"calibration"`
	Mistakes          []mistakeReport     `json:"mistakes"`
	Among             int                 `json:"among,omitempty"` // classes, of --among
	Of                int                 `json:"of,omitempty"`    // images, of which --limit chose some
	Seed              *uint64             `json:"seed,omitempty"`
	*twoClassesReport
	QuadraticKappa *text.Ratio `json:"quadratic_kappa,omitempty"`

	total      evaluation.Class
	confidence text.Ratio
	few        bool // classes: all are among the five likeliest
}

// classReport is about the images of one class.
type classReport struct {
	Class       class.Class      `json:"class"`
	Images      int              `json:"images"`
	Top1        text.Ratio       `json:"top1"`
	Top5        text.Ratio       `json:"top5"`
	MistakenFor *confusionReport `json:"mistaken_for,omitempty"`
}

// confusionReport is the class that was most often given instead of another.
type confusionReport struct {
	class.Class
	Images int `json:"images"`
}

type calibrationReport struct {
	From       float64    `json:"from"`
	To         float64    `json:"to"`
	Images     int        `json:"images"`
	Accuracy   text.Ratio `json:"accuracy"`
	Confidence text.Ratio `json:"confidence"`
}

type mistakeReport struct {
	Path        string      `json:"path"`
	Label       class.Class `json:"label"`
	Predicted   class.Class `json:"predicted"`
	Probability float64     `json:"probability"`
}

// report is about what was evaluated until now.
func (e *evaluating) report(interrupted bool) *evaluationReport {
	total := e.sums.Total()
	mean, _ := e.sums.MeanClassAccuracy()
	r := &evaluationReport{
		Model: e.source.net.Name(), Images: e.done, Failed: e.failed, Unlabelled: e.unlabelled, Evaluated: total.Images,
		Top1:              text.Ratio(evaluation.Share(total.Top1, total.Images)),
		MeanClassAccuracy: text.Ratio(mean),
		ECE:               text.Ratio(e.sums.CalibrationError()),
		ImagesPerSecond:   text.Ratio(math.NaN()),
		Seconds:           e.seconds(),
		Interrupted:       interrupted,
		Classes:           []classReport{}, Mistakes: []mistakeReport{}, // not null in JSON
		Among: len(e.classes.Among), Of: e.all, twoClassesReport: e.two.report(e.sums),
		total: total, confidence: text.Ratio(e.sums.Confidence()),
	}
	topFive := func(c evaluation.Class) text.Ratio {
		if len(e.classes.Classes) <= evaluation.TopFive { // any answer would do
			return text.Ratio(math.NaN())
		}
		return text.Ratio(evaluation.Share(c.Top5, c.Images))
	}
	r.Top5 = topFive(total)
	if e.options.limit > 0 {
		r.Seed = &e.options.seed
	}
	if e.options.ordinal {
		kappa := text.Ratio(e.sums.QuadraticKappa())
		r.QuadraticKappa = &kappa
	}
	if r.Seconds > 0 {
		r.ImagesPerSecond = text.Ratio(float64(e.ran) / r.Seconds)
	}
	classes := e.classes.Classes
	r.few = len(classes) <= evaluation.TopFive
	for i, c := range e.sums.Classes() {
		if c.Images == 0 {
			continue
		}
		class := classReport{Class: classes[i], Images: c.Images,
			Top1: text.Ratio(evaluation.Share(c.Top1, c.Images)), Top5: topFive(c)}
		if other, images := c.MostMistaken(); images > 0 {
			class.MistakenFor = &confusionReport{classes[other], images}
		}
		r.Classes = append(r.Classes, class)
	}
	for _, b := range e.sums.Calibration() {
		r.Calibration = append(r.Calibration, calibrationReport{b.From, b.To, b.Images, text.Ratio(b.Accuracy), text.Ratio(b.Confidence)})
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
	return e.streams.Write(r.text())
}
