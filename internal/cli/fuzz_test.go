package cli

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"bagnet/internal/class"
	"bagnet/internal/metadata"
	"bagnet/internal/testkit"
)

// FuzzFindClass looks classes up that were made of the same text.
func FuzzFindClass(f *testing.F) {
	f.Add("tench", "tench, Tinca tinca\ncrane\ncrane")
	f.Add("12", "a\nb")
	f.Add(" N01440764 ", "x")
	f.Add("TINCA_tinca", "0\tn01440764\ttench, Tinca tinca\n1\t\tgolf ball")
	f.Add("\xff\x1b[31m", "é,É\n\u0130")
	f.Fuzz(func(t *testing.T, query, labels string) {
		classes, err := class.ReadLabels("labels", strings.NewReader(labels))
		testkit.CheckMessage(t, err)
		if err != nil || len(classes) > 1000 || len(query) > 1000 {
			return
		}
		c, err := findClass(classes, query)
		testkit.CheckMessage(t, err)
		if err == nil && (c.Index < 0 || c.Index >= len(classes) || classes[c.Index] != c) {
			t.Fatalf("query %q gave class %v of %v", query, c, classes)
		}
		for _, want := range classes { // every class can be named by its number, if no class is called that
			if slices.ContainsFunc(classes, func(c class.Class) bool { return called(c, want.Index) }) {
				continue
			}
			if c, err := findClass(classes, classText(want)[:len(classText(want))-len(strings.TrimLeft(classText(want), "0123456789"))]); err != nil || c != want {
				t.Fatalf("class %v by its number: %v, %v", want, c, err)
			}
		}
	})
}

// called reports whether a class has a number for an id or one of its names.
func called(c class.Class, number int) bool {
	names := append(strings.Split(c.Label, ","), c.Label, c.ID)
	return slices.ContainsFunc(names, func(name string) bool { return class.Plain(name) == strconv.Itoa(number) })
}

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
		for in := range fromList(t.Context(), "list", strings.NewReader(list), null, leftOut{}) {
			if testkit.CheckMessage(t, in.err); in.err == nil {
				t.Fatalf("%q was found", in.path)
			}
			got = append(got, in.path)
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
			truth, err := newTruth(truthClasses, []string{file})
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

// FuzzResults reads files of predictions: what counts of one is whole lines,
// and a line that was written is read as it was.
func FuzzResults(f *testing.F) {
	line, err := jsonLine(&savedResult{recordHead: recordHead{"a.jpg", "01234567"}, Label: &truthClasses[0],
		Predictions: []prediction{{Class: truthClasses[1], Logit: 1.5, Probability: 0.25}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(append(slices.Clone(line), line[:20]...))
	f.Add([]byte(`{"path":"\u0000","run":"xyz"}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		lines, size, err := completeLines(bytes.NewReader(content))
		if err != nil || lines != bytes.Count(content, []byte{'\n'}) || size != int64(bytes.LastIndexByte(content, '\n')+1) {
			t.Fatalf("%d lines in %d bytes of %q: %v", lines, size, content, err)
		}
		for line := range bytes.Lines(content[:size]) {
			_, r, err := parseRecord[savedResult](line)
			testkit.CheckMessage(t, err)
			if err != nil {
				continue
			}
			again, err := jsonLine(r)
			if err != nil {
				continue // not finite, which JSON cannot be
			}
			if _, s, err := parseRecord[savedResult](again); err != nil || s.Path != r.Path || s.Run != r.Run || len(s.Predictions) != len(r.Predictions) {
				t.Fatalf("%q became %q: %v", line, again, err)
			}
			classes, err := chooseClasses(make([]class.Class, 1+rand.IntN(1000)), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.mismatch(trial{input: input{path: r.Path}, class: 0}, classes)
		}
	})
}

// FuzzMetadata reads what a checkpoint says about its network.
func FuzzMetadata(f *testing.F) {
	f.Add("bagnet", "v1", "33", "[2,2,2,1]", `[{"id":"n01440764","label":"tench"}]`, `{"resize":160,"crop":160,"interpolation":"bilinear","mean":[0,0,0],"std":[1,1,1]}`)
	f.Add("pt", "", "", "", `["n01440764","dog"]`, "")
	f.Add("bagnet", "v2", "-1", "[0,0,0,0]", "[]", `{"std":[0,0,0]}`)
	f.Fuzz(func(t *testing.T, format, family, patch, strides, classes, preprocessing string) {
		m, err := metadata.Parse(map[string]string{"format": format, "family": family, "patch_size": patch,
			"strides": strides, "classes": classes, "preprocessing": preprocessing})
		testkit.CheckMessage(t, err)
		if err != nil || m.Preprocessing == nil {
			return
		}
		text, err := m.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.Parse(text)
		if err != nil || *again.Preprocessing != *m.Preprocessing || !slices.Equal(again.Classes, m.Classes) || again.Strides != m.Strides {
			t.Fatalf("metadata %+v became %+v: %v", m, again, err)
		}
	})
}
