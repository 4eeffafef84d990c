package evaluation

import (
	"math"
	"time"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/text"
)

// Report is what evaluate has to say, as it is in JSON.
type Report struct {
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
	Classes           []ClassReport       `json:"classes"`
	Calibration       []CalibrationReport `json:"calibration"`
	Mistakes          []MistakeReport     `json:"mistakes"`
	Among             int                 `json:"among,omitempty"` // classes, of --among
	dataset.Sampling
	*TwoReport
	QuadraticKappa *text.Ratio `json:"quadratic_kappa,omitempty"`

	total      Class
	confidence text.Ratio
	few        bool // there are so few classes that all are among the five likeliest
}

// ClassReport is about the images of one class.
type ClassReport struct {
	Class       class.Class      `json:"class"`
	Images      int              `json:"images"`
	Top1        text.Ratio       `json:"top1"`
	Top5        text.Ratio       `json:"top5"`
	MistakenFor *ConfusionReport `json:"mistaken_for,omitempty"`
}

// ConfusionReport is the class that was most often given instead of another.
type ConfusionReport struct {
	class.Class
	Images int `json:"images"`
}

// A CalibrationReport is about the answers of one range of confidence.
type CalibrationReport struct {
	From       float64    `json:"from"`
	To         float64    `json:"to"`
	Images     int        `json:"images"`
	Accuracy   text.Ratio `json:"accuracy"`
	Confidence text.Ratio `json:"confidence"`
}

// A MistakeReport is about one image that was taken for another class.
type MistakeReport struct {
	Path        string      `json:"path"`
	Label       class.Class `json:"label"`
	Predicted   class.Class `json:"predicted"`
	Probability float64     `json:"probability"`
}

// A Run is what a report says beside what was counted.
type Run struct {
	Model              string
	Images             int // that the run came to
	Failed, Unlabelled int
	Measured           int           // images that went through the network, in Took
	Took               time.Duration // from the first one's decoding to the last one's result
	Interrupted        bool
	Classes            class.Choice
	dataset.Sampling
	Ordinal bool // the classes are grades
	Two     *Two // nil unless there are two classes
}

// Report is about what was counted until now.
func (e *Evaluation) Report(run Run) *Report {
	total := e.Total()
	mean, _ := e.MeanClassAccuracy()
	r := &Report{
		Model: run.Model, Images: run.Images, Failed: run.Failed, Unlabelled: run.Unlabelled, Evaluated: total.Images,
		Top1:              text.Ratio(Share(total.Top1, total.Images)),
		MeanClassAccuracy: text.Ratio(mean),
		ECE:               text.Ratio(e.CalibrationError()),
		ImagesPerSecond:   text.Ratio(math.NaN()),
		Seconds:           run.Took.Seconds(),
		Interrupted:       run.Interrupted,
		Classes:           []ClassReport{}, Mistakes: []MistakeReport{}, // not null in JSON
		Among: len(run.Classes.Among), Sampling: run.Sampling, TwoReport: run.Two.report(e),
		total: total, confidence: text.Ratio(e.Confidence()),
	}
	topFive := func(c Class) text.Ratio {
		if len(run.Classes.Classes) <= TopFive { // any answer would do
			return text.Ratio(math.NaN())
		}
		return text.Ratio(Share(c.Top5, c.Images))
	}
	r.Top5 = topFive(total)
	if run.Ordinal {
		kappa := text.Ratio(e.QuadraticKappa())
		r.QuadraticKappa = &kappa
	}
	if r.Seconds > 0 {
		r.ImagesPerSecond = text.Ratio(float64(run.Measured) / r.Seconds)
	}
	classes := run.Classes.Classes
	r.few = len(classes) <= TopFive
	for i, c := range e.Classes() {
		if c.Images == 0 {
			continue
		}
		class := ClassReport{Class: classes[i], Images: c.Images,
			Top1: text.Ratio(Share(c.Top1, c.Images)), Top5: topFive(c)}
		if other, images := c.MostMistaken(); images > 0 {
			class.MistakenFor = &ConfusionReport{classes[other], images}
		}
		r.Classes = append(r.Classes, class)
	}
	for _, b := range e.Calibration() {
		r.Calibration = append(r.Calibration, CalibrationReport{b.From, b.To, b.Images, text.Ratio(b.Accuracy), text.Ratio(b.Confidence)})
	}
	for _, m := range e.Mistakes() {
		r.Mistakes = append(r.Mistakes, MistakeReport{m.Path, classes[m.Class], classes[m.Predicted], m.Probability})
	}
	return r
}
