package evaluation

import (
	"time"

	"bagnet/internal/class"
	"bagnet/internal/paper"
	"bagnet/internal/results"
)

// Sums count the answers of a run, or of its parts, for the report.
type Sums struct {
	About
	Chosen   class.Choice  // the classes that answers are taken from
	Measured int           // images that went through the network
	Took     time.Duration // for these

	answers *Evaluation // of classes by their places
	two     *Two        // nil unless there are two
}

// NewSums are those of nothing yet. Of two classes the one called positive is that, and f says
// what asks for it; mistakes is how many of them the report names.
func NewSums(f Flags, about About, positive string, mistakes int) (*Sums, error) {
	chosen := class.ChoiceOf(about.Classes, about.Among)
	found, err := FindPositive(f, positive, about.Classes, chosen)
	if err != nil {
		return nil, err
	}
	return &Sums{About: about, Chosen: chosen, answers: New(len(chosen.Classes), mistakes), two: NewTwo(chosen, about.Outputs, found)}, nil
}

// Add counts the record of an image whose class is known and that did not fail.
func (s *Sums) Add(t *results.Trial, record *Record) {
	s.answers.Add(record.Result(t, s.Chosen.Places))
	if s.two != nil {
		s.two.Add(s.Chosen.Places[t.Class], record.Predictions)
	}
}

// AddPart counts what there is to say of a part beside its records.
func (s *Sums) AddPart(c Counts) {
	s.Measured += c.Measured
	s.Took += time.Duration(c.Seconds * float64(time.Second))
}

// Report is about what was counted until now. run says how many images there were.
func (s *Sums) Report(run Run) *Report {
	run.Model, run.Classes, run.Sampling, run.Two = s.Model, s.Chosen, s.Sampling, s.two
	run.Measured, run.Took = s.Measured, s.Took
	return s.answers.Report(run)
}

// Matrix returns the confusions, as a table or drawn by the software of that name.
func (s *Sums) Matrix(format paper.Format, software string) ([]byte, error) {
	return s.answers.ConfusionFile(format, software, s.Model, s.Chosen.Classes)
}
