package experiment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
	"bagnet/internal/text"
)

// TestMismatchedRecords has records that are about something else.
func TestMismatchedRecords(t *testing.T) {
	trial := &results.Trial{Image: dataset.Image{Path: "a", Ordinal: 3}, Class: 1}
	one, two, value := class.Class{Index: 1}, class.Class{Index: 2}, 5
	for _, tc := range []struct {
		record Record[int]
		want   string
	}{
		{Record[int]{Image: 3, Label: &one, Result: &value}, ""},
		{Record[int]{Image: 3, Label: &one, Error: "broken"}, ""},
		{Record[int]{Image: 4, Label: &one, Result: &value}, "was image 4, now it is 3"},
		{Record[int]{Image: 3, Label: &two, Result: &value}, "the class of"},
		{Record[int]{Image: 3, Result: &value}, "the class of"},
		{Record[int]{Image: 3, Label: &one}, "it is damaged"},
	} {
		if got := mismatch(trial, &tc.record); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%+v: %q, want %q", tc.record, got, tc.want)
		}
	}
}

// seen is what probing finds in one image.
type seen struct {
	H, W, Ordinal, Index, Class int
	Network                     string
	Chance                      uint64
	Nothing                     text.Ratio
}

// probing is an experiment that takes down what it is given. It fails on class 2.
type probing struct{ settings any }

func (probing) Name() string { return "probing" }

func (x probing) Basis() any { return x.settings }

var errProbing = errors.New("class 2 is not measured")

func (probing) Measure(_ context.Context, net *Network, it *Sample) (seen, error) {
	if it.Class == 2 {
		return seen{}, errProbing
	}
	return seen{it.H, it.W, it.Ordinal, it.Index, it.Class, net.Name, it.RNG.Uint64(), text.Ratio(math.NaN())}, nil
}

// pngOf is a file of a black picture.
func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// probe is a run on images with ordinals of their own, whose last ones are too large, not
// there, of no known class, and of class 2, for networks of these names.
func probe(t *testing.T, networks ...string) (*Run[seen], *[]string) {
	t.Helper()
	classes := []class.Class{{Index: 0, Label: "a"}, {Index: 1, Label: "b"}, {Index: 2, Label: "c"}}
	chosen := []dataset.Image{
		{Path: "one", Ordinal: 2, Data: pngOf(t, 5, 3)},
		{Path: "two", Ordinal: 3, Data: pngOf(t, 5, 3)},
		{Path: "large", Ordinal: 5, Data: pngOf(t, 4001, 4000)},
		{Path: "gone", Ordinal: 6, Err: errors.New("it is gone")},
		{Path: "unknown", Ordinal: 7, Data: pngOf(t, 5, 3)},
		{Path: "three", Ordinal: 8, Data: pngOf(t, 5, 3)},
		{Path: "four", Ordinal: 9, Data: pngOf(t, 5, 3)},
	}
	r := NewRun(probing{}, 4, chosen, 20)
	for _, name := range networks {
		m := &Measured[seen]{Classes: classes, Labels: []int{1, 0, 1, class.None, class.None, 2, 1}, Run: "12345678"}
		m.Model = name
		r.Networks = append(r.Networks, m)
	}
	var told []string
	r.Failed = func(image dataset.Image, reason string) { told = append(told, image.Path+": "+reason) }
	r.Step = func() { told = append(told, ".") }
	return r, &told
}

// decoder makes pictures ready without a network.
func decoder() *pipeline.Decoder {
	p := images.Preprocessing{Std: [3]float64{1, 1, 1}, Interpolation: "bilinear"}
	return &pipeline.Decoder{Preprocessing: p, Options: images.DecodeOptions{MaxPixels: 1e8}, Prepare: func(picture image.Image) (*bagnet.Image, error) {
		size := picture.Bounds().Size()
		return bagnet.FromTensor(NewImage(size.Y, size.X).Pixels().Tensor())
	}}
}

// TestRun measures images with two networks and checks what each one was told, which
// images failed, and what was said of them.
func TestRun(t *testing.T) {
	for _, passes := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(passes), func(t *testing.T) { testRun(t, passes) })
	}
}

