package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/testkit"
	"bagnet/internal/text"
)

// trialsAndResults are four made-up images and what a network of two classes
// might say of them.
func trialsAndResults() ([]trial, []*savedResult) {
	classes := []class.Class{{Index: 0, ID: "n01", Label: "a, b"}, {Index: 1, Label: `"<ü>"`}}
	trials := []trial{
		{Image: dataset.Image{Path: "one.png"}, class: 0},
		{Image: dataset.Image{Path: "tw\x80\xffo\n.png"}, class: 1},
		{Image: dataset.Image{Path: "nowhere", Err: errors.New("not there")}, class: class.None},
		{Image: dataset.Image{Path: "four.png"}, class: 0},
	}
	results := make([]*savedResult, len(trials))
	for i, t := range trials {
		results[i] = &savedResult{recordHead: recordHead{t.Path, someRun}}
		if t.Err != nil {
			results[i].Error = t.Err.Error()
			continue
		}
		results[i].Label = &classes[t.class]
		p := 1 / (3 + math.Pi*float64(i)) // takes all the digits there are
		results[i].Predictions = []bagnet.Prediction{{classes[i%2], float32(p), p}, {classes[1-i%2], -1e-30, 5e-324}}
	}
	return trials, results
}

const someRun = "0123abcd"

// nextTrial is the earlier result for a trial.
func nextTrial(f *resultsFile, t trial) (*savedResult, error) {
	return nextResult(f, recordHead{t.Path, someRun}, func(r *savedResult) string {
		return r.mismatch(t, class.Choice{Classes: make([]class.Class, 2), Places: []int{0, 1}})
	})
}

// quiet are streams that nobody reads.
func quiet() *terminal.Streams { return &terminal.Streams{Err: &bytes.Buffer{}, Out: &bytes.Buffer{}} }

