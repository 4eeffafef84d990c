package results

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/pipeline"
	"bagnet/internal/testkit"
)

// protocol measures made-up trials: c has no class, d cannot be read.
type protocol struct {
	Protocol[record]
	trials            []Trial
	mu                sync.Mutex
	decoded           int
	measured, takenAs []string
}

func newProtocol(t *testing.T, f *File) *protocol {
	golf := testkit.GolfBall(t)
	p := &protocol{trials: []Trial{
		{Image: dataset.Image{Path: "a", Data: golf}, Class: 1},
		{Image: dataset.Image{Path: "b", Data: golf}, Class: 0},
		{Image: dataset.Image{Path: "c", Data: golf}, Class: class.None},
		{Image: dataset.Image{Path: "d", Err: errors.New("gone")}, Class: class.None},
		{Image: dataset.Image{Path: "e", Data: golf}, Class: 2},
	}}
	p.File, p.Run, p.Workers = f, run, 3
	p.Decoder = &pipeline.Decoder{Preprocessing: images.ImageNet(), Options: images.DecodeOptions{MaxPixels: 1e8}, Prepare: func(image.Image) (*bagnet.Image, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.decoded++
		return &bagnet.Image{}, nil
	}}
	p.Mismatch = func(t *Trial, r *record) string {
		if r.Value != float64(10*t.Class) {
			return fmt.Sprintf("value %v of class %d", r.Value, t.Class)
		}
		return ""
	}
	p.Measure = func(_ context.Context, t *Trial) *record {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.measured = append(p.measured, fmt.Sprintf("%s %v", t.Path, t.Picture.Pixels != nil))
		return recordOf(t.Path, float64(10*t.Class))
	}
	p.Take = func(t *Trial, r *record) error {
		if r == nil {
			p.takenAs = append(p.takenAs, t.Path+" none")
			return nil
		}
		p.takenAs = append(p.takenAs, fmt.Sprintf("%s %s %v", t.Path, r.Path, r.Value))
		return nil
	}
	return p
}

// none is the class of an image without one.
var none = 10 * float64(class.None)

// taken are the trials as Take is to see them.
var taken = []string{"a a 10", "b b 0", "c none", fmt.Sprintf("d d %v", none), "e e 20"}

// lineOf is a record in the file.
func lineOf(path string, value float64) string {
	return strings.Replace(lines(path), `"value":0`, fmt.Sprintf(`"value":%v`, value), 1)
}

var allLines = lineOf("a", 10) + lineOf("b", 0) + lineOf("d", none) + lineOf("e", 20)

// TestEach takes up what there is of an earlier run, cut anywhere, and measures the rest,
// whatever the number of passes.
func TestEach(t *testing.T) {
	for _, passes := range []int{1, 2, 3, 8} {
		t.Run(fmt.Sprint(passes), func(t *testing.T) { testEach(t, passes) })
	}
}

func testEach(t *testing.T, passes int) {
	records := strings.SplitAfter(strings.TrimSuffix(allLines, "\n"), "\n")
	for earlier := range len(records) + 1 {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		if err := os.WriteFile(path, []byte(strings.Join(records[:earlier], "")), 0o666); err != nil {
			t.Fatal(err)
		}
		if earlier == len(records) {
			if err := os.WriteFile(path, []byte(allLines), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Open(kind, path, true, false, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		p := newProtocol(t, f)
		p.Passes = passes
		if err := p.Each(t.Context(), slices.Values(p.trials)); err != nil {
			t.Fatal(err)
		}
		slices.Sort(p.measured)
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.takenAs, taken) || contents(t, path) != allLines {
			t.Errorf("after %d records: taken %q, written %s", earlier, p.takenAs, contents(t, path))
		}
		// The unlabelled and the unreadable are not decoded.
		want := []string{"a true", "b true", "d false", "e true"}[earlier:]
		decoded := len(slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "d false" }))
		if !slices.Equal(p.measured, want) || p.decoded != decoded {
			t.Errorf("after %d records: measured %q, decoded %d", earlier, p.measured, p.decoded)
		}
	}
	p := newProtocol(t, nil)
	p.Passes = passes
	if err := p.Each(t.Context(), slices.Values(p.trials)); err != nil || !slices.Equal(p.takenAs, taken) || len(p.measured) != 4 {
		t.Errorf("without a file: %v, %q, %q", err, p.takenAs, p.measured)
	}
}

