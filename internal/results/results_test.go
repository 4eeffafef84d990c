package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/testkit"
)

// kind is a file of results as messages call it.
var kind = Kind{Flag: "--saved", Resume: "--resume", Force: "--force", Name: "measurements", Basis: "the model or the seed"}

const run = "0123abcd"

// record is one of a made-up measurement.
type record struct {
	Head
	Value float64 `json:"value"`
}

func recordOf(path string, value float64) *record { return &record{Head{path, run}, value} }

// lines are the records of some images, whose values are their numbers.
func lines(paths ...string) string {
	var all strings.Builder
	for i, p := range paths {
		line, err := json.Marshal(recordOf(p, float64(i)))
		if err != nil {
			panic(err)
		}
		all.Write(append(line, '\n'))
	}
	return all.String()
}

// told collects what a user is told.
type told []string

func (w *told) notice(text string) { *w = append(*w, text) }

func (w *told) want(t *testing.T, texts ...string) {
	t.Helper()
	if !slices.Equal(*w, texts) {
		t.Errorf("told %q, want %q", *w, texts)
	}
	*w = nil
}

// wantRefused checks the message, the hint, and that the command line is to blame.
func wantRefused(t *testing.T, err error, message, what string) {
	t.Helper()
	if err == nil || err.Error() != message || hint.Of(err) != what || !hint.Refused(err) {
		t.Errorf("%v (hint %q, refused %v), want %s (%s)", err, hint.Of(err), hint.Refused(err), message, what)
	}
	if err != nil {
		testkit.CheckMessage(t, err)
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestEarlierResultsAreKept has files that are there when a run begins anew.
func TestEarlierResultsAreKept(t *testing.T) {
	for there, lost := range map[string]string{lines("a"): "1 result", lines("a", "b") + `{"path":"c`: "2 results", "": "", `{"path":"c`: ""} {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		if err := os.WriteFile(path, []byte(there), 0o666); err != nil {
			t.Fatal(err)
		}
		var w told
		f, err := Open(kind, path, false, false, w.notice)
		if lost == "" {
			if err != nil {
				t.Fatal(err)
			}
			f.Abandon()
		} else {
			wantRefused(t, err, fmt.Sprintf("--saved: %q has %s of an earlier run, which would be lost", path, lost),
				"--resume goes on from them, --force replaces them; or give another name")
		}
		w.want(t)
		testkit.WantOnly(t, filepath.Dir(path), "r.jsonl")
		if f, err = Open(kind, path, false, true, w.notice); err != nil {
			t.Fatal(err)
		}
		if contents(t, path) != there {
			t.Error("replaced before there is a result")
		}
		if err := f.Append(recordOf("z", 0)); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil || contents(t, path) != lines("z") {
			t.Errorf("%v, %q", err, contents(t, path))
		}
		w.want(t)
	}
}

// TestForeignFiles has files of others, which no flag replaces.
func TestForeignFiles(t *testing.T) {
	for _, there := range []string{"my thesis\n", "{}\n", `{"path":"a"}` + "\n", `{"path":"a","run":"0123ABCD"}` + "\n", `{"path":"a","run":"0123abcde"}` + "\n"} {
		for _, name := range []string{"r.jsonl", "r.jsonl.part"} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(there), 0o666); err != nil {
				t.Fatal(err)
			}
			for _, resume := range []bool{false, true} {
				_, err := Open(kind, strings.TrimSuffix(path, ".part"), resume, true, (&told{}).notice)
				wantRefused(t, err, fmt.Sprintf("--saved: reading %q: this file exists and is not one of measurements: give another name", path), "")
			}
			if contents(t, path) != there {
				t.Errorf("%q is now %q", there, contents(t, path))
			}
		}
	}
	dir := t.TempDir()
	_, err := Open(kind, dir, false, true, (&told{}).notice)
	wantRefused(t, err, fmt.Sprintf("--saved: reading %q: it is not a regular file", dir), "")
}

// TestNext goes on with records of which some are of other images or other runs.
func TestNext(t *testing.T) {
	same := func(*record) string { return "" }
	for _, c := range []struct {
		path, run string
		mismatch  func(*record) string
		reason    string
	}{
		{"b\xff", run, same, ""},
		{"c", run, same, `it is about "b�", but the image there is "c"`},
		{"b\xff", "fedc9876", same, "the model or the seed were others (run 0123abcd, now fedc9876)"},
		{"b\xff", run, func(r *record) string { return fmt.Sprint("value ", r.Value) }, "value 1"},
	} {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		there := lines("a", "b\xff", "d") + `{"path":"e"`
		if err := os.WriteFile(path, []byte(there), 0o666); err != nil {
			t.Fatal(err)
		}
		var w told
		f, err := Open(kind, path, true, false, w.notice)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := Next(f, Head{"a", run}, same); err != nil || *r != *recordOf("a", 0) {
			t.Fatalf("%+v, %v", r, err)
		}
		w.want(t, "going on after the first 3 results")
		r, err := Next(f, Head{c.path, c.run}, c.mismatch)
		if c.reason == "" {
			if err != nil || r.Value != 1 {
				t.Errorf("%+v, %v", r, err)
			}
			if r, err := Next(f, Head{"d", run}, same); err != nil || r.Value != 2 {
				t.Errorf("%+v, %v", r, err)
			}
			if r, err := Next(f, Head{"e", run}, same); r != nil || err != nil {
				t.Errorf("after the last: %+v, %v", r, err)
			}
			w.want(t)
		} else {
			wantRefused(t, err, fmt.Sprintf("--resume: line 2 of %q does not belong to this run: %s", path, c.reason),
				"give the model, the images and the flags of the interrupted run, or another name with --saved")
		}
		f.Abandon()
		if contents(t, path) != there {
			t.Errorf("%q is now %q", there, contents(t, path))
		}
		testkit.WantOnly(t, filepath.Dir(path), "r.jsonl")
	}
}

