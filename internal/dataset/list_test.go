package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// read reads a list of that text beside images called a.jpg, "b c.jpg" and "d;e".
func read(t *testing.T, name, text string) (*List, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	files, classes := []string{"a.jpg", "b c.jpg", "d;e", "img0", "img1"}, []string{"cat", "dog", "0", "1", "2", "a, b"}
	return Read(file, World{
		Exists: func(path string) bool { return slices.Contains(files, path) },
		Names:  func(label string) bool { return slices.Contains(classes, label) },
	})
}

// utf16 is ASCII text as Windows saves "Unicode", the low byte first.
func utf16(text string) string {
	data := []byte("\xff\xfe")
	for _, c := range []byte(text) {
		data = append(data, c, 0)
	}
	return string(data)
}

func TestRead(t *testing.T) {
	two := []Row{{"a.jpg", "cat", 1}, {"b c.jpg", "dog", 2}}
	below := []Row{{"a.jpg", "cat", 2}, {"b c.jpg", "dog", 3}}
	for _, l := range []struct {
		name, text string
		want       []Row
	}{
		{"l.csv", "a.jpg,cat\nb c.jpg,dog\n", two},
		{"l.csv", "a.jpg\tcat\nb c.jpg\tdog\n", two},
		{"l.csv", "a.jpg;cat\r\nb c.jpg;dog\r\n", two},
		{"l.csv", "\"a.jpg\";\"a, b\"\nb c.jpg;a, b\n", []Row{{"a.jpg", "a, b", 1}, {"b c.jpg", "a, b", 2}}},
		{"l.csv", "d;e,cat\na.jpg,dog\n", []Row{{"d;e", "cat", 1}, {"a.jpg", "dog", 2}}},
		{"l.txt", "a.jpg\tcat\nb c.jpg\tdog\n", two},
		{"l.txt", "a.jpg,cat\nb c.jpg,dog\n", two},
		{"l.txt", "a.jpg cat\nb c.jpg   dog \n", two},
		{"l.TXT", "b c.jpg dog\n\n", []Row{{"b c.jpg", "dog", 1}}},
		{"l.txt", "a, b.jpg,cat\nx,y z\n", []Row{{"a", "b.jpg", 1}, {"x", "y z", 2}}},
		{"l.csv", "path;label\na.jpg;cat\nb c.jpg;dog\n", below},
		{"l.csv", utf16("a.jpg,cat\r\nb c.jpg,dog\r\n"), two},
		{"l.csv", "bild,klasse\na.jpg,cat\nb c.jpg,dog\n", below},
		{"l.csv", "klasse,fold,bild\ncat,x,a.jpg\ndog,y,b c.jpg\n", below},
		{"l.csv", "bild,klasse\nx.jpg,cat\ny.jpg,dog\n", []Row{{"x.jpg", "cat", 2}, {"y.jpg", "dog", 3}}}, // elsewhere
		{"l.csv", "x.jpg,unicorn\na.jpg,cat\n", []Row{{"x.jpg", "unicorn", 1}, {"a.jpg", "cat", 2}}},      // an image that is missing
		{"l.csv", "img0,unicorn\nimg1,cat\n", []Row{{"img0", "unicorn", 1}, {"img1", "cat", 2}}},
		{"l.csv", "bild,klasse\na.jpg,unicorn\n", []Row{{"bild", "klasse", 1}, {"a.jpg", "unicorn", 2}}},
		{"gt.txt", "2\n0\r\n1\n", []Row{{"", "2", 1}, {"", "0", 2}, {"", "1", 3}}},
		{"gt.txt", "n01440764\n", []Row{{"", "n01440764", 1}}},
	} {
		list, err := read(t, l.name, l.text)
		if err != nil || !slices.Equal(list.Rows, l.want) || list.InOrder != (l.want[0].Path == "") {
			t.Errorf("%s %q: %+v, %v; want %v", l.name, l.text, list, err, l.want)
			continue
		}
		if unknown := strings.Contains(l.text, "klasse") && l.want[0].Path != "bild"; (list.Note != "") != unknown {
			t.Errorf("%q: note %q", l.text, list.Note)
		}
	}
	long := strings.Repeat("x.jpg,cat\n", 3*sample)
	if list, err := read(t, "l.csv", long); err != nil || len(list.Rows) != 3*sample || list.Rows[2*sample].Line != 2*sample+1 {
		t.Errorf("%d lines: %v, %v", 3*sample, list, err)
	}
}

func TestReadErrors(t *testing.T) {
	for _, l := range []struct{ name, text, want string }{
		{"l.csv", "a.jpg;cat, tom\nb c.jpg;dog\n", `line 1: fields seem to be separated by ';', but there are commas too`},
		{"l.csv", "a.jpg\tx;y\n", "tabs and semicolons"},
		{"l.csv", "a.jpg;cat\nb c.jpg,dog\n", "line 2: want a path and a class, separated by ';'"},
		{"l.csv", "a.jpg cat\n", "line 1: want a path and a class, separated by ','"},
		{"l.txt", "a.jpg cat\nb.jpg\n", "line 2: want a path and a class, separated by a space"},
		{"l.csv", "path,label\na.jpg,caf\xe9\n", "line 2: want a path and a class: it is not UTF-8, perhaps Latin-1"},
		{"l.csv", "bild,klasse,fold\na.jpg,cat,0\nb c.jpg,dog,1\n", "names no known columns: call them path and label"},
		{"gt.txt", "1\n2\nthree\n", "line 3: want one number"},
		{"gt.csv", "1\n2\n", "line 1: want a path and a class"},
		{"l.csv", utf16("path,label\r\n"), "lists no images"},
		{"l.txt", "\n\n", "lists no images"},
		{"l.txt", strings.Repeat("x", 2<<20), "line 1: longer than"},
		{"l.txt", "a.jpg cat\n" + strings.Repeat("x", 3<<20), "line 2: longer than"},
	} {
		if list, err := read(t, l.name, l.text); err == nil || !strings.Contains(err.Error(), l.want) {
			t.Errorf("%s %.40q: %v, %v; want %q", l.name, l.text, list, err, l.want)
		}
	}
}
