package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/terminal"
)

var truthClasses = []class.Class{
	{Index: 0, ID: "n01440764", Label: "tench, Tinca tinca"},
	{Index: 1, ID: "n02012849", Label: "crane"},
	{Index: 2, ID: "n03126707", Label: "crane"},
}

func TestTruthOfDirectories(t *testing.T) {
	truth, err := NewTruth(truthClasses, nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"val/n01440764/a.jpg":    0,
		"val/N01440764/a.jpg":    0,
		"Tinca_tinca/a.jpg":      0,
		"val/2/a.jpg":            2,
		"val/3/a.jpg":            class.None,
		"val/002/a.jpg":          class.None, // one of a series
		"val/crane/a.jpg":        class.None, // either of two
		"n01440764/other/a.jpg":  class.None,
		"val/n01440764.jpg":      class.None,
		"n01440764/./../1/a.jpg": 1,
		StdinName:                class.None,
	} {
		if got := truth.Of(Image{Path: path}); got != want {
			t.Errorf("class of %s: %d, want %d", path, got, want)
		}
	}
	t.Chdir(filepath.Join(mkdir(t, "n02012849")))
	if got := truth.Of(Image{Path: "a.jpg"}); got != 1 {
		t.Errorf("class of an image in the working directory: %d, want 1", got)
	}
	if truth.Known != 6 || truth.Unlabelled() != 6 {
		t.Errorf("%d known, %d unknown, want 6 and 6", truth.Known, truth.Unlabelled())
	}
	var said bytes.Buffer
	truth.Report((&terminal.Streams{Err: &said}).Warnf)
	for _, want := range []string{"the true class of 6 of 12 images is not known", `1 image: directory "crane" may be any of 1 crane (n02012849); 2 crane (n03126707)`} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, &said)
		}
	}
}

// TestTrueLabels asks from several goroutines at once.
func TestTrueLabels(t *testing.T) {
	labels := NewTrueLabels(truthClasses, false)
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for path, want := range map[string]string{"val/n01440764/a.jpg": "tench, Tinca tinca", "val/1/a.jpg": "crane", "val/crane/a.jpg": "", "a.jpg": ""} {
				if got := labels.Of(Image{Path: path}); got != want {
					t.Errorf("%s shows %q, want %q", path, got, want)
				}
			}
		})
	}
	asking.Wait()
	if got := NewTrueLabels(truthClasses[:1], true).Of(Image{Path: "val/0/a.jpg"}); got != "" {
		t.Errorf("a number names %q, of a network with one output", got)
	}
}

// mkdir makes a directory of that name.
func mkdir(t *testing.T, name string) string {
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTruthOfLists(t *testing.T) {
	dir := mkdir(t, "set")
	list := filepath.Join(dir, "list.csv")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Dir(dir))
	write(list, "\ufeffLabel,Path,more\r\n\"tench, Tinca tinca\",a/x.jpg\r\n2,y.jpg,z\r\nn02012849,set/b/x.jpg\r\nunicorn,a/u.jpg\n")
	truth, err := NewTruth(truthClasses, []string{list})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"set/a/x.jpg":                     0,
		"set/../set/a/x.jpg":              0,
		filepath.Join(dir, "a", "x.jpg"):  0,
		"a/x.jpg":                         0, // as the list has it, from here
		"set/b/x.jpg":                     1,
		"somewhere/n01440764/y.jpg":       2, // by its name
		"somewhere/n01440764/x.jpg":       class.None,
		"set/a/u.jpg":                     class.None,
		filepath.Join(dir, "set/b/x.jpg"): 1,
	} {
		if got := truth.Of(Image{Path: path}); got != want {
			t.Errorf("class of %s: %d, want %d", path, got, want)
		}
	}

	tsv := filepath.Join(dir, "list.tsv")
	write(tsv, "a, b.jpg\t1\n")
	if truth, err = NewTruth(truthClasses, []string{tsv}); err != nil {
		t.Fatal(err)
	}
	if got := truth.Of(Image{Path: "set/a, b.jpg"}); got != 1 {
		t.Errorf("class in a list with tabs: %d, want 1", got)
	}

	for text, want := range map[string]string{
		"":                      "lists no images",
		"path,label\n":          "lists no images",
		"a.jpg\n":               `line 1: want a path and a class, separated by ','`,
		"a.jpg,0\na.jpg,1\n":    `line 2: image "a.jpg" is called "1" here and "0" before`,
		"a.jpg,0\n\"b.jpg,1\n":  `extraneous or missing " in quoted-field`,
		"a.jpg,\xff\n":          "line 1: want a path and a class",
		"a.jpg,0\n\nb.jpg,  \n": "line 3: want a path and a class",
	} {
		write(list, text)
		if _, err := NewTruth(truthClasses, []string{list}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("list %q: %v, want %q", text, err, want)
		}
	}
	if _, err := NewTruth(truthClasses, []string{"none.csv"}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing list: %v", err)
	}
}

