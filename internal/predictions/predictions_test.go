package predictions

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"bagnet"
)

// made are the records of two images and of one that failed. A path and a label have
// what each format has to guard against.
func made() []Record {
	class := func(i int, id, label string, logit float32, p float64) bagnet.Prediction {
		return bagnet.Prediction{Class: bagnet.Class{Index: i, ID: id, Label: label}, Logit: logit, Probability: p}
	}
	return []Record{
		{Path: "a.png", Width: 3, Height: 2, Predictions: []bagnet.Prediction{class(7, "n01", "cock, rooster", 1.1, 0.75), class(2, "", "a \"b\"\n<c>", -0.25, 0.0625)}},
		{Path: "b\n.png", Err: errors.New("no image,\nreally")},
		{Path: "c, d.png", Width: 1, Height: 1, Predictions: []bagnet.Prediction{class(0, "", "x", 16777217, 1)}},
	}
}

// written is what a writer makes of records, a text for each call.
func written(t *testing.T, format string) (calls []string) {
	t.Helper()
	w := NewWriter(format, "mine", func(b []byte) error { calls = append(calls, string(b)); return nil })
	if err := w.Begin(); err != nil {
		t.Fatal(err)
	}
	for _, r := range made() {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	return calls
}

func TestText(t *testing.T) {
	want := "a.png\n   75.00%  cock, rooster\n    6.25%  a \"b\"\\n<c>\n|\nc, d.png\n  100.00%  x\n"
	if got := strings.Join(written(t, Text), "|"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLine(t *testing.T) {
	want := "a.png\tcock, rooster\t0.750000\n|c, d.png\tx\t1.000000\n"
	if got := strings.Join(written(t, Line), "|"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCSV reads the rows back.
func TestCSV(t *testing.T) {
	calls := written(t, CSV)
	rows, err := csv.NewReader(strings.NewReader(strings.Join(calls, ""))).ReadAll()
	want := [][]string{
		{"path", "rank", "index", "id", "label", "logit", "probability", "error"},
		{"a.png", "1", "7", "n01", "cock, rooster", "1.1", "0.75", ""},
		{"a.png", "2", "2", "", "a \"b\"\n<c>", "-0.25", "0.0625", ""},
		{"b\n.png", "", "", "", "", "", "", "no image,\nreally"},
		{"c, d.png", "1", "0", "", "x", "1.6777216e+07", "1", ""},
	}
	if err != nil || len(calls) != 4 || fmt.Sprintf("%q", rows) != fmt.Sprintf("%q", want) {
		t.Errorf("%d calls, %v\n%q\nwant\n%q", len(calls), err, rows, want)
	}
}

// TestJSON reads the objects back, and compares the whole text of one.
func TestJSON(t *testing.T) {
	calls := written(t, JSON)
	if len(calls) != 3 || strings.Count(strings.Join(calls, ""), "\n") != 3 {
		t.Fatalf("%q", calls)
	}
	type prediction struct {
		Index              int
		ID, Label          string
		Logit, Probability float64
	}
	var a struct {
		Path, Model   string
		Width, Height int
		Predictions   []prediction
	}
	d := json.NewDecoder(bytes.NewReader([]byte(calls[0])))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil || a.Path != "a.png" || a.Model != "mine" || a.Width != 3 || a.Height != 2 || len(a.Predictions) != 2 ||
		a.Predictions[0] != (prediction{7, "n01", "cock, rooster", 1.1, 0.75}) || a.Predictions[1] != (prediction{2, "", "a \"b\"\n<c>", -0.25, 0.0625}) {
		t.Errorf("%+v, %v", a, err)
	}
	if want := `{"path":"b\n.png","error":"no image,\nreally"}` + "\n"; calls[1] != want {
		t.Errorf("%s, want %s", calls[1], want)
	}
	want := `{"path":"c, d.png","model":"mine","width":1,"height":1,"predictions":[{"index":0,"id":"","label":"x","logit":16777216,"probability":1}]}` + "\n"
	if calls[2] != want {
		t.Errorf("%s, want %s", calls[2], want)
	}
}

// TestWritingFails returns the error of what is written to.
func TestWritingFails(t *testing.T) {
	full := errors.New("full")
	for _, format := range []string{Text, Line, JSON, CSV} {
		w := NewWriter(format, "", func([]byte) error { return full })
		if err := w.Write(made()[0]); !errors.Is(err, full) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