// TestResumeAfterAnyCut cuts a file of results at every byte, as a killed
// process or a full disk might, and goes on.
func TestResumeAfterAnyCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.ndjson")
	trials, results := trialsAndResults()
	write := func(f *resultsFile, from int) {
		t.Helper()
		for _, r := range results[from:] {
			if err := f.append(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.commit(); err != nil {
			t.Fatal(err)
		}
	}
	f, err := openResults(quiet(), predictionsKind, path, resultsFlags{})
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
			f, err := openResults(quiet(), predictionsKind, path, resultsFlags{resume: true})
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
					if p != results[n].Predictions[i] {
						t.Fatalf("%+v came back as %+v", results[n].Predictions[i], p)
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
	trials, results := trialsAndResults()
	f, err := openResults(quiet(), predictionsKind, path, resultsFlags{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if err := f.append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.commit(); err != nil {
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
		f, err := openResults(quiet(), predictionsKind, path, resultsFlags{resume: true})
		if err == nil {
			_, err = nextTrial(f, trials[0])
			f.abandon()
		}
		var usage *exitError
		if want := test.want; err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &usage) || usage.code != exitUsage {
			t.Errorf("%s for %s: %v, want %q and exit status %d", test.new, test.old, err, want, exitUsage)
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
	_, results := trialsAndResults()
	for range 2 { // the file is not there, then is
		f, err := openResults(quiet(), predictionsKind, link, resultsFlags{force: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.append(results[0]); err != nil {
			t.Fatal(err)
		}
		if err := f.commit(); err != nil {
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
	_, results := trialsAndResults()
	const n = 20_000
	f, err := openResults(quiet(), predictionsKind, path, resultsFlags{})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if err := f.append(results[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.commit(); err != nil {
		t.Fatal(err)
	}
	trials, _ := trialsAndResults()
	if f, err = openResults(quiet(), predictionsKind, path, resultsFlags{resume: true}); err != nil {
		t.Fatal(err)
	}
	defer f.abandon()
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

// TestHostileLabels has names that are quotes, commas and formulas to a
// spreadsheet, and that turn the writing on a terminal.
func TestHostileLabels(t *testing.T) {
	ball := testkit.GolfBall(t)
	t.Chdir(t.TempDir())
	labels := []string{"zero", `"one", "two`, "dash - 2", "=3", "same", "same", "ü", strings.Repeat("long", 50), "ball \u202e <b>", "new;line"}
	if err := os.WriteFile("labels.txt", []byte(strings.Join(labels, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		name := filepath.Join("set", fmt.Sprint(i))
		if err := os.MkdirAll(name, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(name, "x.png"), ball, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := runMain(t, nil, "evaluate", "--labels", "labels.txt", "--confusion", "c.csv", "set")
	if code != exitOK {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	if strings.Contains(stdout, "\u202e") || !strings.Contains(stdout, `ball \u202e <b>`) {
		t.Errorf("stdout: %q", stdout)
	}
	for line := range strings.Lines(stdout) {
		if len([]rune(line)) > 101 {
			t.Errorf("more than 100 columns: %s", line)
		}
	}
	f, err := os.Open("c.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 11 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := slices.Clone(labels)
	want[4], want[5] = "same (4)", "same (5)"
	if !slices.Equal(rows[0][1:], want) {
		t.Errorf("columns %q, want %q", rows[0][1:], want)
	}
	for i, row := range rows[1:] {
		if row[0] != want[i] || row[9] != "1" { // all are taken for the ball
			t.Errorf("row %q", row)
		}
	}
}

func TestWorstClassesAreShown(t *testing.T) {
	r := &evaluationReport{Model: "m"}
	for i := range 100 {
		r.Classes = append(r.Classes, classReport{Class: class.Class{Index: i, ID: fmt.Sprint("n", i), Label: fmt.Sprint("label", i)}, Images: 1, Top1: text.Ratio(i%50) / 50})
	}
	text := string(r.text())
	if !strings.Contains(text, "... 70 classes between the 10 best and the 20 worst: --format json has all ...\n") || strings.Count(text, "label") != 30 {
		t.Errorf("got:\n%s", text)
	}
	best, worst, _ := strings.Cut(text, "...")
	if !strings.Contains(best, "label49 ") || !strings.Contains(best, "label99 ") || !strings.Contains(worst, "label0 ") || !strings.Contains(worst, "label50 ") {
		t.Errorf("got:\n%s", text)
	}
}

// TestRunsOfEarlierVersions checks that unchanged settings give the identities
// that earlier versions gave them, whose results can be resumed. The text is what
// those hashed.
func TestRunsOfEarlierVersions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(file, []byte("weights"), 0o666); err != nil {
		t.Fatal(err)
	}
	net := &opened{source: modelSource{path: file}, preprocessing: images.ImageNet(), classes: []class.Class{{Index: 0, ID: "n01", Label: "a"}}}
	before := fmt.Sprintf(`{"Weights":"%x","Preprocessing":{"resize":256,"crop":224,"interpolation":"bilinear",`+
		`"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]},"Decoding":{"MaxPixels":5,"AutoOrient":true},`+
		`"Classes":[{"index":0,"id":"n01","label":"a"}]}`, sha256.Sum256([]byte("weights")))
	seen := map[string]images.Resize{}
	for _, c := range []struct {
		resize images.Resize
		text   string
	}{
		{images.Resize{Short: 256}, `"resize":256`},
		{images.Resize{}, `"resize":0`},
		{images.Resize{Width: 256, Height: 224}, `"resize":[224,256]`},
		{images.Resize{Width: 224, Height: 256}, `"resize":[256,224]`},
	} {
		net.preprocessing.Resize = c.resize
		got, err := net.identity(t.Context(), images.DecodeOptions{MaxPixels: 5, AutoOrient: true}, nil)
		sum := sha256.Sum256([]byte(strings.Replace(before, `"resize":256`, c.text, 1)))
		if want := fmt.Sprintf("%x", sum[:4]); err != nil || got != want {
			t.Errorf("%v: run %s, %v, want %s", c.resize, got, err, want)
		}
		if other, there := seen[got]; there {
			t.Errorf("%v and %v are one run", c.resize, other)
		}
		seen[got] = c.resize
	}
}
