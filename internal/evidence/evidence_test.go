package evidence

import (
	"bytes"
	"slices"
	"testing"

	"bagnet"
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
	d := &Drawer{Software: "software", Model: "a\nmodel", Colormap: "viridis"}
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
	for _, want := range []string{"Software=software;", output.TextContents + "=0123abcd;", "Source=p.png;", "bagnet:scale=4;", "bagnet:sees=435;", "bagnet:versus=" + class.Full(tench) + ";"} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("%s lacks %s", b.Bytes(), want)
		}
	}
}

func TestArrayRow(t *testing.T) {
	a := &Array{Path: "p.png", Kind: Logits, Rows: 2, Cols: 3, Channels: 4, Output: "o.npy"}
	if got, want := a.Row(), "p.png\tlogits\t2 x 3 x 4\to.npy\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
