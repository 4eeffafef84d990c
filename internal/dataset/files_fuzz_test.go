package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"bagnet/internal/class"
	"bagnet/internal/testkit"
)

// FuzzFilesFrom reads lists of images, none of which exist, so that every name
// comes back as it stands in the list.
func FuzzFilesFrom(f *testing.F) {
	f.Add("a.jpg\nb c.png\n\n", false)
	f.Add("\ufeffa.jpg\r\n--\r\n-o\r\n", false)
	f.Add("a\nb.jpg\x00\x00\xff", true)
	f.Chdir(f.TempDir())
	f.Fuzz(func(t *testing.T, list string, null bool) {
		end := "\n"
		if null {
			end = "\x00"
		}
		var want []string
		for name := range strings.SplitSeq(strings.TrimPrefix(list, "\ufeff"), end) {
			if !null {
				name = strings.TrimSuffix(name, "\r")
			}
			if strings.ContainsAny(name, `/\`) || name == "." || name == ".." {
				return // there may be something of that name
			}
			if name != "" {
				want = append(want, name)
			}
		}
		var got []string
		for in := range fromList(t.Context(), "list", strings.NewReader(list), null, LeftOut{}) {
			if testkit.CheckMessage(t, in.Err); in.Err == nil {
				t.Fatalf("%q was found", in.Path)
			}
			got = append(got, in.Path)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the list %q names %q, want %q", list, got, want)
		}
	})
}

// FuzzTruthList reads lists of paths and classes.
func FuzzTruthList(f *testing.F) {
	f.Add([]byte("path,label\na.jpg,tench\n\"b, c.jpg\",1\n"))
	f.Add([]byte("\xef\xbb\xbflabel,path\n0,x/y.jpg\n"))
	f.Add([]byte("a\tb\nc\td\n"))
	f.Add([]byte("\"unclosed,1\n"))
	f.Add([]byte("../../etc/passwd,0\n/abs,0\n.,0\n,\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, name := range []string{"list.csv", "list.tsv", "list.txt"} {
			file := filepath.Join(dir, name)
			if err := os.WriteFile(file, content, 0o666); err != nil {
				t.Fatal(err)
			}
			list, err := readList(file, class.NewIndex(truthClasses))
			testkit.CheckMessage(t, err)
			if err != nil {
				continue
			}
			truth, err := NewTruth(truthClasses, []string{file})
			testkit.CheckMessage(t, err)
			for _, row := range list.Rows {
				if (row.Path == "") != list.InOrder || row.Label == "" || !utf8.ValidString(row.Label) || row.Line < 1 {
					t.Fatalf("row %+v", row)
				}
				if err == nil && !list.InOrder {
					path := row.Path
					if !filepath.IsAbs(path) {
						path = filepath.Join(dir, path)
					}
					label, reason := truth.listed.label(path)
					if reason != "" || label != row.Label {
						t.Fatalf("%q is called %q, %v, in the list %q", path, label, reason, row.Label)
					}
				}
			}
		}
	})
}
