package images

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// decodeOr is Decode for damaged data: an error must be one readable line, a
// picture must be want.
func decodeOr(t *testing.T, data []byte, want *image.NRGBA, what string, n int) {
	t.Helper()
	got, err := Decode(data, DecodeOptions{MaxPixels: 1 << 20})
	if err != nil {
		if s := err.Error(); s == "" || strings.ContainsAny(s, "\n\r") || got != nil {
			t.Fatalf("%s %d: picture %v with error %q", what, n, got != nil, s)
		}
		return
	}
	if !got.Rect.Eq(want.Rect) || !bytes.Equal(got.Pix, want.Pix) {
		t.Fatalf("%s %d of %d bytes gave another picture and no error", what, n, len(data))
	}
}

// A file cut short is an error unless what is missing is nothing of the
// picture (the second frame, a trailer, metadata).
func TestTruncated(t *testing.T) {
	for _, f := range loadFixtures(t).Decode {
		t.Run(f.File, func(t *testing.T) {
			data := readFile(t, "decode", f.File)
			want, err := Decode(data, DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for n := range len(data) {
				if n > 128 && n%9 != 0 && n < len(data)-24 {
					continue
				}
				decodeOr(t, data[:n:n], want, "the first", n)
			}
			if strings.HasSuffix(f.File, ".jpg") || strings.HasSuffix(f.File, ".png") || strings.HasSuffix(f.File, ".webp") {
				for _, cut := range []int{1, 2, 3, len(data) / 2} {
					if _, err := Decode(data[:len(data)-cut], DecodeOptions{}); err == nil {
						t.Errorf("no error without the last %d bytes", cut)
					} else if !strings.Contains(err.Error(), "truncated") {
						t.Errorf("without the last %d bytes: %q does not say truncated", cut, err)
					}
				}
			}
			if strings.HasSuffix(f.File, ".gif") {
				return // half of it may be all of the first frame
			}
			if _, err := Decode(data[:len(data)/2], DecodeOptions{}); err == nil || !strings.Contains(err.Error(), "truncated") {
				t.Errorf("half of it: %v does not say truncated", err)
			}
		})
	}
}

// Bytes after the picture are nobody's business.
func TestTrailingBytes(t *testing.T) {
	for _, f := range loadFixtures(t).Decode {
		if strings.HasSuffix(f.File, ".tif") {
			continue // has no end: offsets lead anywhere
		}
		data := readFile(t, "decode", f.File)
		want, err := Decode(data, DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(append(data, "\x00\x00trailing\xff"...), DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", f.File, err)
		} else if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: trailing bytes changed the picture", f.File)
		}
	}
}

// A JPEG whose scan was cut but which has its EOI marker all the same, as some
// tools leave it, must not pass for whole.
func TestJPEGCutBeforeEOI(t *testing.T) {
	for _, name := range []string{"41x30_420.jpg", "41x30_444.jpg", "grey.jpg", "restarts.jpg", "cmyk.jpg", "separate_scans.jpg"} {
		data := readFile(t, "decode", name)
		start := bytes.LastIndex(data, []byte{0xff, markerSOS}) + 14
		for n := start; n < len(data)-6; n++ {
			cut := append(data[:n:n], 0xff, markerEOI)
			if _, err := Decode(cut, DecodeOptions{}); err == nil {
				t.Fatalf("%s: no error with %d of %d bytes and EOI", name, n, len(data))
			}
		}
	}
}

func TestJPEGMissingScan(t *testing.T) {
	data := readFile(t, "decode", "separate_scans.jpg")
	second := bytes.Index(data, []byte{0xff, markerSOS, 0, 8, 1, 2})
	if second < 0 {
		t.Fatal("no scan of the second component")
	}
	_, err := Decode(append(data[:second:second], 0xff, markerEOI), DecodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "incomplete") {
		t.Errorf("one scan of three gave %v", err)
	}
}

// A few bytes cannot make the decoder visit a large picture thousands of times.
func TestJPEGTooManyScans(t *testing.T) {
	data := readFile(t, "decode", "progressive_420.jpg")
	scan := bytes.Index(data, []byte{0xff, markerSOS})
	next := scan + 2 + bytes.Index(data[scan+2:], []byte{0xff, markerDHT})
	repeated := append(bytes.Clone(data[:scan]), bytes.Repeat(data[scan:next], maxJPEGScans+1)...)
	_, err := Decode(append(repeated, data[next:]...), DecodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "scans") {
		t.Errorf("%d scans gave %v", maxJPEGScans+1, err)
	}
}

func TestCorrupt(t *testing.T) {
	for _, f := range loadFixtures(t).Decode {
		data := readFile(t, "decode", f.File)
		for i, step := 0, 1; i < len(data); i += step {
			if i > 64 {
				step = 61 // headers byte by byte, pixels here and there
			}
			for _, v := range []byte{0, 0xff, data[i] ^ 0x10} {
				bad := bytes.Clone(data)
				bad[i] = v
				// Whether a changed byte shows depends on the format; that it
				// neither panics nor hangs, nor mixes a picture with an error,
				// must not.
				img, err := Decode(bad, DecodeOptions{MaxPixels: 1 << 16, AutoOrient: true})
				if (img == nil) == (err == nil) {
					t.Fatalf("%s, byte %d = %d: picture %v, error %v", f.File, i, v, img != nil, err)
				}
			}
		}
	}
}

func TestPanicBecomesError(t *testing.T) {
	saved := formats
	defer func() { formats = saved }()
	formats = []format{{name: "TEST", magic: "T?ST", decode: func([]byte, sizeCheck) (*image.NRGBA, int, error) {
		var none []int
		return nil, none[3], nil
	}}}
	img, err := Decode([]byte("TEST"), DecodeOptions{})
	if img != nil || err == nil || !strings.HasPrefix(err.Error(), "damaged TEST data") {
		t.Errorf("got %v, %v", img, err)
	}
}

// Headers that announce 60000 x 60000 pixels or so, and the limit's message.
func TestPixelLimit(t *testing.T) {
	be := func(v ...int) (b []byte) {
		for _, x := range v {
			b = binary.BigEndian.AppendUint16(b, uint16(x))
		}
		return b
	}
	patch := func(name string, at int, with []byte) []byte {
		data := readFile(t, "decode", name)
		copy(data[at:], with)
		return data
	}
	jpg := readFile(t, "decode", "41x30_420.jpg")
	sof := bytes.Index(jpg, []byte{0xff, markerSOF0, 0, 17})
	vp8 := readFile(t, "decode", "41x30.webp")
	start := bytes.Index(vp8, []byte{0x9d, 0x01, 0x2a})
	hugePNG := patch("rgb.png", 16, []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	binary.BigEndian.PutUint32(hugePNG[29:], crc32.ChecksumIEEE(hugePNG[12:29]))
	tif := readFile(t, "decode", "rgb16.tif")
	ifd := int(binary.BigEndian.Uint32(tif[4:]))
	for name, data := range map[string][]byte{
		"jpeg": patch("41x30_420.jpg", sof+5, be(60000, 60000)),
		"png":  hugePNG,
		"ppm":  []byte("P6 60000 60000 255\n"),
		"gif":  patch("palette.gif", 6, be(60000, 60000)),
		"webp": patch("41x30.webp", start+3, []byte{0xff, 0x3f, 0xff, 0x3f}),
		"bmp":  patch("rgb.bmp", 18, []byte{0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0}),
		"tiff": patch("rgb16.tif", ifd+2, append(patch("rgb16.tif", 0, nil)[ifd+2:ifd+10:ifd+10],
			append(be(60000, 0), append(tif[ifd+14:ifd+22:ifd+22], be(60000)...)...)...)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode(data, DecodeOptions{})
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), "limit of 200000000") || !isLimit(err) {
				t.Errorf("got %v", err)
			}
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
				t.Errorf("%d bytes allocated for a refused picture", spent)
			}
		})
	}
	if _, err := Decode(jpg, DecodeOptions{MaxPixels: 41*30 - 1}); err == nil || !strings.Contains(err.Error(), "41x30") {
		t.Errorf("one pixel over the limit: %v", err)
	}
	if _, err := Decode(jpg, DecodeOptions{MaxPixels: 41 * 30}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestNoImage(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", "empty"},
		{"B", "not an image"},
		{"<!DOCTYPE html><html>", "web page"},
		{"\x00\x00\x00\x20ftypavif", "AVIF"},
		{"\xff\xd8\xff", "truncated JPEG"},
		{"\xff\xd8\xff\xd9", "no frame header"},
		{pngMagic, "truncated PNG"},
		{"GIF89a", "truncated GIF"},
		{"RIFF\x00\x00\x00\x00WEBP", "no picture"},
		{"RIFF\xff\xff\xff\x7fWEBPVP8 ", "truncated WebP"},
		{"II*\x00\xff\xff\xff\xff", "truncated TIFF"},
		{"BM", "truncated BMP"},
	} {
		if _, err := Decode([]byte(c.data), DecodeOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gave %v, want %q", c.data, err, c.want)
		}
	}
}