// TestEachEnds has runs that cannot go on.
func TestEachEnds(t *testing.T) {
	p := newProtocol(t, nil)
	end := errors.New("the list is broken")
	p.trials[1].End = end
	if err := p.Each(t.Context(), slices.Values(p.trials)); err != end || !slices.Equal(p.takenAs, taken[:1]) {
		t.Errorf("%v, taken %q", err, p.takenAs)
	}

	path := filepath.Join(t.TempDir(), "r.jsonl")
	f, err := Open(kind, path, false, false, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	p = newProtocol(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	measure := p.Measure
	p.Measure = func(c context.Context, t *Trial) *record {
		if t.Path == "b" {
			cancel() // what comes back is of no use
		}
		return measure(c, t)
	}
	if err := p.Each(ctx, slices.Values(p.trials)); err != context.Canceled || !slices.Equal(p.takenAs, taken[:1]) {
		t.Errorf("%v, taken %q", err, p.takenAs)
	}
	if contents(t, path+".part") != lineOf("a", 10) {
		t.Errorf("written %s", contents(t, path+".part"))
	}

	path = filepath.Join(t.TempDir(), "r.jsonl")
	if err := os.WriteFile(path, []byte(lineOf("a", 10)+lineOf("b", 30)), 0o666); err != nil {
		t.Fatal(err)
	}
	if f, err = Open(kind, path, true, false, func(string) {}); err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	p = newProtocol(t, f)
	if err := p.Each(t.Context(), slices.Values(p.trials)); err == nil || !strings.Contains(err.Error(), "line 2 of") ||
		!strings.HasSuffix(err.Error(), "value 30 of class 0") || !slices.Equal(p.takenAs, taken[:1]) || p.measured != nil {
		t.Errorf("%v, taken %q", err, p.takenAs)
	}
}

// TestEachSideBySide measures as many trials at once as there are passes, finishes them in
// another order than theirs, and takes and records them in theirs. What was measured has
// the times of that, what was taken up or has no class has none.
func TestEachSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		if err := os.WriteFile(path, []byte(lineOf("a", 10)), 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := Open(kind, path, true, false, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		p := newProtocol(t, f)
		p.Passes = 3
		start := time.Now()
		measure := p.Measure
		p.Measure = func(ctx context.Context, trial *Trial) *record {
			time.Sleep(map[string]time.Duration{"b": 3, "d": 2, "e": 1}[trial.Path] * time.Second)
			return measure(ctx, trial)
		}
		take := p.Take
		p.Take = func(trial *Trial, r *record) error {
			began, ended := trial.Began.Sub(start), trial.Ended.Sub(start)
			want := map[string]time.Duration{"b": 3 * time.Second, "d": 2 * time.Second, "e": time.Second}[trial.Path]
			if want > 0 && (began != 0 || ended != want) || want == 0 && !(trial.Began.IsZero() && trial.Ended.IsZero()) {
				t.Errorf("%s was measured from %v to %v", trial.Path, began, ended)
			}
			return take(trial, r)
		}
		if err := p.Each(t.Context(), slices.Values(p.trials)); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		if want := []string{"e true", "d false", "b true"}; !slices.Equal(p.measured, want) {
			t.Errorf("measured %q, want %q", p.measured, want)
		}
		if !slices.Equal(p.takenAs, taken) || contents(t, path) != allLines {
			t.Errorf("taken %q, written %s", p.takenAs, contents(t, path))
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestEachInterrupted has the context end while a later trial is done already: it is
// neither recorded nor taken, as one before it is not.
func TestEachInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		f, err := Open(kind, path, false, false, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		p := newProtocol(t, f)
		p.Passes = 4
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		measure := p.Measure
		p.Measure = func(ctx context.Context, trial *Trial) *record {
			if trial.Path == "b" {
				<-ctx.Done()
			}
			return measure(ctx, trial)
		}
		if err := p.Each(ctx, slices.Values(p.trials)); err != context.Canceled || !slices.Equal(p.takenAs, taken[:1]) {
			t.Errorf("%v, taken %q", err, p.takenAs)
		}
		synctest.Wait()
		if err := f.Interrupt(); err != nil || contents(t, path) != lineOf("a", 10) || len(p.measured) != 4 {
			t.Errorf("%v, written %s, measured %q", err, contents(t, path), p.measured)
		}
	})
}
