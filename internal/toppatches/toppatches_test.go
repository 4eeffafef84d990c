package toppatches

import (
	"bytes"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

var classes = []class.Class{{Index: 0, ID: "n0", Label: "tench, Tinca tinca"}, {Index: 1, ID: "n1", Label: "goldfish"}}

// aRanking is of two classes, which has seen three images: of each class and of none.
func aRanking(lowest bool) *Ranking {
	truth := &dataset.Truth{Known: 2, Unknown: map[string]int{"why": 1}}
	r := New(About{Model: "m", Patch: 2, Classes: classes, Ranked: classes, N: 2, Lowest: lowest, Source: "dir"}, truth, false)
	r.Rank(classes)
	for i, path := range []string{"a.png", "b.png", "c.png"} {
		found := &ranking.Found{Truth: []int{0, 1, class.None}[i], Predicted: 1}
		found.Patches = []ranking.FoundPatch{{Class: 0, X: 3, Y: 4, Evidence: float32(i) + 0.5}}
		if err := r.AddFound(path, found); err != nil {
			panic(err)
		}
		for _, list := range r.Lists[0] {
			for _, p := range list.Patches() {
				p.Image = image.NewNRGBA(image.Rect(0, 0, 2, 2))
				draw.Draw(p.Image, p.Image.Rect, image.White, image.Point{}, draw.Src)
			}
		}
	}
	return r
}

func TestPatches(t *testing.T) {
	for _, c := range []struct {
		lowest         bool
		group          int
		says, row, key string
	}{
		{false, ranking.Correct, "   1     0.500  (3,4)  a.png  (tench, taken for goldfish)\n", "tench, Tinca tinca\tcorrect\t1\t0.5\t3\t4\ta.png\ttench, Tinca tinca\tgoldfish\n", "correct"},
		{false, ranking.Distractor, "   1     1.500  (3,4)  b.png  (goldfish)\n", "tench, Tinca tinca\tdistractor\t1\t1.5\t3\t4\tb.png\tgoldfish\tgoldfish\n", "distractor"},
		{true, ranking.Unknown, "   1    -2.500  (3,4)  c.png  (taken for goldfish)\n", "tench, Tinca tinca\tall\t1\t-2.5\t3\t4\tc.png\t\tgoldfish\n", "all"},
	} {
		patches := aRanking(c.lowest).Patches(0)[c.group]
		if len(patches) != 1 || patches[0].Group != c.key || patches[0].Size != 2 || patches[0].Text() != c.says || patches[0].Row() != c.row {
			t.Errorf("group %d: %+v: %q, %q, want %q, %q", c.group, patches, patches[0].Text(), patches[0].Row(), c.says, c.row)
		}
	}
	if none := aRanking(false).Patches(1); len(slices.Concat(none[:]...)) != 0 {
		t.Errorf("a class without patches has %v", none)
	}
}

func TestFacts(t *testing.T) {
	r := aRanking(false)
	if got, want := r.facts(classes[0]), "m, patches of 2 x 2 pixels; 3 images, 1 of this class"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	plain, err := r.draw(0)
	if err != nil {
		t.Fatal(err)
	}
	r.About.Sees = 9
	if got, want := r.facts(classes[0]), "m, cells of 2 x 2 pixels; 3 images, 1 of this class"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if patches := r.Patches(0)[ranking.Correct]; patches[0].Sees != 9 || patches[0].Size != 2 {
		t.Errorf("%+v", patches[0])
	}
	if warned, err := r.draw(0); err != nil || warned.Size.Y <= plain.Size.Y {
		t.Errorf("a sheet of %v has no line more than one of %v (%v)", warned.Size, plain.Size, err)
	}
	r.About.Sees = 0
	r.Truth = &dataset.Truth{}
	if got, want := r.facts(classes[0]), "m, patches of 2 x 2 pixels; 3 images"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSources(t *testing.T) {
	for _, c := range []struct {
		args       []string
		list, want string
	}{
		{nil, "", dataset.StdinName},
		{[]string{"a", "b\nc"}, "l.txt", text.OneLine("a, b\nc") + ", the list l.txt"},
		{[]string{"a", "b", "c", "d"}, "", "a, b, c, 1 more"},
		{[]string{"a", "b", "c"}, "", "a, b, c"},
	} {
		if got := Sources(c.args, c.list); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.args, c.list, got, c.want)
		}
	}
}

