package dataset

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/images"
)

// paths collects the inputs of a list.
func paths(t *testing.T, list string, null bool) (got []string, errs []error) {
	t.Helper()
	for in := range fromList(t.Context(), "list", strings.NewReader(list), null, LeftOut{}) {
		got = append(got, in.Path)
		if in.Err != nil {
			errs = append(errs, in.Err)
		}
	}
	return got, errs
}

func TestLists(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct {
		list string
		null bool
		want []string
	}{
		{"", false, nil},
		{"\n\n\r\n", false, nil},
		{"a\nb", false, []string{"a", "b"}},
		{"a\r\n b \r\n", false, []string{"a", " b "}},
		{"\ufeffa\n\ufeffb\n", false, []string{"a", "\ufeffb"}},
		{"a\nb\x00c\r\x00\x00d", true, []string{"a\nb", "c\r", "d"}},
		{"-\n", false, []string{"-"}}, // in a list, a file
	} {
		got, _ := paths(t, test.list, test.null)
		if !slices.Equal(got, test.want) {
			t.Errorf("list %q: %q, want %q", test.list, got, test.want)
		}
	}
}

func TestListThatIsNone(t *testing.T) {
	got, errs := paths(t, strings.Repeat("x", maxListLine+1), false)
	if !slices.Equal(got, []string{"list"}) || len(errs) != 1 || !strings.Contains(errs[0].Error(), "is this a list") {
		t.Errorf("got %.100q, %v", got, errs)
	}
}

func TestWalkFollowsLinksWithoutLoops(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "1.png"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{".", "a", "b", "c"} { // links that lead everywhere
			if err := os.Symlink(filepath.Join("..", other), filepath.Join(dir, name, "to-"+other)); err != nil {
				t.Skip(err)
			}
		}
	}
	n := 0
	expand(t.Context(), dir, LeftOut{}, func(in Image) bool {
		n++
		return in.Err == nil && n < 100
	})
	// a, a/to-b, a/to-b/to-c, a/to-c, a/to-c/to-b, and so on: every way without a loop.
	if n != 15 {
		t.Errorf("%d images, want 15", n)
	}
}

func TestReadLimited(t *testing.T) {
	const image = "GIF89a and more"
	for _, size := range []int64{0, 3, 1000} { // what a file's size claims
		got, err := readLimited(strings.NewReader(image), size)
		if err != nil || string(got) != image {
			t.Errorf("size %d: %q, %v", size, got, err)
		}
	}
	if _, err := readLimited(strings.NewReader("hello"), maxFileBytes+1); err == nil || !strings.Contains(err.Error(), "larger than 1024 MiB") {
		t.Errorf("too large a file: %v", err)
	}
	for _, before := range []string{"", "GIF", image} {
		broken := io.MultiReader(strings.NewReader(before), errorReader{})
		if got, err := readLimited(broken, 0); err == nil {
			t.Errorf("broken after %q: %q", before, got)
		}
	}
	// Of what is no image nothing more is read.
	endless := strings.NewReader(strings.Repeat("x", 1000))
	if got, err := readLimited(endless, 0); err == nil || !strings.Contains(err.Error(), "not an image") || endless.Len() != 1000-images.MagicBytes {
		t.Errorf("no image: %q, %v, %d bytes left", got, err, endless.Len())
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestForeknown finds what it may beforehand and the rest as it is asked for.
func TestForeknown(t *testing.T) {
	for _, test := range []struct{ images, limit, total int }{{0, 3, 0}, {2, 3, 2}, {3, 3, -1}, {5, 3, -1}, {1 << 40, 3, -1}} {
		found := 0
		in := foreknown(func(yield func(Image) bool) {
			for i := range test.images {
				if found++; !yield(Image{Path: string(rune('a' + i))}) {
					return
				}
			}
		}, test.limit)
		if in.Total != test.total || found > test.limit {
			t.Errorf("%d images: total %d, want %d; %d found beforehand", test.images, in.Total, test.total, found)
		}
		got := ""
		for one := range in.Seq {
			if got += one.Path; len(got) == 5 {
				break
			}
		}
		if want := "abcde"[:min(5, test.images)]; got != want || found > 5 {
			t.Errorf("%d images: got %q, want %q; %d found", test.images, got, want, found)
		}
	}
}
