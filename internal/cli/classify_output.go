package cli

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"bagnet"

	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// Output formats.
const (
	formatText = "text"
	formatJSON = "json"
	formatCSV  = "csv"
)

// record is what classify has to say about one input: predictions or err.
type record struct {
	path          string
	width, height int // of the image file, pixels
	predictions   []bagnet.Prediction
	err           error
}

// recordWriter writes records to stdout, each whole and at once.
type recordWriter interface {
	begin() error // what stands before the first record
	write(record) error
}

// newRecordWriter makes the writer for a format. lines asks for text of one
// line a record.
func newRecordWriter(s *terminal.Streams, format, model string, lines bool) recordWriter {
	switch {
	case format == formatJSON:
		return &jsonWriter{streams: s, model: model}
	case format == formatCSV:
		return &csvWriter{streams: s}
	case lines:
		return &lineWriter{streams: s}
	}
	return &blockWriter{streams: s}
}

// blockWriter writes an aligned block for each image: its path, then a line
// for each prediction.
type blockWriter struct {
	streams *terminal.Streams
	begun   bool
}

func (w *blockWriter) begin() error { return nil }

func (w *blockWriter) write(r record) error {
	if r.err != nil {
		return nil // stderr has it
	}
	var b bytes.Buffer
	if w.begun {
		b.WriteByte('\n')
	}
	w.begun = true
	fmt.Fprintf(&b, "%s\n", text.Path(r.path))
	for _, p := range r.predictions {
		fmt.Fprintf(&b, "%8.2f%%  %s\n", 100*p.Probability, text.OneLine(p.Label))
	}
	return w.streams.Write(b.Bytes())
}

// lineWriter writes path, label and probability of the first prediction with
// tabs between.
type lineWriter struct{ streams *terminal.Streams }

func (w *lineWriter) begin() error { return nil }

func (w *lineWriter) write(r record) error {
	if r.err != nil {
		return nil // stderr has it
	}
	top := r.predictions[0]
	return w.streams.Printf("%s\t%s\t%.6f\n", text.Path(r.path), text.OneLine(top.Label), top.Probability)
}

// jsonWriter writes one object a line.
type jsonWriter struct {
	streams *terminal.Streams
	model   string
}

func (w *jsonWriter) begin() error { return nil }

func (w *jsonWriter) write(r record) error {
	if r.err != nil {
		return writeFailure(w.streams, r.path, r.err)
	}
	return writeJSON(w.streams, struct {
		Path        string              `json:"path"`
		Model       string              `json:"model"`
		Width       int                 `json:"width"`
		Height      int                 `json:"height"`
		Predictions []bagnet.Prediction `json:"predictions"`
	}{r.path, w.model, r.width, r.height, r.predictions})
}

// writeFailure writes the object for an image that failed.
func writeFailure(s *terminal.Streams, path string, err error) error {
	return writeJSON(s, struct {
		Path  string `json:"path"`
		Error string `json:"error"`
	}{path, err.Error()})
}

// writeJSON writes v to stdout as one line of JSON.
func writeJSON(s *terminal.Streams, v any) error {
	line, err := text.JSON(v)
	if err != nil {
		return err
	}
	return s.Write(line)
}

// csvWriter writes a header, then a line for each prediction or failed image
// (RFC 4180 quoting).
type csvWriter struct{ streams *terminal.Streams }

func (w *csvWriter) begin() error {
	return w.rows([][]string{{"path", "rank", "index", "id", "label", "logit", "probability", "error"}})
}

func (w *csvWriter) write(r record) error {
	if r.err != nil {
		return w.rows([][]string{{r.path, "", "", "", "", "", "", r.err.Error()}})
	}
	rows := make([][]string, len(r.predictions))
	for i, p := range r.predictions {
		rows[i] = []string{
			r.path, strconv.Itoa(i + 1), strconv.Itoa(p.Index), p.ID, p.Label,
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
	return w.streams.Write(b.Bytes())
}
