package evidence

import (
	"bytes"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/output"
)

var tench, ball = class.Class{Index: 0, ID: "n0", Label: "tench"}, class.Class{Index: 1, ID: "n1", Label: "ball"}

// TestAsk has the class to compare with computed once.
func TestAsk(t *testing.T) {
	for _, c := range []struct {
		q    Question
		want []int
	}{
		{Question{Classes: []class.Class{ball}}, []int{1}},
		{Question{Classes: []class.Class{ball}, Versus: &tench}, []int{1, 0}},
		{Question{Classes: []class.Class{ball, tench}, Versus: &tench}, []int{1, 0}},
		{Question{}, nil},
	} {
		var o bagnet.PatchOptions
		c.q.Ask(&o)
		var got []int
		for _, class := range o.Classes {
			got = append(got, class.Index)
		}
		if !slices.Equal(got, c.want) || (o.Choose == nil) != (c.want != nil) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
}

// TestMap says what a map shows, to people, to programs and in its picture.
func TestMap(t *testing.T) {
	d := &Drawer{Software: "software", Model: "a\nmodel", Colormap: "viridis", Border: "pale"}
	m := &Map{Path: "p.png", Class: ball, Logit: 2, Mean: 1.75, Residual: 0.25, Probability: 0.5, Rows: 1, Cols: 2, Scale: 4, Output: "o.png"}
	if got, want := m.Row(), "p.png\tball\t2\t0.500000\to.png\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := m.Text(), "p.png\n  ball: logit 2, probability 50.00%; mean of the native grid 1.75, residual 0.2\n  1 x 2 patches, colours to 4: o.png\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	versus := bagnet.Class(tench)
	m.Versus = &versus
	if got, want := m.Row(), "p.png\tball minus tench\t2\t0.500000\to.png\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if sees := beyond(bagnet.Grid{Patch: 33, Sees: 33}); sees != 0 {
		t.Errorf("a BagNet's patch sees %d pixels beside itself", sees)
	}
	m.Sees = beyond(bagnet.Grid{Patch: 32, Sees: 435})
	var b bytes.Buffer
	for _, text := range d.texts(m, "0123abcd") {
		b.WriteString(text.Key + "=" + text.Value + ";")
	}
	for _, want := range []string{"Software=software;", output.TextContents + "=0123abcd;", "Source=p.png;", "bagnet:scale=4;", "bagnet:border=pale;", "bagnet:sees=435;", "bagnet:versus=" + class.Full(tench) + ";"} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("%s lacks %s", b.Bytes(), want)
		}
	}
}

func TestFileName(t *testing.T) {
	for path, want := range map[string]string{"a.png": "a.png", "val/tench/a.png": "a.png", "x.tar/dir/a.jpg": "a.jpg", "stdin": "stdin", "-/dir/a.jpg": "a.jpg"} {
		if got := fileName(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestArrayRow(t *testing.T) {
	a := &Array{Path: "p.png", Kind: Logits, Rows: 2, Cols: 3, Channels: 4, Output: "o.npy"}
	if got, want := a.Row(), "p.png\tlogits\t2 x 3 x 4\to.npy\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAttribution says what a map of another kind shows, to people, to programs and in its
// picture.
func TestAttribution(t *testing.T) {
	values := make([]float32, 3*4*4)
	plain, err := bagnet.FromTensor(tensor.New(tensor.WithShape(4, 4, 3), tensor.WithBacking(values)))
	if err != nil {
		t.Fatal(err)
	}
	s := attribution.Default(attribution.DeepLIFT)
	method, _ := attribution.Find(s.Method)
	m := &attribution.Map{Method: method, Class: bagnet.Class(ball), Logit: 2, Probability: 0.5, Values: make([]float32, 16), Rows: 4, Cols: 4, Against: -1, Sum: 2.5, Residual: -0.5}
	d := &Drawer{Software: "software", Model: "model", Colormap: "RdBu_r", Percentile: 99, Style: "heatmap"}
	if _, _, err := d.DrawAttribution("p.png", "0123abcd", "", plain, &s, m); err == nil {
		t.Error("a picture of an image that is known as a tensor only")
	}
	if got, want := inWords(&s, m), "DeepLIFT: each pixel's share of the logit's difference to the baseline (baseline mean); all pixels 2.5, the difference 3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s = attribution.Default(attribution.SmoothGrad)
	method, _ = attribution.Find(s.Method)
	if got, want := inWords(&s, &attribution.Map{Method: method}), "SmoothGrad: "+method.Says+" (samples 25, noise 0.15, seed 0)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	a := &Attribution{Path: "p.png", Class: ball, Logit: 2, Probability: 0.5, Rows: 3, Cols: 4, Scale: 0.25, words: "words"}
	a.Written("o.png")
	if got, want := a.Row(), "p.png\tball\t2\t0.500000\to.png\n"; got != want || a.Label() != "ball" {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := a.Text(), "p.png\n  ball: logit 2, probability 50.00%\n  words\n  3 x 4 values, colours to 0.25: o.png\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
