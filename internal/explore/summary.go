package explore

import (
	"fmt"

	"bagnet"
	"bagnet/internal/text"
)

// A Summary is what there is to say about one picture on a page, as an object in JSON.
type Summary struct {
	Path        string       `json:"path"`
	Class       bagnet.Class `json:"class"`
	Logit       float32      `json:"logit"`
	Probability float64      `json:"probability"`
	Patch       int          `json:"patch"`
	Stride      int          `json:"stride"`
	Rows        int          `json:"rows"`
	Cols        int          `json:"cols"`
	Classes     int          `json:"classes"`
	Total       int          `json:"total"`
	Output      string       `json:"output"`
}

// NewSummary sums up the patches of the picture at path, of a network that knows total
// classes, on the page at output.
func NewSummary(path string, p *bagnet.Patches, total int, output string) Summary {
	best := p.Answer.Top(1)[0]
	return Summary{
		Path: path, Class: best.Class, Logit: best.Logit, Probability: best.Probability, Patch: p.Patch, Stride: p.Stride,
		Rows: p.Rows, Cols: p.Cols, Classes: len(p.Classes), Total: total, Output: output,
	}
}

// Row is the line for programs, with tabs between its fields.
func (s *Summary) Row() string {
	return fmt.Sprintf("%s\t%s\t%.6g\t%.6f\t%s\n", text.Path(s.Path), text.OneLine(s.Class.Label), s.Logit, s.Probability, text.Path(s.Output))
}
