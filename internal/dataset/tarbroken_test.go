package dataset

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// three is a tar of three images, of which the second is larger than what is read ahead.
func three(t testing.TB) ([]byte, []string) {
	large := strings.Repeat("0123456789abcdef", 1000)
	sum := sha256.Sum256([]byte(picture(large)))
	return pack(t,
			file{name: "a.cls", data: "1"}, file{name: "a.jpg", data: picture("1")},
			file{name: "b.jpg", data: picture(large)}, file{name: "b.cls", data: "2"},
			file{name: "c.jpg", data: picture("3")}),
		[]string{"x.tar/a.jpg = 1: 1", fmt.Sprintf("x.tar/b.jpg = 2: 0123456789abc, 16006 bytes, %x", sum[:4]), "x.tar/c.jpg: 3"}
}

// TestCutTars cuts a tar everywhere: what is before is found, and the cut is said once.
func TestCutTars(t *testing.T) {
	t.Chdir(t.TempDir())
	whole, want := three(t)
	ends := len(whole) - 2*blockSize // of the members
	for n := 64; n < len(whole); n += 64 {
		images, _ := inFile(t, "x.tar", whole[:n])
		streamed, _ := inStream("x.tar", iotest.DataErrReader(bytes.NewReader(whole[:n])))
		got := found(images)
		if s := found(streamed); !slices.Equal(got, s) {
			t.Fatalf("cut at %d: %q in a file, %q in a stream", n, got, s)
		}
		if n == ends+blockSize {
			if !slices.Equal(got, want) {
				t.Errorf("cut at %d: %.100q", n, got)
			}
			continue
		}
		last := got[len(got)-1]
		if !strings.HasPrefix(last, "x.tar: ") || !strings.Contains(last, "cut off") && !strings.Contains(last, "not a tar") {
			t.Errorf("cut at %d: ends in %.100q", n, last)
		}
		for i, line := range got[:len(got)-1] { // the last may lack the class that follows
			if line != want[i] && (i < len(got)-2 || !strings.HasPrefix(line, "x.tar/b.jpg: 0123456789abc")) {
				t.Errorf("cut at %d: image %d is %.100q", n, i, line)
			}
		}
	}
	wantTar(t, whole[:ends], append(want, "x.tar: the tar ends at byte 20992 without the mark of its end: it may be cut off there")...)
	wantTar(t, whole[:ends+blockSize], want...)
	wantTar(t, whole[:2100], want[0], "x.tar: the tar is cut off at byte 2100")
}

