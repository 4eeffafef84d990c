package cli

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/metadata"
	"bagnet/internal/testkit"
)

var resultClasses = []class.Class{{Index: 0, ID: "n1", Label: "tench"}, {Index: 1, Label: "crane"}}

// FuzzResults reads files of predictions: what counts of one is whole lines,
// and a line that was written is read as it was.
func FuzzResults(f *testing.F) {
	line, err := jsonLine(&savedResult{recordHead: recordHead{"a.jpg", "01234567"}, Label: &resultClasses[0],
		Predictions: []bagnet.Prediction{{Class: resultClasses[1], Logit: 1.5, Probability: 0.25}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(append(slices.Clone(line), line[:20]...))
	f.Add([]byte(`{"path":"\u0000","run":"xyz"}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		lines, size, err := completeLines(bytes.NewReader(content))
		if err != nil || lines != bytes.Count(content, []byte{'\n'}) || size != int64(bytes.LastIndexByte(content, '\n')+1) {
			t.Fatalf("%d lines in %d bytes of %q: %v", lines, size, content, err)
		}
		for line := range bytes.Lines(content[:size]) {
			_, r, err := parseRecord[savedResult](line)
			testkit.CheckMessage(t, err)
			if err != nil {
				continue
			}
			again, err := jsonLine(r)
			if err != nil {
				continue // not finite, which JSON cannot be
			}
			if _, s, err := parseRecord[savedResult](again); err != nil || s.Path != r.Path || s.Run != r.Run || len(s.Predictions) != len(r.Predictions) {
				t.Fatalf("%q became %q: %v", line, again, err)
			}
			classes, err := class.Choose("", make([]class.Class, 1+rand.IntN(1000)), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.mismatch(trial{Image: dataset.Image{Path: r.Path}, class: 0}, classes)
		}
	})
}

// FuzzMetadata reads what a checkpoint says about its network.
func FuzzMetadata(f *testing.F) {
	f.Add("bagnet", "v1", "33", "[2,2,2,1]", `[{"id":"n01440764","label":"tench"}]`, `{"resize":160,"crop":160,"interpolation":"bilinear","mean":[0,0,0],"std":[1,1,1]}`)
	f.Add("pt", "", "", "", `["n01440764","dog"]`, "")
	f.Add("bagnet", "v2", "-1", "[0,0,0,0]", "[]", `{"std":[0,0,0]}`)
	f.Fuzz(func(t *testing.T, format, family, patch, strides, classes, preprocessing string) {
		m, err := metadata.Parse(map[string]string{"format": format, "family": family, "patch_size": patch,
			"strides": strides, "classes": classes, "preprocessing": preprocessing})
		testkit.CheckMessage(t, err)
		if err != nil || m.Preprocessing == nil {
			return
		}
		text, err := m.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.Parse(text)
		if err != nil || *again.Preprocessing != *m.Preprocessing || !slices.Equal(again.Classes, m.Classes) || again.Strides != m.Strides {
			t.Fatalf("metadata %+v became %+v: %v", m, again, err)
		}
	})
}
