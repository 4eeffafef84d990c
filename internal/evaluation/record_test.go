package evaluation

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/results"
	"bagnet/internal/testkit"
)

// trialsAndResults are four made-up images and what a network of two classes
// might say of them.
func trialsAndResults() ([]results.Trial, []*Record) {
	classes := []class.Class{{Index: 0, ID: "n01", Label: "a, b"}, {Index: 1, Label: `"<ü>"`}}
	trials := []results.Trial{
		{Image: dataset.Image{Path: "one.png"}, Class: 0},
		{Image: dataset.Image{Path: "tw\x80\xffo\n.png"}, Class: 1},
		{Image: dataset.Image{Path: "nowhere", Err: errors.New("not there")}, Class: class.None},
		{Image: dataset.Image{Path: "four.png"}, Class: 0},
	}
	records := make([]*Record, len(trials))
	for i, t := range trials {
		records[i] = &Record{Head: results.Head{Path: t.Path, Run: someRun}}
		if t.Err != nil {
			records[i].Error = t.Err.Error()
			continue
		}
		records[i].Label = &classes[t.Class]
		p := 1 / (3 + math.Pi*float64(i)) // takes all the digits there are
		records[i].Predictions = []bagnet.Prediction{{Class: bagnet.Class(classes[i%2]), Logit: float32(p), Probability: p}, {Class: bagnet.Class(classes[1-i%2]), Logit: -1e-30, Probability: 5e-324}}
	}
	return trials, records
}

const someRun = "0123abcd"

// nextTrial is the earlier result for a trial.
func nextTrial(f *results.File, t results.Trial) (*Record, error) {
	return results.Next(f, results.Head{Path: t.Path, Run: someRun}, func(r *Record) string {
		return r.Mismatch(&t, class.Choice{Classes: make([]class.Class, 2), Places: []int{0, 1}})
	})
}

// kind is what evaluate calls its results.
var kind = results.Kind{Flag: "--predictions", Resume: "--resume", Force: "--force", Name: "predictions", Basis: "the model, its class names, the preprocessing or --among"}

func open(path string, resume, force bool) (*results.File, error) {
	return results.Open(kind, path, resume, force, func(string) {})
}

// TestResumeAfterAnyCut cuts a file of results at every byte, as a killed
// process or a full disk might, and goes on.
func TestResumeAfterAnyCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.ndjson")
	trials, records := trialsAndResults()
	write := func(f *results.File, from int) {
		t.Helper()
		for _, r := range records[from:] {
			if err := f.Append(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	f, err := open(path, false, false)
	if err != nil {
		t.Fatal(err)
	}
	write(f, 0)
	whole, err := os.ReadFile(path)
	if err != nil || bytes.Count(whole, []byte("\n")) != len(trials) {
		t.Fatalf("%q, %v", whole, err)
	}

	for cut := range len(whole) + 1 {
		for _, name := range []string{path, path + ".part"} {
			os.Remove(path)
			if err := os.WriteFile(name, whole[:cut], 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := open(path, true, false)
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			n := 0
			for n < len(trials) {
				r, err := nextTrial(f, trials[n])
				if err != nil {
					t.Fatalf("cut at %d: %v", cut, err)
				}
				if r == nil {
					break
				}
				for i, p := range r.Predictions {
					if p != records[n].Predictions[i] {
						t.Fatalf("%+v came back as %+v", records[n].Predictions[i], p)
					}
				}
				n++
			}
			if want := bytes.Count(whole[:cut], []byte("\n")); n != want {
				t.Fatalf("cut at %d: %d results taken up, want %d", cut, n, want)
			}
			write(f, n)
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, whole) {
				t.Fatalf("cut at %d: %q, want %q (%v)", cut, got, whole, err)
			}
			if output.Exists(path + ".part") {
				t.Fatalf("cut at %d: the .part is still there", cut)
			}
		}
	}
}

// TestRefusedResultsStay has lines that do not belong to the run.
func TestRefusedResultsStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.ndjson")
	trials, records := trialsAndResults()
	f, err := open(path, false, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := f.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, new, want string }{
		{"0123abcd", "0123abce", "the model, its class names, the preprocessing or --among were others"},
		{"one.png", "two.png", `it is about "two.png", but the image there is "one.png"`},
		{`"index":0`, `"index":1`, `the true class of "one.png" was another`},
		{`"predictions":[{"index":0`, `"predictions":[{"index":2`, "it is damaged"},
		{`"predictions":[{"index":0`, `"predictions":[{"index":-1`, "it is damaged"},
		{`"probability":0.`, `"probability":7.`, "it is damaged"},
		{`"probability":0.`, `"probability":-0.`, "it is damaged"},
		{`"predictions":[`, `"predictions":[],"x":[`, "it is damaged"},
		{"}\n", "\n", "not one of predictions"},
		{`"run"`, `"ran"`, "not one of predictions"},
	} {
		damaged := bytes.Replace(whole, []byte(test.old), []byte(test.new), 1)
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := open(path, true, false)
		if err == nil {
			_, err = nextTrial(f, trials[0])
			f.Abandon()
		}
		if want := test.want; err == nil || !strings.Contains(err.Error(), want) || !hint.Refused(err) {
			t.Errorf("%s for %s: %v, want a refusal with %q", test.new, test.old, err, want)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, damaged) || output.Exists(path+".part") {
			t.Errorf("%s for %s: the file is not as it was (%v)", test.new, test.old, err)
		}
	}
}

func TestResultsThroughALink(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o777); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.ndjson")
	if err := os.Symlink(filepath.Join("other", "file.ndjson"), link); err != nil {
		t.Skip(err)
	}
	_, records := trialsAndResults()
	for range 2 { // the file is not there, then is
		f, err := open(link, false, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Append(records[0]); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		testkit.WantOnly(t, dir, "link.ndjson", "other")
		testkit.WantOnly(t, filepath.Join(dir, "other"), "file.ndjson")
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link was replaced (%v)", err)
		}
	}
}

// TestResumeInFlatMemory takes up results many times larger than what it may
// allocate at once.
func TestResumeInFlatMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.ndjson")
	_, records := trialsAndResults()
	const n = 20_000
	f, err := open(path, false, false)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := f.Append(records[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	trials, _ := trialsAndResults()
	if f, err = open(path, true, false); err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range n {
		if r, err := nextTrial(f, trials[0]); err != nil || r == nil {
			t.Fatalf("result %d: %v, %v", i, r, err)
		}
		if i == n/2 {
			if now := heap(); now > before+1<<20 {
				t.Errorf("%d bytes held after %d results", now-before, i)
			}
		}
	}
}
