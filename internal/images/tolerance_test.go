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
		for n := scan; n < len(data)-2; n++ {
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

// What is wrong beside a PNG's pixels is no error; what is wrong with them is.
func TestPNGBesideThePixels(t *testing.T) {
	data := readFile(t, "decode", "rgb.png")
	want := readPNG(t, "decode", "rgb.png.png")
	at := bytes.Index(data, []byte("IDAT")) - 4
	end := bytes.Index(data, []byte("IEND")) - 4
	text := []byte("\x00\x00\x00\x03tEXta\x00bXXXX")
	badEnd := append(bytes.Clone(data[:len(data)-1]), 0)
	badIDAT := bytes.Clone(data)
	badIDAT[end-1] ^= 1
	for what, file := range map[string][]byte{
		"text before with a wrong checksum": bytes.Join([][]byte{data[:at], text, data[at:]}, nil),
		"text after with a wrong checksum":  bytes.Join([][]byte{data[:end], text, data[end:]}, nil),
		"IEND with a wrong checksum":        badEnd,
		"IDAT with a wrong checksum":        badIDAT,
	} {
		got, err := Decode(file, DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		sameImage(t, got, want, 0)
	}
	for i := at + 8; i < end-4; i += 7 {
		bad := bytes.Clone(data)
		bad[i] ^= 0x20
		decodeOr(t, bad, want, "changed byte", i)
	}
}

// Our own decoder gives libjpeg's very pixels for every JPEG, progressive ones
// and those included that Decode leaves to image/jpeg.
func TestJPEGPlanesEqualPIL(t *testing.T) {
	for _, f := range loadFixtures(t).Decode {
		if !strings.HasSuffix(f.File, ".jpg") {
			continue
		}
		h, err := parseJPEG(readFile(t, "decode", f.File))
		if err != nil {
			t.Fatal(err)
		}
		d, err := decodePlanes(h)
		if err != nil {
			t.Errorf("%s: %v", f.File, err)
			continue
		}
		t.Run(f.File, func(t *testing.T) { sameImage(t, h.rgb(d.rows(h)), readPNG(t, "decode", f.File+".png"), 0) })
	}
}