func TestBrokenTars(t *testing.T) {
	t.Chdir(t.TempDir())
	whole, want := three(t)
	ends := len(whole) - 2*blockSize

	// One after the other, with more zeros between than there need be.
	wantTar(t, slices.Concat(whole, make([]byte, 20*blockSize), whole), append(slices.Clone(want), want...)...)
	wantTar(t, slices.Concat(whole, []byte("garbage")), append(slices.Clone(want), "x.tar: the tar is cut off at byte 22023")...)
	wantTar(t, slices.Concat(whole, bytes.Repeat([]byte("x"), 600)), append(slices.Clone(want), "x.tar: the tar is broken before byte 22528: invalid tar header")...)
	damaged := bytes.Clone(whole)
	damaged[ends-2*blockSize+3] ^= 1 // the last name
	wantTar(t, damaged, want[0], want[1], "x.tar: the tar is broken before byte 20480: invalid tar header")

	wantTar(t, nil, "x.tar: the tar is empty")
	wantTar(t, make([]byte, 2*blockSize), "x.tar: "+noImages("tar", nil).Error())
	wantTar(t, pack(t, file{name: "a.txt"}, file{name: "b.heic"}), "x.tar: "+noImages("tar", LeftOut{".heic": 1}).Error())
	wantTar(t, []byte("hello"), "x.tar: it is not a tar")
	wantTar(t, bytes.Repeat([]byte("hello"), 1000), "x.tar: it is not a tar")
	first := bytes.Clone(whole)
	first[3] ^= 1
	wantTar(t, first, "x.tar: the tar is broken before byte 512: invalid tar header")
	for magic, program := range map[string]string{"\x1f\x8b\x08": "gzip", "\x28\xb5\x2f\xfd": "zstd", "BZh9": "bzip2", "\xfd7zXZ\x00": "xz", "\x04\x22\x4d\x18": "lz4"} {
		wantTar(t, []byte(magic+strings.Repeat("\x01", 1000)), "x.tar: it is compressed by "+program)
		images, _ := inStream("x.tar", strings.NewReader(magic))
		if c, ok := errors.AsType[*Compressed](images[0].Err); !ok || c.By != program {
			t.Errorf("%q: %v", magic, images[0].Err)
		}
	}
	for name, is := range map[string]bool{"x.tar.gz": true, "X.TAR.ZST": true, "x.tgz": true, "x.tar.bz2": true, "x.gz": false, "x.tar": false, "tar.gz": false, "x.tar.jpg": false} {
		if isCompressedTar(name) != is {
			t.Errorf("%s is called a compressed tar: %v", name, !is)
		}
	}

	// Zeros that are an image's are not the tar's end.
	zeroed := pack(t, file{name: "a.jpg", data: picture(strings.Repeat("\x00", 5*blockSize-6))})
	sum := sha256.Sum256(zeroed[blockSize : 6*blockSize])
	wantTar(t, zeroed[:6*blockSize], fmt.Sprintf("x.tar/a.jpg: %s, 2560 bytes, %x", strings.Repeat("\x00", 17), sum[:4]),
		"x.tar: the tar ends at byte 3072 without the mark of its end: it may be cut off there")

	// A size that no file has.
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "a.jpg", Size: 1 << 50})
	io.WriteString(w, picture(""))
	wantTar(t, b.Bytes(), "x.tar: the tar is cut off at byte 1542")

	// A stream that breaks.
	for _, n := range []int{0, 100, 600, 1100, 1600, 2000, 5000} {
		images, _ := inStream("x.tar", io.MultiReader(bytes.NewReader(whole[:n]), errorReader{}))
		got := found(images)
		if last := got[len(got)-1]; !strings.HasPrefix(last, "x.tar: reading") || !strings.HasSuffix(last, ": broken") || len(got) > 2 {
			t.Errorf("breaks at %d: %.200q", n, got)
		}
	}

	// Zeros without end.
	images, _ := inStream("x.tar", zeros{})
	if got := found(images); len(got) != 1 || !strings.Contains(got[0], "no images in this tar") {
		t.Errorf("zeros: %q", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestSparseTars refuses files that lack their zeros, and reads what follows them.
func TestSparseTars(t *testing.T) {
	tars, err := filepath.Glob(filepath.Join("testdata", "sparse", "*.tar"))
	if err != nil || len(tars) != 2 {
		t.Fatal(tars, err)
	}
	var all [][]byte
	for _, path := range tars {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	t.Chdir(t.TempDir())
	for _, data := range all {
		wantTar(t, data, "x.tar/holes.png: it is packed as a sparse file, without its zeros: pack it whole", "x.tar/z.jpg: whole")
	}
}

// TestTarTooLate finds a tar's images, and then it is another.
func TestTarTooLate(t *testing.T) {
	t.Chdir(t.TempDir())
	whole, _ := three(t)
	images, _ := inFile(t, "x.tar", whole)
	if err := os.Truncate("x.tar", 5000); err != nil {
		t.Fatal(err)
	}
	if _, err := images[1].Contents(); err == nil || err.Error() != "the tar has become shorter since its images were found" {
		t.Errorf("a shorter tar: %v", err)
	}
	if err := os.Remove("x.tar"); err != nil {
		t.Fatal(err)
	}
	if _, err := images[0].Contents(); err == nil || !strings.HasPrefix(err.Error(), "opening the tar: ") {
		t.Errorf("no tar: %v", err)
	}
}
