package images

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// Every proper prefix of a JPEG that only our own decoder reads is an error.
func TestJPEGEveryPrefix(t *testing.T) {
	files, _ := filepath.Glob("testdata/decode/*sampling*.jpg")
	if len(files) < 8 {
		t.Fatalf("%d files of unusual sampling", len(files))
	}
	for _, file := range files {
		data := readFile(t, "decode", filepath.Base(file))
		for n := range data {
			if _, err := Decode(data[:n], DecodeOptions{}); err == nil {
				t.Fatalf("%s: no error with %d of %d bytes", file, n, len(data))
			}
		}
		scan := bytes.LastIndex(data, []byte{0xff, markerSOS}) + 14
		for n := scan; n < len(data)-6; n++ {
			if _, err := Decode(append(data[:n:n], 0xff, markerEOI), DecodeOptions{}); err == nil {
				t.Fatalf("%s: no error with %d of %d bytes and EOI", file, n, len(data))
			}
		}
	}
}

func TestJPEGFractionalSampling(t *testing.T) {
	data := readFile(t, "decode", "sampling_31,11,11.jpg")
	frame := bytes.Index(data, []byte{0xff, markerSOF0})
	data[frame+14] = 0x21
	_, err := Decode(data, DecodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "3x1, 2x1, 1x1") || !strings.Contains(err.Error(), "convert the file") {
		t.Errorf("factors 3, 2 and 1 gave %v", err)
	}
}

// Data after the last pixel and what follows the first frame are no error.
func TestGIFMoreData(t *testing.T) {
	for _, name := range []string{"palette.gif", "interlaced.gif"} {
		data := readFile(t, "decode", name)
		end := len(data) - 2 // the last sub-block's terminator and the trailer
		more := append(bytes.Clone(data[:end]), "\x03abc\x03abc\x00,\xff\xff"...)
		got, err := Decode(more, DecodeOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sameImage(t, got, readPNG(t, "decode", name+".png"), 0)
	}
}
