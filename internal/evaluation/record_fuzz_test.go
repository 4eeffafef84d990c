package evaluation

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/results"
	"bagnet/internal/testkit"
	"bagnet/internal/text"
)

var resultClasses = []class.Class{{Index: 0, ID: "n1", Label: "tench"}, {Index: 1, Label: "crane"}}

// FuzzResults reads files of predictions: what counts of one is whole lines,
// and a line that was written is read as it was.
func FuzzResults(f *testing.F) {
	line, err := text.JSON(&Record{Head: results.Head{Path: "a.jpg", Run: "01234567"}, Label: &resultClasses[0],
		Predictions: []bagnet.Prediction{{Class: bagnet.Class(resultClasses[1]), Logit: 1.5, Probability: 0.25}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(append(slices.Clone(line), line[:20]...))
	f.Add([]byte(`{"path":"\u0000","run":"xyz"}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		lines, size, err := results.CompleteLines(bytes.NewReader(content))
		if err != nil || lines != bytes.Count(content, []byte{'\n'}) || size != int64(bytes.LastIndexByte(content, '\n')+1) {
			t.Fatalf("%d lines in %d bytes of %q: %v", lines, size, content, err)
		}
		for line := range bytes.Lines(content[:size]) {
			_, r, err := results.Parse[Record](line)
			testkit.CheckMessage(t, err)
			if err != nil {
				continue
			}
			again, err := text.JSON(r)
			if err != nil {
				continue // not finite, which JSON cannot be
			}
			if _, s, err := results.Parse[Record](again); err != nil || s.Path != r.Path || s.Run != r.Run || len(s.Predictions) != len(r.Predictions) {
				t.Fatalf("%q became %q: %v", line, again, err)
			}
			classes, err := class.Choose("", make([]class.Class, 1+rand.IntN(1000)), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Mismatch(&results.Trial{Image: dataset.Image{Path: r.Path}, Class: 0}, classes)
		}
	})
}
