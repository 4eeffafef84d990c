package results

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/pipeline"
)

var kind = Kind{Flag: "--records", Resume: "--resume", Force: "--force", Name: "records", Basis: "everything"}

const run = "0123abcd"

// record says which trial it is of, and whether it was decoded then.
type record struct {
	Head
	Index   int  `json:"index"`
	Decoded bool `json:"decoded"`
}

// trials are five images: the second one could not be found, the class of the third is
// not known.
func trials() []Trial {
	return []Trial{
		{Image: dataset.Image{Path: "a"}, Index: 0, Class: 4},
		{Image: dataset.Image{Path: "b", Err: errors.New("gone")}, Index: 1, Class: class.None},
		{Image: dataset.Image{Path: "c"}, Index: 2, Class: class.None},
		{Image: dataset.Image{Path: "d"}, Index: 3, Class: 1},
		{Image: dataset.Image{Path: "e"}, Index: 4, Class: 2},
	}
}

// outcome is what a protocol did.
type outcome struct {
	measured []int    // trials
	taken    []int    // trials
	records  []record // of those taken; of index -1 for none
	err      error
}

func follow(ctx context.Context, f *File, all []Trial, mismatch func(t *Trial, r *record) string, during func(i int)) outcome {
	var o outcome
	p := &Protocol[record]{
		File: f, Run: run, Decoder: &pipeline.Decoder{}, Workers: 2, Mismatch: mismatch,
		Measure: func(_ context.Context, t *Trial) *record {
			o.measured = append(o.measured, t.Index)
			during(t.Index)
			return &record{Head{t.Path, run}, t.Index, t.Picture.Path == t.Path}
		},
		Take: func(t *Trial, r *record) {
			o.taken = append(o.taken, t.Index)
			if r == nil {
				r = &record{Index: -1}
			}
			o.records = append(o.records, *r)
		},
	}
	o.err = p.Each(ctx, slices.Values(all))
	return o
}

func agree(*Trial, *record) string { return "" }

func nothing(int) {}

func start(t *testing.T, path string, resume bool) *File {
	t.Helper()
	f, err := Open(kind, path, resume, false, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestEach measures what has a class or an error, decodes what has a class, takes all in
// order, and a later run takes up what it finds, whatever its length.
func TestEach(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records")
	f := start(t, path, false)
	first := follow(t.Context(), f, trials(), agree, nothing)
	if err := f.Commit(); err != nil || first.err != nil {
		t.Fatal(err, first.err)
	}
	want := outcome{
		measured: []int{0, 1, 3, 4}, taken: []int{0, 1, 2, 3, 4},
		records: []record{{Head{"a", run}, 0, true}, {Head{"b", run}, 1, false}, {Index: -1}, {Head{"d", run}, 3, true}, {Head{"e", run}, 4, true}},
	}
	if !reflect.DeepEqual(first, want) {
		t.Fatalf("got %+v, want %+v", first, want)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	for kept := range 5 {
		if err := os.WriteFile(path, []byte(strings.Join(lines[:kept], "")+`{"pa`), 0o666); err != nil {
			t.Fatal(err)
		}
		f := start(t, path, true)
		again := follow(t.Context(), f, trials(), agree, nothing)
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.measured, want.measured[kept:]) || !slices.Equal(again.taken, want.taken) || !slices.Equal(again.records, want.records) {
			t.Errorf("after %d records: %+v", kept, again)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != string(whole) {
			t.Errorf("after %d records the file is %q, %v", kept, got, err)
		}
	}
}

func TestEachWithoutFile(t *testing.T) {
	if o := follow(t.Context(), nil, trials(), agree, nothing); o.err != nil || len(o.measured) != 4 || len(o.taken) != 5 {
		t.Errorf("%+v", o)
	}
}

// TestEachEnds has what ends a run: a trial that says so, a record that is not of it, a
// context.
func TestEachEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records")
	f := start(t, path, false)
	follow(t.Context(), f, trials()[:1], agree, nothing)
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f = start(t, path, true)
	o := follow(t.Context(), f, trials(), func(*Trial, *record) string { return "it is damaged" }, nothing)
	f.Abandon()
	if o.err == nil || !hint.Refused(o.err) || !strings.Contains(o.err.Error(), "--resume: line 1") || !strings.Contains(o.err.Error(), "it is damaged") || len(o.taken) > 0 {
		t.Errorf("another record: %+v", o)
	}
	all := trials()
	all[3].End = errors.New("enough")
	if o := follow(t.Context(), nil, all, agree, nothing); o.err == nil || o.err.Error() != "enough" || !slices.Equal(o.taken, []int{0, 1, 2}) {
		t.Errorf("a trial that ends it: %+v", o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o = follow(ctx, nil, trials(), agree, func(i int) {
		if i == 3 {
			cancel()
		}
	})
	if !errors.Is(o.err, context.Canceled) || slices.Contains(o.taken, 3) || slices.Contains(o.measured, 4) {
		t.Errorf("interrupted: %+v", o)
	}
}
