package dataset

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/testkit"
)

// FuzzTar reads tars in a file and as a stream, and finds the same in both.
func FuzzTar(f *testing.F) {
	f.Add(pack(f, file{name: "a.cls", data: "1"}, file{name: "d/a.jpg", data: picture("1")}, file{name: "d/a.json", data: `{"label":2}`}))
	f.Add(pack(f, file{name: "../../a.jpg", data: picture("1")}, file{name: "a.1.png", data: picture("2")}, file{name: "a.cls", data: "x"}))
	f.Add(pack(f, file{name: strings.Repeat("é", 200) + ".jpg", data: picture("1")}))
	f.Add(bytes.Repeat(pack(f, file{name: "a.jpg", data: picture("1")}), 2))
	for _, glob := range []string{"tars/gnu-oldgnu.tar", "tars/python-pax.tar", "sparse/*.tar"} {
		found, _ := filepath.Glob(filepath.Join("testdata", glob))
		for _, name := range found {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	at := filepath.Join(f.TempDir(), "x.tar")
	truth, _ := NewTruth(truthClasses, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		compareTars(t, truth, at, data)
		compareTars(t, truth, at, mended(data))
	})
}

// mended is a tar whose headers have the sums that they should have.
func mended(data []byte) []byte {
	data = bytes.Clone(data)
	for block := range slices.Chunk(data, blockSize) {
		if len(block) < blockSize || string(block[257:262]) != "ustar" {
			continue
		}
		copy(block[148:156], "        ")
		sum := 0
		for _, b := range block {
			sum += int(b)
		}
		copy(block[148:156], fmt.Sprintf("%06o\x00 ", sum))
	}
	return data
}

// compareTars holds what is found in a tar in a file, and that a stream has the same.
func compareTars(t *testing.T, truth *Truth, at string, data []byte) {
	images, left := inFile(t, at, data)
	streamed, late := inStream(at, bytes.NewReader(data))
	if len(images) == 0 {
		t.Fatalf("neither images nor an error in %d bytes", len(data))
	}
	for _, m := range images {
		testkit.CheckMessage(t, m.Err)
		truth.Of(m)
		below, ok := strings.CutPrefix(m.Path, at+"/")
		if !ok && (m.Path != at || m.Err == nil) || path.Clean(m.Path) != m.Path || ok && below[0] == '.' {
			t.Fatalf("path %q", m.Path)
		}
		if contents, _ := m.Contents(); len(contents) > len(data) {
			t.Fatalf("%d bytes of %d", len(contents), len(data))
		}
	}
	a, b := found(images), found(streamed)
	if strings.Join(a, "\n") != strings.Join(b, "\n") || left.String() != late.String() {
		t.Fatalf("%q in a file, %q in a stream", a, b)
	}
}
