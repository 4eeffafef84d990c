// Package predictions writes what images were taken for: for people, a line each, as
// JSON and as CSV.
package predictions

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"bagnet"
	"bagnet/internal/text"
)

// A Record is what there is to say about one image: predictions or why there are none.
type Record struct {
	Path          string
	Width, Height int // of the image file, pixels
	Predictions   []bagnet.Prediction
	Err           error
}

// A Writer writes records, each whole and at once.
type Writer interface {
	Begin() error // what stands before the first record
	Write(Record) error
}

// Formats of a Writer.
const (
	Text = "text" // an aligned block for each image
	Line = "line" // path, label and probability of the first prediction, with tabs between
	JSON = "json" // an object a line
	CSV  = "csv"  // a header, then a line for each prediction
)

// NewWriter makes the writer of a format. model is for JSON; write is given whole records.
func NewWriter(format, model string, write func([]byte) error) Writer {
	switch format {
	case JSON:
		return &jsonWriter{write, model}
	case CSV:
		return &csvWriter{write}
	case Line:
		return &lineWriter{write}
	}
	return &blockWriter{out: write}
}

// blockWriter writes an aligned block for each image: its path, then a line
// for each prediction.
type blockWriter struct {
	out   func([]byte) error
	begun bool
}

func (w *blockWriter) Begin() error { return nil }

func (w *blockWriter) Write(r Record) error {
	if r.Err != nil {
		return nil // stderr has it
	}
	var b bytes.Buffer
	if w.begun {
		b.WriteByte('\n')
	}
	w.begun = true
	fmt.Fprintf(&b, "%s\n", text.Path(r.Path))
	for _, p := range r.Predictions {
		fmt.Fprintf(&b, "%8.2f%%  %s\n", 100*p.Probability, text.OneLine(p.Label))
	}
	return w.out(b.Bytes())
}

// lineWriter writes path, label and probability of the first prediction with
// tabs between.
type lineWriter struct{ out func([]byte) error }

func (w *lineWriter) Begin() error { return nil }

func (w *lineWriter) Write(r Record) error {
	if r.Err != nil {
		return nil // stderr has it
	}
	top := r.Predictions[0]
	return w.out(fmt.Appendf(nil, "%s\t%s\t%.6f\n", text.Path(r.Path), text.OneLine(top.Label), top.Probability))
}

// jsonWriter writes one object a line.
type jsonWriter struct {
	out   func([]byte) error
	model string
}

func (w *jsonWriter) Begin() error { return nil }

func (w *jsonWriter) Write(r Record) error {
	if r.Err != nil {
		return w.failure(r)
	}
	return w.object(struct {
		Path        string              `json:"path"`
		Model       string              `json:"model"`
		Width       int                 `json:"width"`
		Height      int                 `json:"height"`
		Predictions []bagnet.Prediction `json:"predictions"`
	}{r.Path, w.model, r.Width, r.Height, r.Predictions})
}

// failure writes the object for an image that failed.
func (w *jsonWriter) failure(r Record) error { return w.object(NewFailure(r.Path, r.Err)) }

func (w *jsonWriter) object(v any) error {
	line, err := text.JSON(v)
	if err != nil {
		return err
	}
	return w.out(line)
}

// A Failure is an image that failed, in JSON.
type Failure struct {
	Path  string `json:"path"`
	Error string `json:"error"`
}

// NewFailure says why the image at path failed.
func NewFailure(path string, err error) Failure { return Failure{path, err.Error()} }

// csvWriter writes a header, then a line for each prediction or failed image
// (RFC 4180 quoting).
type csvWriter struct{ out func([]byte) error }

func (w *csvWriter) Begin() error {
	return w.rows([][]string{{"path", "rank", "index", "id", "label", "logit", "probability", "error"}})
}

func (w *csvWriter) Write(r Record) error {
	if r.Err != nil {
		return w.rows([][]string{{r.Path, "", "", "", "", "", "", r.Err.Error()}})
	}
	rows := make([][]string, len(r.Predictions))
	for i, p := range r.Predictions {
		rows[i] = []string{
			r.Path, strconv.Itoa(i + 1), strconv.Itoa(p.Index), p.ID, p.Label,
			strconv.FormatFloat(float64(p.Logit), 'g', -1, 32),
			strconv.FormatFloat(p.Probability, 'g', -1, 64), "",
		}
	}
	return w.rows(rows)
}

func (w *csvWriter) rows(rows [][]string) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("encoding CSV: %w", err)
	}
	return w.out(b.Bytes())
}
