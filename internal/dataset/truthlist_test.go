package dataset

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/class"
)

// inSet makes a set of files in an empty working directory.
func inSet(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTruthBesideTheList has a name that a list's own directory and the working
// directory both have.
func TestTruthBesideTheList(t *testing.T) {
	inSet(t, map[string]string{"set/list.csv": "a.jpg,0\nb.jpg,2\n", "set/a.jpg": "", "a.jpg": "", "b.jpg": ""})
	for name, want := range map[string]string{"a.jpg": "set/a.jpg", "b.jpg": "b.jpg", "none.jpg": "set/none.jpg"} {
		if got := listed("set/list.csv", name); got != filepath.FromSlash(want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	inSet(t, map[string]string{"set/list.csv": "../x/a.jpg,0\nset/x/a.jpg,1\n"})
	truth, err := NewTruth(truthClasses, []string{"set/list.csv"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"x/a.jpg": 0, "set/x/a.jpg": 1, "set/set/x/a.jpg": 1} {
		if got := truth.Of(Image{Path: path}); got != want {
			t.Errorf("%s is of class %d, want %d", path, got, want)
		}
	}
	inSet(t, map[string]string{"set/list.csv": "x/a.jpg,0\nset/x/a.jpg,1\n"}) // the second may be set/set/x/a.jpg too
	if truth, err = NewTruth(truthClasses, []string{"set/list.csv"}); err != nil {
		t.Fatal(err)
	}
	if got := truth.Of(Image{Path: "set/x/a.jpg"}); got != 0 {
		t.Errorf("class %d, want 0: what is beside the list goes first", got)
	}
}

func TestTruthWithoutExtensions(t *testing.T) {
	inSet(t, map[string]string{"list.csv": "ImageId,Class\nimg0,1\nimg1,2\nimg2,0.0\n", "img0.png": "", "img1.png": "", "img1.JPG": "", "img2.txt": "", "img2.webp": "", "far/img0.png": ""})
	truth, err := NewTruth(truthClasses, []string{"list.csv"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"img0.png": 1, "far/img0.png": 1, "img1.png": class.None, "img2.webp": 0, "img2.txt": class.None, "img3.png": class.None} {
		if got := truth.Of(Image{Path: path}); got != want {
			t.Errorf("%s is of class %d, want %d", path, got, want)
		}
	}
	if _, reason := truth.find(Image{Path: "img1.png"}); !strings.Contains(reason, `"img1", which may be any of "img1.JPG", "img1.png"`) {
		t.Errorf("reason %q", reason)
	}
	var got []string
	expandClassList("list.csv", func(in Image) bool {
		got = append(got, in.Path)
		if in.Err != nil {
			got = append(got, in.Err.Error())
		}
		return true
	})
	if want := `img0.png|img1|may be any of "img1.JPG", "img1.png": list it with its extension|img2.webp`; strings.Join(got, "|") != want {
		t.Errorf("images %q, want %q", strings.Join(got, "|"), want)
	}
	inSet(t, map[string]string{"list.csv": "bild,klasse\nimg0,1\nimg2,2\n", "img0.png": "", "img2.webp": ""})
	got = nil
	expandClassList("list.csv", func(in Image) bool { got = append(got, in.Path); return true })
	if want := "img0.png|img2.webp"; strings.Join(got, "|") != want {
		t.Errorf("below a header nobody knows: %q, want %q", strings.Join(got, "|"), want)
	}
}

func TestTruthInOrder(t *testing.T) {
	inSet(t, map[string]string{"gt.txt": "2\n0\n1\n", "more.csv": "a.jpg,0\n"})
	order := func(paths ...string) func(yield func(int, string) bool) {
		return func(yield func(int, string) bool) {
			for i, path := range paths {
				if path != "" && !yield(i, path) {
					return
				}
			}
		}
	}
	truth, err := NewTruth(truthClasses, []string{"gt.txt"})
	if err != nil {
		t.Fatal(err)
	}
	if err := truth.InOrder(3, order("x/a.jpg", "", "b.jpg")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"x/a.jpg": 2, "b.jpg": 1, "a.jpg": class.None} {
		if got := truth.Of(Image{Path: path}); got != want {
			t.Errorf("%s is of class %d, want %d", path, got, want)
		}
	}
	for _, bad := range []struct {
		total int
		paths []string
		want  string
	}{
		{2, []string{"a", "b"}, "has 3 lines, a number for each image in order, but there are 2 images"},
		{4, nil, "but there are 4 images"},
		{-1, nil, "comes from a stream"},
		{3, []string{"a", "b", "a"}, `image "a" comes twice, with the classes "2" and "1"`},
	} {
		if err := truth.InOrder(bad.total, order(bad.paths...)); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%d images %v: %v, want %q", bad.total, bad.paths, err, bad.want)
		}
	}
	if _, err := NewTruth(truthClasses, []string{"gt.txt", "more.csv"}); err == nil || !strings.Contains(err.Error(), "goes with no other list") {
		t.Errorf("two lists: %v", err)
	}
	expandClassList("gt.txt", func(in Image) bool { t.Errorf("image %v", in); return true })
}

func TestTruthFromOne(t *testing.T) {
	inSet(t, nil)
	thousand := class.PlainClasses(1000)
	var numbers []class.Class
	for i := range 3 {
		numbers = append(numbers, class.Class{Index: i, Label: strconv.Itoa(i + 1)})
	}
	for _, l := range []struct {
		classes          []class.Class
		name, text, want string
	}{
		{truthClasses, "l.csv", "a.jpg,1\nb.jpg,3\n", "numbers from 1 to 3, but outputs count from 0: subtract 1"},
		{truthClasses, "l.csv", "a.jpg,1.0\nb.jpg,3.0\n", "numbers from 1 to 3"},
		{truthClasses, "gt.txt", "3\n1\n", "numbers from 1 to 3"},
		{thousand, "gt.txt", "490\n1000\n", "development kit"},
		{truthClasses, "l.csv", "a.jpg,0\nb.jpg,3\n", ""}, // only wrong
		{truthClasses, "l.csv", "a.jpg,1\nb.jpg,2\n", ""},
		{truthClasses, "l.csv", "a.jpg,3\nb.jpg,4\n", ""},
		{truthClasses, "l.csv", "a.jpg,3\nb.jpg,tench\n", ""},
		{numbers, "l.csv", "a.jpg,1\nb.jpg,3\n", ""}, // labels
	} {
		if err := os.WriteFile(l.name, []byte(l.text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := NewTruth(l.classes, []string{l.name})
		if l.want == "" && err != nil || l.want != "" && (err == nil || !strings.Contains(err.Error(), l.want)) {
			t.Errorf("%q: %v, want %q", l.text, err, l.want)
		}
	}
}

// TestLeftOut has what lies beside images: pictures that are none here, and
// other files, hidden ones too, of which nothing is said.
func TestLeftOut(t *testing.T) {
	inSet(t, map[string]string{"set/a.jpg": "", "set/b.HEIC": "", "set/x/c.heic": "", "set/x/d.mov": "", "set/x/e.txt": "", "set/.f.heic": "", "none/g.avif": "", "set/h.ppm": ""})
	left := LeftOut{}
	var found []string
	collect := func(in Image) bool {
		found = append(found, filepath.ToSlash(in.Path))
		if in.Err != nil {
			found = append(found, in.Err.Error())
		}
		return true
	}
	expand(t.Context(), "set", left, collect)
	if got, want := strings.Join(found, " "), "set/a.jpg set/h.ppm"; got != want {
		t.Errorf("images %s, want %s", got, want)
	}
	var said strings.Builder
	said.WriteString("bagnet: warning: " + left.Warning() + "\n")
	if want := "left out 3 files: 2 .heic, 1 .mov: convert them to JPEG or PNG"; !strings.Contains(said.String(), want) {
		t.Errorf("said %q, want %q", &said, want)
	}
	found, left = nil, LeftOut{}
	expand(t.Context(), "none", left, collect)
	if len(found) != 2 || !strings.Contains(found[1], "but 1 .avif: convert them") || len(left) != 0 {
		t.Errorf("%q, left out %v", found, left)
	}
}
