package output

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"bagnet/internal/hint"
	"bagnet/internal/testkit"
)

// TestPlaces understands what a flag may say, in a directory with a picture and a
// directory whose name ends like one's.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		value, extension string
		several          bool
		file, directory  string
		refused          string
	}{
		{"", ".png", true, "", ".", ""},
		{"", ".png", false, "", ".", ""},
		{"-", ".png", false, "-", "", ""},
		{"-", ".png", true, "", "", "--to -: standard output holds one picture; give a directory"},
		{"map.PNG", ".png", false, "map.PNG", "", ""},
		{"map.png", ".png", true, "", "", "--to map.png: one file for several results; give a directory"},
		{"map.png/", ".png", true, "", "map.png/", ""},
		{"dir.png", ".png", true, "", "dir.png", ""},
		{"map.npy", ".map.npy", false, "map.npy", "", ""},
		{"map.jpg", ".png", false, "", "", "--to map.jpg: want a file that ends in .png, or a directory"},
		{"map.jpg", ".png", true, "", "map.jpg", ""},
		{"new", ".png", false, "", "new", ""},
		{"in.png", ".png", false, "", "", "--to in.png: that is one of the images: give another name"},
		{"./dir.png/../in.png", ".png", false, "", "", "--to ./dir.png/../in.png: that is one of the images: give another name"},
		{"text", ".png", false, "", "", "--to text: want a file that ends in .png, or a directory"},
	} {
		t.Chdir(t.TempDir())
		if err := os.Mkdir("dir.png", 0o777); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"in.png", "text"} {
			if err := os.WriteFile(name, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		p, err := NewPlaces("--to", c.value, c.extension, c.several, []string{"in.png"})
		if c.refused != "" {
			if err == nil || err.Error() != c.refused || !hint.Refused(err) {
				t.Errorf("%q: %v, want %s", c.value, err, c.refused)
			}
			continue
		}
		if err != nil || p.File != c.file || p.Directory != c.directory {
			t.Errorf("%q, several %v: %+v, %v", c.value, c.several, p, err)
		}
		if err == nil && p.Directory != "" {
			if info, err := os.Stat(p.Directory); err != nil || !info.IsDir() {
				t.Errorf("%q: %v", c.value, err)
			}
		}
		testkit.WantOnly(t, "dir.png")
	}
}

// TestNextPlaces never gives a place away twice, be it only by case, nor an input's.
func TestNextPlaces(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "x.cock.png")
	p, err := NewPlaces("--to", dir, ".png", true, []string{in})
	if err != nil {
		t.Fatal(err)
	}
	next := func(image, class, want string) {
		t.Helper()
		if got := p.Next(image, class); got != filepath.Join(dir, want) {
			t.Errorf("%s, %s: %s, want %s", image, class, got, want)
		}
	}
	next("a/x.jpg", "cock, rooster", "x-2.cock.png") // x.cock.png is read
	next("a/y.jpg", "cock", "y.cock.png")
	before := p.Copy()
	next("b/Y.png", "Cock", "Y-2.Cock.png")
	if got := before.Next("b/Y.png", "Cock"); got != filepath.Join(dir, "Y-2.Cock.png") {
		t.Errorf("a copy knows of what came later: %s", got)
	}
	next("c/y", "cock", "y-3.cock.png")
	for _, want := range []string{"y.png", "y-2.png"} { // about the image alone
		if got := p.NextOf("d/y.jpg"); got != filepath.Join(dir, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	next("y-2.jpg", "cock", "y-2-2.cock.png")
	next(".jpg", "", "image.class.png")
	next("z.jpg", "../a b_c-é:*", "z.a_b_c-é.png")
	for _, first := range []string{"", "a"} { // characters begin at even bytes, or at odd ones
		long := first + strings.Repeat("é", 200)
		for range 3 {
			got := filepath.Base(p.Next(long+".jpg", long))
			if len(got) > LongestName || !strings.HasPrefix(got, first+"éé") || !utf8.ValidString(got) {
				t.Errorf("%d bytes: %q", len(got), got)
			}
		}
	}
	one := Places{File: "map.png"}
	if a, b := one.Next("a", "b"), one.Next("c", "d"); a != "map.png" || b != "map.png" {
		t.Errorf("%s, %s", a, b)
	}
}

// TestCheck refuses files that cannot be what a flag asks for.
func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		outputs []string
		refused string
	}{
		{[]string{"a.png", "a.svg", "b.PNG"}, ""},
		{[]string{"a.jpg"}, "--chart a.jpg: want a file that ends in .png or .svg"},
		{[]string{"a"}, "--chart a: want a file that ends in .png or .svg"},
		{[]string{"a.png", "./a.png"}, "--chart ./a.png: that file is used for something else already: give another name"},
		{[]string{"list.svg"}, "--chart list.svg: that file is used for something else already: give another name"},
	} {
		err := Check("--chart", c.outputs, []string{"png", "svg"}, []string{"", "list.svg"})
		if c.refused == "" && err != nil || c.refused != "" && (err == nil || err.Error() != c.refused || !hint.Refused(err)) {
			t.Errorf("%q: %v, want %s", c.outputs, err, c.refused)
		}
	}
	if err := Check("--chart", []string{"no/where.png"}, []string{"png"}, nil); err == nil || hint.Refused(err) || !strings.HasPrefix(err.Error(), "--chart: writing ") {
		t.Errorf("%v", err)
	}
	testkit.WantOnly(t, ".")
}

// TestHolds looks at the beginnings of files.
func TestHolds(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, []byte("abcdef"), 0o666); err != nil {
		t.Fatal(err)
	}
	is := func(want string) func([]byte) bool {
		return func(b []byte) bool { return bytes.Equal(b, []byte(want)) }
	}
	for _, c := range []struct {
		path  string
		n     int64
		want  string
		holds bool
		fails bool
	}{
		{path, 3, "abc", true, false},
		{path, 3, "abcd", false, false},
		{path, 100, "abcdef", true, false},
		{path + "no", 3, "abc", true, false},
		{dir, 3, "abc", false, true},
	} {
		if holds, err := Holds(c.path, c.n, is(c.want)); holds != c.holds || (err != nil) != c.fails {
			t.Errorf("%s, %d: %v, %v", c.path, c.n, holds, err)
		}
	}
}

// TestFollowLinks follows links, of which the last leads nowhere yet.
func TestFollowLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("b", filepath.Join(dir, "a")); err != nil {
		t.Skip(err)
	}
	target := filepath.Join(t.TempDir(), "c")
	if err := os.Symlink(target, filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	if got := FollowLinks(filepath.Join(dir, "a")); got != target {
		t.Errorf("%s, want %s", got, target)
	}
	if err := WriteFile(filepath.Join(dir, "a"), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "x" {
		t.Errorf("%q, %v", data, err)
	}
}

// TestKind tells files by their endings, and directories whatever they are called.
func TestKind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "maps.svg")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	kinds := []string{"png", "svg"}
	for path, want := range map[string]string{"": "png", "-": "png", "a.svg": "svg", "a.SVG": "svg", "a.pdf": "png", "svg": "png", dir: "png", "new.svg" + string(filepath.Separator): "png"} {
		if got := Kind(path, "png", kinds); got != want {
			t.Errorf("%q is of kind %s, want %s", path, got, want)
		}
	}
	for _, endings := range [][]string{nil, {"png", "svg"}} {
		want := "want a file that ends in .png, or a directory"
		if endings != nil {
			want = "want a file that ends in .png or .svg, or a directory"
		}
		if _, err := NewPlaces("--to", "map.jpg", ".x.png", false, nil, endings...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", endings, err)
		}
	}
}
