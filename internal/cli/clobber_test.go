package cli

import (
	"bytes"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bagnet/internal/heatmap"
)

// TestKeepAtTheSameMoment lets two results for one place be finished one after
// the other: both found it free.
func TestKeepAtTheSameMoment(t *testing.T) {
	dir := t.TempDir()
	p, err := newPlaces("-o", dir, ".png", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.keep(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.png")
	first, err := p.create(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.writeAll([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := second.writeAll([]byte("second")); err == nil || !strings.Contains(err.Error(), "it is there already") {
		t.Errorf("the second: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	wantOnly(t, dir, "a.png")
	if _, err := p.create(path); err == nil {
		t.Error("a place that is taken was given away")
	}
}

func TestMoveNew(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for _, name := range []string{from, to} {
		if err := os.WriteFile(name, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := moveNew(from, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto another: %v", err)
	}
	if got, _ := os.ReadFile(to); string(got) != to {
		t.Errorf("the other became %q", got)
	}
	os.Remove(to)
	if err := os.WriteFile(from, []byte(from), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := moveNew(from, to); err != nil {
		t.Error(err)
	}
	wantOnly(t, dir, "to")
}

// TestOtherSource reads what pictures say of themselves: of this version, of
// earlier ones and of nobody.
func TestOtherSource(t *testing.T) {
	dir := t.TempDir()
	source := func(path string) heatmap.Text { return heatmap.Text{Key: "Source", Value: path} }
	digest := func(d string) heatmap.Text { return heatmap.Text{Key: "bagnet:source-sha256", Value: d} }
	for name, c := range map[string]struct {
		there, now []heatmap.Text
		other      bool
	}{
		"the same":              {[]heatmap.Text{source("a"), digest("1")}, []heatmap.Text{source("a"), digest("1")}, false},
		"the same, spelled out": {[]heatmap.Text{source("./a"), digest("1")}, []heatmap.Text{source("a"), digest("1")}, false},
		"other contents":        {[]heatmap.Text{source("a"), digest("1")}, []heatmap.Text{source("a"), digest("2")}, true},
		"a copy":                {[]heatmap.Text{source("a"), digest("1")}, []heatmap.Text{source("b"), digest("1")}, true},
		"no digest":             {[]heatmap.Text{source("a")}, []heatmap.Text{source("a"), digest("1")}, false},
		"no digest, other path": {[]heatmap.Text{source("a")}, []heatmap.Text{source("b"), digest("1")}, true},
		"no source":             {[]heatmap.Text{{Key: "Software", Value: "x"}}, []heatmap.Text{source("b"), digest("1")}, false},
		"no texts":              {nil, []heatmap.Text{source("b")}, false},
	} {
		path := filepath.Join(dir, "x.png")
		var b bytes.Buffer
		if err := heatmap.WritePNG(&b, image.NewNRGBA(image.Rect(0, 0, 1, 1)), c.there); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		if shown, other := otherSource(path, c.now); other != c.other || other && shown != c.there[0].Value {
			t.Errorf("%s: %q, %v", name, shown, other)
		}
	}
	for _, path := range []string{filepath.Join(dir, "nowhere"), dir, os.DevNull} {
		if _, other := otherSource(path, []heatmap.Text{source("a")}); other {
			t.Errorf("%s shows something", path)
		}
	}
}
