package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/hint"
)

// boxesOf reads a list of boxes in a directory of its own, for images there.
func boxesOf(t *testing.T, name, list string, images ...string) (*Boxes, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(list), 0o666); err != nil {
		t.Fatal(err)
	}
	var all []Image
	for _, path := range images {
		all = append(all, Image{Path: filepath.Join(dir, path)})
	}
	b, err := ReadBoxes(file, all)
	if b != nil {
		for path, boxes := range b.of {
			delete(b.of, path)
			short, _ := filepath.Rel(dir, path)
			b.of[filepath.ToSlash(short)] = boxes
		}
	}
	return b, err
}

func TestReadBoxes(t *testing.T) {
	two := []Box{{1, 2, 3, 4, ""}, {0.5, 0, 10, 1e3, ""}}
	for name, c := range map[string]struct{ file, list string }{
		"no header":         {"b.csv", "a/x.png,1,2,3,4\nb.png,,,,\na/x.png,0.5,0,10,1e3\n"},
		"header":            {"b.csv", "path,x0,y0,x1,y1\na/x.png,1,2,3,4\na/x.png,0.5,0,10,1e3\n"},
		"other columns":     {"b.csv", "y_max;Y_Min;image;note;xmin;X Max\n4;2;a/x.png;?;1;3\n1e3;0;a/x.png;;0.5;10\n"},
		"tabs, no endings":  {"b.tsv", "a/x\t1\t2\t3\t4\na/x\t 0.5\t0\t10 \t1e3\n"},
		"a byte order mark": {"b.csv", "\ufefffile,left,top,right,bottom\r\na/x.png,1,2,3,4\r\na/x.png,0.5,0,10,1e3\r\n"},
	} {
		b, err := boxesOf(t, c.file, c.list, "a/x.png", "b.png", "c.png")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b.Images != 1 || len(b.of) != 1 || !slices.Equal(b.of["a/x.png"], two) || len(b.SHA256) != 64 || b.Check(nil) != nil {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

// TestBoxesOfClasses has boxes of one class, of another, and of any.
func TestBoxesOfClasses(t *testing.T) {
	classes := []class.Class{{Index: 0, ID: "n01440764", Label: "tench, Tinca tinca"}, {Index: 1, Label: "golf ball"}}
	b, err := boxesOf(t, "b.csv", "path,class,x0,y0,x1,y1\nx.png,Golf_Ball,0,0,1,1\nx.png,n01440764,0,0,2,2\nx.png,,0,0,3,3\ny.png,tench,0,0,4,4\n", "x.png", "y.png")
	if err != nil || b.Images != 2 {
		t.Fatal(b, err)
	}
	sides := func(path string, class int) (sides []float64) {
		boxes, err := b.Of(path, classes, class)
		if err != nil {
			t.Fatal(err)
		}
		for _, box := range boxes {
			sides = append(sides, box.X1)
		}
		return sides
	}
	for _, c := range []struct {
		path  string
		class int
		want  []float64
	}{{"x.png", 0, []float64{2, 3}}, {"x.png", 1, []float64{1, 3}}, {"y.png", 0, []float64{4}}, {"y.png", 1, nil}, {"z.png", 0, nil}} {
		if got := sides(c.path, c.class); !slices.Equal(got, c.want) {
			t.Errorf("%s, class %d: %v, want %v", c.path, c.class, got, c.want)
		}
	}
	err = b.Check(classes[:1])
	if err == nil || !hint.Refused(err) || !strings.Contains(err.Error(), `no class "Golf_Ball"`) || !strings.Contains(hint.Of(err), "without a column of classes") {
		t.Errorf("a class that the network has not: %v", err)
	}
	if _, err := b.Of("x.png", classes[:1], 0); err == nil {
		t.Error("no error about the class of an image's box")
	}
	var none *Boxes
	if err := none.Check(classes); err != nil {
		t.Errorf("no list: %v", err)
	}
}

func TestReadBoxesErrors(t *testing.T) {
	for list, want := range map[string]string{
		"":                                   "it lists no boxes",
		"path,x0,y0,x1,y1\n":                 "it lists no boxes",
		"path,x0,y0,x1\nx.png,1,2,3\n":       "line 1: want a path, the numbers",
		"path,x0,y0,x1,width\nx.png,1,2,3,4": "line 1: no column is called y1",
		"x.png,1,2,3,4\nx.png,1,2,3,4a\n":    `line 2: "4a" is no number`,
		"x.png,1,2,3,NaN\n":                  `line 1: "NaN" is no number`,
		"x.png,1,2,,4\n":                     `line 1: "" is no number`,
		"x.png,1,2,+Inf,4\n":                 "is no number",
		"x.png,3,2,3,4\n":                    "line 1: a box from 3,2 to 3,4 has no area",
		"x.png,1,4,3,2\n":                    "has no area",
		",1,2,3,4\n":                         "line 1: want a path",
		"x.png,1,2,3,4\n./x.png,1,2,3,4\n":   `line 2: image "./x.png" is written in another way before`,
		"x.png,1,2,3,4,b\xff\n":              "it is not UTF-8",
		"y.png,1,2,3,4\n":                    "has none for any of 1 image",
		"x.png,,,,\n":                        "has none for any of 1 image",
	} {
		_, err := boxesOf(t, "b.csv", list, "x.png")
		if err == nil || !hint.Refused(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one about %q", list, err, want)
		}
	}
	if _, err := boxesOf(t, "b.txt", "x.png 3\n", "x.png"); err == nil || !strings.Contains(err.Error(), "line 1: want a path") {
		t.Errorf("a list of classes: %v", err)
	}
	if _, err := ReadBoxes(filepath.Join(t.TempDir(), "none.csv"), nil); err == nil || !hint.Refused(err) || !strings.Contains(err.Error(), `reading list of boxes "`) {
		t.Errorf("no file: %v", err)
	}
}
