package output

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bagnet/internal/heatmap"
)

// TestKeepAtTheSameMoment lets two jobs finish results for one place, which both
// found free.
func TestKeepAtTheSameMoment(t *testing.T) {
	dir := t.TempDir()
	r := Replacing{Keep: "--no-clobber keeps it"}
	path := filepath.Join(dir, "a.png")
	first, err := r.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.writeAll([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := second.writeAll([]byte("second")); err == nil || !strings.Contains(err.Error(), "is there already, and --no-clobber keeps it") {
		t.Errorf("the second: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v: want a.png alone", entries, err)
	}
}

// TestNoteOtherImages reads what pictures say of themselves: those of this version,
// of earlier ones, which had no contents, and of nobody.
func TestNoteOtherImages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	for name, c := range map[string]struct {
		source, contents string // of the picture that is there; "" for none
		want             int
	}{
		"the same":              {"a", "1", 0},
		"the same, spelled out": {"./b/../a", "1", 0},
		"other contents":        {"a", "2", 1},
		"a copy":                {"b", "1", 1},
		"earlier":               {"a", "", 0},
		"earlier, another":      {"b", "", 1},
		"nobody's":              {"", "", 0},
		"somebody else's":       {"", "2", 0},
	} {
		var texts []heatmap.Text
		if c.source != "" {
			texts = append(texts, heatmap.Text{Key: "Source", Value: c.source})
		}
		if c.contents != "" {
			texts = append(texts, heatmap.Text{Key: "bagnet:image-crc", Value: c.contents})
		}
		var b bytes.Buffer
		if err := heatmap.WritePNG(&b, image.NewNRGBA(image.Rect(0, 0, 1, 1)), texts); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		var r Replacing
		if r.Note(path, "a", "1"); r.replaced != c.want {
			t.Errorf("%s: %d replaced, want %d", name, r.replaced, c.want)
		}
	}
	var r Replacing
	for _, path := range []string{path + "nowhere", filepath.Dir(path), os.DevNull} {
		if r.Note(path, "a", "1"); r.replaced > 0 {
			t.Errorf("%s shows something", path)
		}
	}
}

// TestReport says what was replaced, the first by name.
func TestReport(t *testing.T) {
	write := func(source, contents string) string {
		path := filepath.Join(t.TempDir(), "x.png")
		var b bytes.Buffer
		texts := []heatmap.Text{{Key: TextSource, Value: source}, {Key: TextContents, Value: contents}}
		if err := heatmap.WritePNG(&b, image.NewNRGBA(image.Rect(0, 0, 1, 1)), texts); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, sheets := range []bool{false, true} {
		r := Replacing{Sheets: sheets}
		if r.Report() != "" {
			t.Errorf("%q", r.Report())
		}
		first := write("b", "1")
		r.Note(first, "a", "1")
		one, two := "replaced the map of another image: ", "replaced the maps of 2 other images: "
		if sheets {
			one, two = "replaced the sheet of other images: ", "replaced 2 sheets of other images: "
		}
		which := first + ", which showed b and now shows a"
		if r.Report() != one+which {
			t.Errorf("%q", r.Report())
		}
		r.Note(write("a", "2"), "a", "1")
		if r.Report() != two+which+", ..." {
			t.Errorf("%q", r.Report())
		}
	}
	var r Replacing
	path := write("a", "2")
	if r.Note(path, "a", "1"); r.Report() != "replaced the map of another image: "+path+", which showed another a" {
		t.Errorf("%q", r.Report())
	}
}

// TestCheckFirst refuses a named file that is there, and nothing else.
func TestCheckFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	keep, replace := Replacing{Keep: "it is mine"}, Replacing{}
	others := []*Places{nil, {}, {File: "-"}, {File: path + "no"}, {Directory: filepath.Dir(path)}}
	if err := keep.CheckFirst(others...); err != nil {
		t.Error(err)
	}
	if err := keep.CheckFirst(append(others, &Places{File: path})...); err == nil || !strings.HasSuffix(err.Error(), "is there already, and it is mine: give another name or directory") {
		t.Errorf("%v", err)
	}
	if err := replace.CheckFirst(&Places{File: path}); err != nil {
		t.Error(err)
	}
}