func testRun(t *testing.T, passes int) {
	r, told := probe(t, "x", "y")
	if r.Experiment != "probing" || r.Images != 7 || r.All != 20 || r.Seed != 4 {
		t.Errorf("%+v", r.Summary)
	}
	for _, m := range r.Networks {
		if err := r.Measure(t.Context(), m, &Network{Name: m.Model}, decoder(), 2, passes); err != nil {
			t.Fatal(err)
		}
		if m.Measured != 3 || m.Failed != 3 || m.Unlabelled != 1 || len(m.Results) != 3 {
			t.Fatalf("%+v", m)
		}
		for i, want := range []struct {
			path                  string
			ordinal, index, class int
		}{{"one", 2, 0, 1}, {"two", 3, 1, 0}, {"four", 9, 4, 1}} {
			got := m.Results[i]
			if got.Path != want.path || got.Ordinal != want.ordinal || got.Class != want.class {
				t.Errorf("%+v, want %+v", got, want)
			}
			chance := rand.New(rand.NewPCG(4, uint64(want.ordinal)+1)).Uint64()
			if v := got.Value; v.H != 3 || v.W != 5 || v.Ordinal != want.ordinal || v.Index != want.index || v.Class != want.class || v.Network != m.Model || v.Chance != chance || !math.IsNaN(float64(v.Nothing)) {
				t.Errorf("measured %+v of %+v, want chance %d", v, want, chance)
			}
		}
	}
	large := "large: image of 4001x4000 pixels is too large for an experiment, which takes at most 16000000: resize it"
	want := []string{".", ".", large, ".", "gone: it is gone", ".", ".", "three: class 2 is not measured", ".", ".",
		".", ".", ".", ".", ".", ".", "."} // not again for the second network
	if !slices.Equal(*told, want) {
		t.Errorf("told %q, want %q", *told, want)
	}
	if r.Done != 7 || len(r.Bad) != 3 || r.Bad[8] != errProbing.Error() {
		t.Errorf("%d done, bad %v", r.Done, r.Bad)
	}
}

// TestRunGoesOn saves the records and takes them up again: nothing is measured twice,
// and the results are the same.
func TestRunGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.ndjson")
	measure := func(resume bool, net *Network) *Run[seen] {
		t.Helper()
		r, _ := probe(t, "x")
		var err error
		if r.Saved, err = results.Open(results.Kind{}, path, resume, false, func(string) {}); err != nil {
			t.Fatal(err)
		}
		defer r.Saved.Abandon()
		if err := r.Measure(t.Context(), r.Networks[0], net, decoder(), 2, 3); err != nil {
			t.Fatal(err)
		}
		if err := r.Saved.Commit(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := measure(false, &Network{Name: "x"})
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(saved)), "\n")
	if len(lines) != 6 || !strings.HasPrefix(lines[0], `{"path":"one","run":"12345678","model":"x","image":2,"label":{"index":1,`) || !strings.Contains(lines[0], `"Nothing":null`) {
		t.Errorf("records\n%s", saved)
	}
	if want := `{"path":"gone","run":"12345678","model":"x","image":6,"label":null,"error":"it is gone"}`; lines[3] != want {
		t.Errorf("record %s, want %s", lines[3], want)
	}
	again := measure(true, nil) // which would fail if anything was measured
	if a, b := fmt.Sprint(first.Networks[0].Results, first.Bad, first.Done), fmt.Sprint(again.Networks[0].Results, again.Bad, again.Done); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if a, b := first.Networks[0].NetworkSummary, again.Networks[0].NetworkSummary; a != b {
		t.Errorf("%+v, then %+v", a, b)
	}
}

// TestRunThatEnds is interrupted while it measures, which is no error.
func TestRunThatEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := probe(t, "x")
	r.Step = cancel
	if err := r.Measure(ctx, r.Networks[0], &Network{}, decoder(), 1, 1); err != nil {
		t.Fatal(err)
	}
	if r.Done != 1 || len(r.Networks[0].Results) != 1 {
		t.Errorf("%d done, %+v", r.Done, r.Networks[0])
	}
	if err := r.Measure(ctx, r.Networks[0], nil, nil, 1, 1); err != nil || r.Done != 1 {
		t.Errorf("%v, %d done", err, r.Done)
	}
}

// TestBasis depends on the experiment's own basis and on the seed.
func TestBasis(t *testing.T) {
	basis := func(settings any, seed uint64) string {
		t.Helper()
		b, err := text.JSON(NewRun(probing{settings}, seed, nil, 0).Basis())
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	// Ids of runs come of this text: records of earlier versions stay good.
	if got, want := basis([]int{1}, 7), `{"Experiment":"probing","Seed":7,"Settings":[1]}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if basis([]int{1}, 7) == basis([]int{1}, 8) || basis([]int{1}, 7) == basis([]int{2}, 7) {
		t.Error("it does not tell runs apart")
	}
}
