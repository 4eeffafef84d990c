package dataset

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// picture begins like an image.
func picture(s string) string { return "GIF89a" + s }

// file is a member of a tar: a regular one unless header says more.
type file struct {
	name, data string
	header     tar.Header
}

// pack makes a tar of files.
func pack(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := f.header
		h.Name, h.Mode = f.name, 0o644
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			h.Size = int64(len(f.data))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.data); err != nil && f.data != "" {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// found is what was found in a tar: of each image the path, its label and its contents, or
// what is wrong.
func found(images []Image) (all []string) {
	for _, m := range images {
		data, err := m.Contents()
		line := m.Path
		switch l := m.label; {
		case l == nil:
		case l.problem != "":
			line += " (" + l.problem + ")"
		default:
			line += " = " + l.text
		}
		if err != nil {
			line += ": " + err.Error()
		} else if line += ": " + strings.TrimPrefix(string(data), "GIF89a"); len(data) > 100 {
			sum := sha256.Sum256(data)
			line = fmt.Sprintf("%.30s, %d bytes, %x", line, len(data), sum[:4])
		}
		all = append(all, line)
	}
	return all
}

// inFile finds the images of a tar in a file at path.
func inFile(t testing.TB, path string, data []byte) ([]Image, LeftOut) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return collect(func(left LeftOut, yield func(Image) bool) { expandAll(context.Background(), path, left, yield) })
}

// expandAll yields the images at path, those in tars too.
func expandAll(ctx context.Context, path string, left LeftOut, yield func(Image) bool) {
	unpacked(ctx, func(yield func(Image) bool) { expand(ctx, path, left, yield) }, left)(yield)
}

// inStream finds the images of a tar called path as it comes.
func inStream(path string, r io.Reader) ([]Image, LeftOut) {
	return collect(func(left LeftOut, yield func(Image) bool) { streamTar(context.Background(), path, r, left, yield) })
}

func collect(find func(LeftOut, func(Image) bool)) (images []Image, left LeftOut) {
	left = LeftOut{}
	find(left, func(m Image) bool {
		images = append(images, m)
		return true
	})
	return images, left
}

// wantTar holds what is found in a tar, in a file and in a stream.
func wantTar(t *testing.T, data []byte, want ...string) {
	t.Helper()
	images, left := inFile(t, "x.tar", data)
	if got := found(images); !slices.Equal(got, want) {
		t.Errorf("in a file: %q\nwant %q", got, want)
	}
	streamed, late := inStream("x.tar", iotest.HalfReader(bytes.NewReader(data)))
	if got := found(streamed); !slices.Equal(got, want) {
		t.Errorf("in a stream: %q\nwant %q", got, want)
	}
	if left.String() != late.String() {
		t.Errorf("left out of a file %v, of a stream %v", left, late)
	}
}