// TestTruthOfNestedDirectories has classes further up, in what was given.
func TestTruthOfNestedDirectories(t *testing.T) {
	truth, err := NewTruth(truthClasses, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, root string
		want       int
	}{
		{"train/n01440764/images/a.jpg", "train", 0},
		{"train/n02012849/n01440764/a.jpg", "train", 0}, // the nearest
		{"train/tench/x/y/a.jpg", "train", 0},
		{"tench/x/a.jpg", "tench", 0},                        // what was given counts
		{"tench/photos/x/a.jpg", "tench/photos", class.None}, // what is above does not
		{"tench/a.jpg", "", 0},
		{"tench/x/a.jpg", "", class.None},
		{"train/2/a.jpg", "train", 2},
		{"train/2/x/a.jpg", "train", class.None}, // no number further up
		{"train/tench/2/a.jpg", "train", 2},
		{"train/tench/crane/a.jpg", "train", class.None}, // either of two, not the one above
		{"/tench/a.jpg", "/", 0},
		{"/x/a.jpg", "/", class.None},
	} {
		if got := truth.Of(Image{Path: test.path, Root: test.root}); got != test.want {
			t.Errorf("class of %s in %s: %d, want %d", test.path, test.root, got, test.want)
		}
	}
}

// TestTruthOfNumbers has labels that are numbers, as directories sort them.
func TestTruthOfNumbers(t *testing.T) {
	classes := func(labels ...string) (all []class.Class) {
		for i, label := range labels {
			all = append(all, class.Class{Index: i, Label: label})
		}
		return all
	}
	for _, test := range []struct {
		labels    []class.Class
		directory string
		want      int
		said      string
	}{
		{classes("0", "1", "10", "2"), "10", 2, ""},
		{classes("0", "1", "10", "2"), "2", 3, `directory "2" is taken for output 3, which is called "2", not for output number 2, which is called "10"`},
		{classes("0", "1", "10", "2"), "3", class.None, `the label of none`},
		{classes("1", "2", "3"), "0", class.None, "the label of none"},
		{classes("00000", "00001"), "00001", 1, ""},
		{classes("00000", "00001"), "1", 1, ""},
		{classes("00001", "00000"), "00001", 0, ""},
		{classes("1990", "1991"), "1991", 1, ""},
		{classes("cat", "dog"), "1", 1, ""},
		{classes("cat", "dog"), "01", class.None, ""},
	} {
		truth, err := NewTruth(test.labels, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := truth.Of(Image{Path: "set/" + test.directory + "/a.jpg", Root: "set"}); got != test.want {
				t.Errorf("%v: directory %s is %d, want %d", test.labels, test.directory, got, test.want)
			}
		}
		var said bytes.Buffer
		truth.Report((&terminal.Streams{Err: &said}).Warnf)
		if !strings.Contains(said.String(), test.said) || test.want >= 0 && test.said == "" && said.Len() > 0 || strings.Count(said.String(), "is taken for") > 1 {
			t.Errorf("%v, directory %s: %s", test.labels, test.directory, &said)
		}
	}
}