func TestValid(t *testing.T) {
	good := aRanking(false).About
	if !good.Valid() {
		t.Fatal("a good one is not valid")
	}
	for what, spoil := range map[string]func(*About){
		"no classes":      func(a *About) { a.Classes = nil },
		"none ranked":     func(a *About) { a.Ranked = nil },
		"no patches":      func(a *About) { a.N = 0 },
		"many patches":    func(a *About) { a.N = MaxPatches + 1 },
		"no size":         func(a *About) { a.Patch = 0 },
		"classes' order":  func(a *About) { a.Classes = []class.Class{classes[1], classes[0]} },
		"a foreign class": func(a *About) { a.Ranked = []class.Class{{Index: 2}} },
		"a negative one":  func(a *About) { a.Ranked = []class.Class{{Index: -1}} },
	} {
		bad := good
		if spoil(&bad); bad.Valid() {
			t.Errorf("%s: valid", what)
		}
	}
	for _, c := range []struct {
		found *ranking.Found
		want  bool
	}{
		{nil, false},
		{&ranking.Found{Truth: class.None}, true},
		{&ranking.Found{Truth: class.None - 1}, false},
		{&ranking.Found{Truth: 1, Predicted: 1}, true},
		{&ranking.Found{Truth: 2}, false},
		{&ranking.Found{Predicted: 2}, false},
		{&ranking.Found{Predicted: -1}, false},
	} {
		if got := (&Record{Found: c.found}).Valid(2); got != c.want {
			t.Errorf("%+v: %v, want %v", c.found, got, c.want)
		}
	}
}

func TestCheckRoom(t *testing.T) {
	about := About{Patch: 33, Ranked: make([]class.Class, 1000), N: 8}
	if err := New(about, nil, true).CheckRoom("N"); err != nil {
		t.Error(err)
	}
	about.N = 500 // 256 + 4 * 33 * 33 bytes, of 1000 classes, twice: 4612 million
	if err := New(about, nil, false).CheckRoom("N"); err != nil {
		t.Errorf("without pictures: %v", err)
	}
	err := New(about, nil, true).CheckRoom("N")
	if err == nil || !hint.Refused(err) || !strings.Contains(err.Error(), "may take 4398 MB, more than 4096") {
		t.Errorf("%v", err)
	}
	about.N, about.Context = 10, true
	if err := New(about, nil, true).CheckRoom("N"); err == nil {
		t.Error("thumbnails take no room")
	}
}

// TestSheetsOfInterruptedRuns writes them where there is nothing to replace.
func TestSheetsOfInterruptedRuns(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old.png")
	if err := os.WriteFile(old, []byte("finished"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ file, says string }{
		{old, "interrupted: " + text.Path(old) + " stays as it was"},
		{filepath.Join(dir, "new.png"), "drew "},
	} {
		s, err := NewSheets("-o", test.file, paper.Format{Kind: paper.PNG}, 1, false, nil, new(output.Replacing))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		s.Keep, s.Notice = true, func(what string) { said = append(said, what) }
		if err := s.Draw(aRanking(false), 0); err != nil {
			t.Fatal(err)
		}
		if len(said) != 1 || !strings.Contains(said[0], test.says) {
			t.Errorf("%s: %q, want %q", test.file, said, test.says)
		}
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "finished" {
		t.Errorf("a finished sheet was replaced: %q, %v", data, err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "new.png")); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
		t.Errorf("no new sheet was written: %v", err)
	}
}

// TestTogether draws two classes on one sheet, which is as high as both and says which groups
// are whose.
func TestTogether(t *testing.T) {
	r := aRanking(false)
	r.About.Mistakes = true
	one, err := r.draw(0)
	if err != nil {
		t.Fatal(err)
	}
	both, err := r.drawTogether()
	if err != nil || both.Size.Y <= one.Size.Y*5/4 || both.Size.X != one.Size.X {
		t.Errorf("%v of two classes, %v of one (%v)", both.Size, one.Size, err)
	}
	if g := r.group(0, ranking.Distractor); g.Title != "distractors" || g.Note != "the most evidence in images of other classes that were taken for this one, named below" || len(g.Patches) != 1 || g.Patches[0].Label != "goldfish" {
		t.Errorf("%+v", g)
	}
	dir := t.TempDir()
	s, err := NewSheets("-o", filepath.Join(dir, "all.png"), paper.Format{Kind: paper.PNG}, 2, true, nil, new(output.Replacing))
	if err != nil {
		t.Fatal(err)
	}
	s.Notice = func(string) {}
	if err := s.CheckFirst(r.Ranked); err != nil {
		t.Error(err)
	}
	if err := s.DrawTogether(r); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(r); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 || files[0].Name() != "all.png" {
		t.Errorf("%v (%v)", files, err)
	}
}