// TestTarsOfOthers reads tars of Python and GNU tar, and compares with what Python reads
// (scripts/make_tars.py).
func TestTarsOfOthers(t *testing.T) {
	tars, err := filepath.Glob(filepath.Join("testdata", "tars", "*.tar"))
	if err != nil || len(tars) < 6 {
		t.Fatal(tars, err)
	}
	for _, path := range tars {
		var want []struct {
			Name, SHA256 string
			Label        *string
		}
		said, err := os.ReadFile(strings.TrimSuffix(path, ".tar") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(said, &want); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		inFile, _ := collect(func(left LeftOut, yield func(Image) bool) { expandAll(t.Context(), path, left, yield) })
		streamed, _ := collect(func(left LeftOut, yield func(Image) bool) {
			streamTar(t.Context(), path, bytes.NewReader(data), left, yield)
		})
		for _, images := range [][]Image{inFile, streamed} {
			if len(images) != len(want) {
				t.Fatalf("%s: %q, want %d images", path, found(images), len(want))
			}
			for i, m := range images {
				data, err := m.Contents()
				sum := sha256.Sum256(data)
				if m.Path != path+"/"+want[i].Name || err != nil || hex.EncodeToString(sum[:]) != want[i].SHA256 {
					t.Errorf("%s: image %d is %q, %v, want %q", path, i, m.Path, err, want[i].Name)
				}
				if (m.label == nil) != (want[i].Label == nil) || m.label != nil && m.label.text != *want[i].Label {
					t.Errorf("%q has label %+v, want %v", m.Path, m.label, want[i].Label)
				}
			}
		}
	}
}

func TestTarMembers(t *testing.T) {
	t.Chdir(t.TempDir())
	link := func(flag byte, name string) file {
		return file{name: name, header: tar.Header{Typeflag: flag, Linkname: "a.jpg"}}
	}
	const isLink = ": it is a link, and links in a tar are not followed: pack the file itself"
	wantTar(t, pack(t,
		file{name: "d/", header: tar.Header{Typeflag: tar.TypeDir}},
		file{name: "d/a.jpg", data: picture("1")},
		file{name: "./d/B.PNG", data: picture("2")},
		file{name: "/etc/c.jpg", data: picture("3")},
		file{name: "../../up/d.jpg", data: picture("4")},
		file{name: "x/../../e.jpg", data: picture("5")},
		file{name: ".jpg", data: picture("hidden")},
		file{name: "d/._a.jpg", data: picture("hidden")},
		file{name: ".git/a.jpg", data: picture("hidden")},
		file{name: "PaxHeaders.12/a.jpg", data: picture("hidden")},
		file{name: "__MACOSX/a.jpg", data: picture("hidden")},
		file{name: "note.txt", data: "no image"},
		file{name: "a.heic", data: "no image"},
		file{name: "b.HEIC", data: "no image"},
		link(tar.TypeSymlink, "l.jpg"),
		link(tar.TypeLink, "h.jpg"),
		link(tar.TypeSymlink, "l.txt"),
		file{name: "f.jpg", header: tar.Header{Typeflag: tar.TypeFifo}},
		file{name: "dev.jpg", header: tar.Header{Typeflag: tar.TypeChar}},
		file{name: "d/a.jpg", data: picture("again")},
		file{name: "no.jpg", data: strings.Repeat("not an image at all, but long enough", 20)},
		file{name: "empty.jpg"},
		file{name: "a\nb.jpg", data: picture("newline")},
		file{name: strings.Repeat("x/", 3000) + "y.jpg", data: picture("far")},
		file{name: strings.Repeat("x/", 3000) + "y.cls", data: "1"},
	),
		"x.tar/d/a.jpg: 1", "x.tar/d/B.PNG: 2", "x.tar/etc/c.jpg: 3", "x.tar/up/d.jpg: 4", "x.tar/e.jpg: 5",
		"x.tar/l.jpg"+isLink, "x.tar/h.jpg"+isLink, "x.tar/d/a.jpg: again",
		"x.tar/no.jpg: not an image of a known format (it begins with 6e 6f 74 20 61 6e 20 69); known are JPEG, PNG, GIF, WebP, BMP, TIFF, PBM, PGM, PPM and PAM", "x.tar/empty.jpg: ",
		"x.tar/a\nb.jpg: newline", "x.tar/"+strings.Repeat("x/", 2048)+": its name is longer than 4096 bytes")
	if _, left := inFile(t, "x.tar", pack(t, file{name: "a.jpg", data: picture("")}, file{name: "b.heic"}, file{name: "c.HEIC"})); left.String() != "2 .heic" {
		t.Errorf("left out %v", left)
	}
}

func TestTarLabels(t *testing.T) {
	t.Chdir(t.TempDir())
	wantTar(t, pack(t,
		file{name: "a.cls", data: " 1\n"}, file{name: "a.jpg", data: picture("")},
		file{name: "b.jpg", data: picture("")}, file{name: "b.CLS", data: "golf ball"}, file{name: "b.json", data: `{"label":2}`},
		file{name: "c.json", data: `{"label":2}`}, file{name: "c.jpg", data: picture("")}, file{name: "c.cls", data: "3"},
		file{name: "d.jpg", data: picture("")}, file{name: "d.json", data: `{"label":4}`},
		file{name: "x/d.jpg", data: picture("")}, // another directory, another sample
		file{name: "e.left.jpg", data: picture("")}, file{name: "e.right.png", data: picture("")}, file{name: "e.cls", data: "5"}, file{name: "e.right.cls", data: "6"},
		file{name: "f.jpg", data: picture("1")}, file{name: "f.cls", data: "7"}, file{name: "f.jpg", data: picture("2")}, file{name: "f.cls", data: "8"},
		file{name: "g.cls", data: "9"}, file{name: "h.jpg", data: picture("")}, file{name: "g.jpg", data: picture("")}, // not together
		file{name: "i.jpg", data: picture("")}, file{name: "i.cls", data: strings.Repeat("x", maxClass+1)},
		file{name: "j.jpg", data: picture("")}, file{name: "j.cls", data: "\n"}, file{name: "j.json", data: `{"label":4}`},
		file{name: "k.jpg", data: picture("")}, file{name: "k.cls", data: "\xff"},
		file{name: "l.jpg", data: picture("")}, file{name: "l.cls.bak", data: "1"}, file{name: "l.txt", data: "1"},
	),
		"x.tar/a.jpg = 1: ", "x.tar/b.jpg = golf ball: ", "x.tar/c.jpg = 3: ", "x.tar/d.jpg = 4: ", "x.tar/x/d.jpg: ",
		"x.tar/e.left.jpg = 5: ", "x.tar/e.right.png = 6: ", "x.tar/f.jpg = 7: 1", "x.tar/f.jpg = 8: 2",
		"x.tar/h.jpg: ", "x.tar/g.jpg: ",
		"x.tar/i.jpg (the class in its .cls file is longer than 4096 bytes): ", "x.tar/j.jpg (its .cls file names no class): ",
		"x.tar/k.jpg (its .cls file is not UTF-8): ", "x.tar/l.jpg: ")

	// However many files are called alike up to the first dot, each has its own class, and few of them wait.
	var files []file
	var want []string
	for i := range 10 * maxSample {
		name, class := fmt.Sprintf("a.%d", i), file{fmt.Sprintf("a.%d.cls", i), fmt.Sprint(i), tar.Header{}}
		if image := (file{name: name + ".jpg", data: picture("")}); i%2 == 0 {
			files = append(files, class, image)
		} else {
			files = append(files, image, class)
		}
		want = append(want, fmt.Sprintf("x.tar/%s.jpg = %d: ", name, i))
	}
	wantTar(t, pack(t, files...), want...)

	// One class for all of them.
	files, want = []file{{name: "a.cls", data: "1"}}, nil
	for i := range 3 * maxSample {
		files = append(files, file{name: fmt.Sprintf("a.%d.jpg", i), data: picture("")})
		want = append(want, fmt.Sprintf("x.tar/a.%d.jpg = 1: ", i))
	}
	wantTar(t, pack(t, files...), want...)
}

func TestJSONLabels(t *testing.T) {
	const neither = ` in its .json file is neither a number nor a name`
	for said, want := range map[string]*label{
		`{"label": 726, "filename": "n0_1.JPEG", "height": 240}`:       {text: "726"},
		`{"class_name": "tench", "label": 0}`:                          {text: "0"},
		`{"cls": 1, "label": 0}`:                                       {text: "1"},
		`{"Class Name": " tench "}`:                                    {text: "tench"},
		`{"label": null, "class": "tench"}`:                            {text: "tench"},
		`{"label": 3.0}`:                                               {text: "3.0"},
		`{"label": -1}`:                                                {text: "-1"},
		`{"synset": "n01440764"}`:                                      {text: "n01440764"},
		`{"label": "03"}`:                                              {text: "03"},
		`{"caption": "a tench", "url": "x", "key": "000", "width": 4}`: nil,
		`{}`:                                nil,
		`{"label": [1, 2]}`:                 {problem: `"label"` + neither},
		`{"Label": true}`:                   {problem: `"Label"` + neither},
		`{"label": ""}`:                     {problem: "its .json file names no class"},
		`[1]`:                               {problem: "its .json file is no JSON object"},
		`{"label": 1`:                       {problem: "its .json file is no JSON object"},
		``:                                  {problem: "its .json file is no JSON object"},
		strings.Repeat(" ", maxJSON) + `{}`: {problem: "its .json file is longer than 1 MiB"},
	} {
		got := jsonLabel([]byte(said))
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%.60s: %+v, want %+v", said, got, want)
		}
	}
}