func TestUnsupportedSaysWhatToDo(t *testing.T) {
	arithmetic := readFile(t, "decode", "grey.jpg")
	arithmetic[bytes.Index(arithmetic, []byte{0xff, markerSOF0, 0, 11})+1] = 0xc9
	inner := readFile(t, "decode", "grey.bmp")
	inner[30] = 4
	for _, data := range [][]byte{arithmetic, inner} {
		if _, err := Decode(data, DecodeOptions{}); err == nil || !strings.Contains(err.Error(), "convert the file") {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzDecode(f *testing.F) { fuzzDecode(f, "") }
func FuzzTIFF(f *testing.F)   { fuzzDecode(f, ".tif") }
func FuzzBMP(f *testing.F)    { fuzzDecode(f, ".bmp") }
func FuzzPNM(f *testing.F)    { fuzzDecode(f, ".pgm", ".ppm", ".pbm") }

// fuzzDecode begins with those fixtures whose names have one of the endings.
func fuzzDecode(f *testing.F, endings ...string) {
	for _, x := range loadFixtures(f).Decode {
		if slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(x.File, e) }) {
			f.Add(readFile(f, "decode", x.File), true)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, turn bool) {
		const limit = 1 << 16
		img, err := Decode(data, DecodeOptions{MaxPixels: limit, AutoOrient: turn})
		if (img == nil) == (err == nil) {
			t.Fatalf("picture %v, error %v", img != nil, err)
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		w, h := img.Rect.Dx(), img.Rect.Dy()
		if w < 1 || h < 1 || w*h > limit || img.Rect.Min != (image.Point{}) || img.Stride != 4*w || len(img.Pix) != 4*w*h {
			t.Fatalf("malformed picture: %v, stride %d, %d bytes", img.Rect, img.Stride, len(img.Pix))
		}
		for i := 3; i < len(img.Pix); i += 4 {
			if img.Pix[i] != 0xff {
				t.Fatalf("alpha %d", img.Pix[i])
			}
		}
	})
}