// TestNothingToGoOnWith resumes a run that was not begun, and one with records that this
// one has no images for.
func TestNothingToGoOnWith(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	var w told
	f, err := Open(kind, path, true, false, w.notice)
	if err != nil {
		t.Fatal(err)
	}
	w.want(t, "there is no "+path+" to go on with: starting from the beginning")
	if err := f.Append(recordOf("a", 0)); err != nil {
		t.Fatal(err)
	}
	if err := f.Interrupt(); err != nil {
		t.Fatal(err)
	}
	w.want(t, "interrupted: the results so far are in "+path+"; --resume goes on from there")
	if f, err = Open(kind, path, true, false, w.notice); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, f.Commit(), fmt.Sprintf("--resume: line 1 of %q does not belong to this run: there are no more images", path),
		"give the model, the images and the flags of the interrupted run, or another name with --saved")
	f.Abandon()
	if contents(t, path) != lines("a") {
		t.Errorf("%q", contents(t, path))
	}
}

// TestInterruptedBesideAnOlderFile leaves the older one in its place, and the new results
// beside it.
func TestInterruptedBesideAnOlderFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	if err := os.WriteFile(path, []byte(lines("old", "older")), 0o666); err != nil {
		t.Fatal(err)
	}
	var w told
	f, err := Open(kind, path, false, true, w.notice)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append(recordOf("a", 0)); err != nil {
		t.Fatal(err)
	}
	if err := f.Interrupt(); err != nil {
		t.Fatal(err)
	}
	f.Abandon()
	w.want(t, "interrupted: the results so far are in "+path+".part; --resume goes on from there")
	if contents(t, path) != lines("old", "older") || contents(t, path+".part") != lines("a") {
		t.Errorf("%q and %q", contents(t, path), contents(t, path+".part"))
	}
	f, err = Open(kind, path, true, false, w.notice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Next(f, Head{"b", run}, func(*record) string { return "" }); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line 1 of %q", path+".part")) {
		t.Errorf("%v", err)
	}
	f.Abandon()
	w.want(t)
	if f, err = Open(kind, path, false, true, w.notice); err != nil {
		t.Fatal(err)
	}
	f.Abandon()
	w.want(t, "starting anew, not with "+path+".part of an earlier run (--resume would)")
	if contents(t, path+".part") != lines("a") {
		t.Errorf("%q", contents(t, path+".part"))
	}
}

// TestOneProcessAtATime opens a file that is being written.
func TestOneProcessAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	f, err := Open(kind, path, false, false, (&told{}).notice)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	if _, err := Open(kind, path, false, true, (&told{}).notice); err == nil || !strings.HasSuffix(err.Error(), "another process is at it: wait for its end, or give another name") {
		t.Errorf("%v", err)
	}
}

// TestCompleteLines compares with what bytes.Lines says, of texts around a buffer's size.
func TestCompleteLines(t *testing.T) {
	for _, length := range []int{0, 1, 1<<16 - 1, 1 << 16, 1<<16 + 1, 1 << 17} {
		for _, line := range []int{1, 7, 1 << 15, 1 << 16, 1 << 18} {
			text := bytes.Repeat([]byte{'x'}, length)
			for i := line - 1; i < length; i += line {
				text[i] = '\n'
			}
			wantLines, wantSize := 0, 0
			for l := range bytes.Lines(text) {
				if bytes.HasSuffix(l, []byte{'\n'}) {
					wantLines, wantSize = wantLines+1, wantSize+len(l)
				}
			}
			if n, size, err := CompleteLines(bytes.NewReader(text)); n != wantLines || size != int64(wantSize) || err != nil {
				t.Errorf("%d bytes, lines of %d: %d lines, %d bytes, %v", length, line, n, size, err)
			}
		}
	}
}

// TestBasisTellsRunsApart changes one thing after the other. What is not said changes
// nothing, so that ids of earlier versions stay good.
func TestBasisTellsRunsApart(t *testing.T) {
	base := Basis{Weights: "a", Preprocessing: images.ImageNet(), Classes: []class.Class{{Index: 0, Label: "x"}}}
	all := []func(b *Basis){
		func(*Basis) {},
		func(b *Basis) { b.Weights = "b" },
		func(b *Basis) { b.Preprocessing.Crop++ },
		func(b *Basis) { b.Decoding.MaxPixels++ },
		func(b *Basis) { b.Classes = []class.Class{{Index: 0, Label: "y"}} },
		func(b *Basis) { b.Settings = 1 },
		func(b *Basis) { b.Network = "ema" },
	}
	seen := map[string]int{}
	for i, change := range all {
		b := base
		change(&b)
		id, err := b.ID()
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(id) {
			t.Errorf("%q, %v", id, err)
		}
		if j, there := seen[id]; there {
			t.Errorf("%d and %d are both %s", j, i, id)
		}
		seen[id] = i
	}
	data, err := json.Marshal(base)
	if err != nil || strings.Contains(string(data), "Settings") || strings.Contains(string(data), "Network") {
		t.Errorf("%s, %v", data, err)
	}
}
