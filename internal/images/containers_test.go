package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"
)

// chunk is a chunk of a RIFF container.
func chunk(id string, body []byte) []byte {
	out := append([]byte(id), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

// webpOf is a WebP file of some chunks.
func webpOf(chunks ...[]byte) []byte {
	return chunk("RIFF", append([]byte("WEBP"), bytes.Join(chunks, nil)...))
}

func le24(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }

// extended is the VP8X chunk of a canvas.
func extended(flags byte, w, h int) []byte {
	return chunk("VP8X", append(append([]byte{flags, 0, 0, 0}, le24(w-1)...), le24(h-1)...))
}

// lossless returns the VP8L chunk of a fixture that holds nothing else, and its
// picture as PIL has it.
func lossless(t *testing.T) ([]byte, *image.NRGBA) {
	t.Helper()
	file := readFile(t, "decode", "lossless.webp")
	if string(file[12:16]) != "VP8L" {
		t.Fatal("lossless.webp is no simple file")
	}
	return file[12:], readPNG(t, "decode", "lossless.webp.png")
}

// TestWebPFrameOffset puts a frame where its header says: at twice the numbers
// there (RFC 9649, 2.7.1.1), on black.
func TestWebPFrameOffset(t *testing.T) {
	picture, want := lossless(t)
	w, h := want.Rect.Dx(), want.Rect.Dy()
	const x, y = 6, 10
	frame := bytes.Join([][]byte{le24(x / 2), le24(y / 2), le24(w - 1), le24(h - 1), le24(100), {0}, picture}, nil)
	img, err := Decode(webpOf(extended(2, w+9, h+14), chunk("ANIM", make([]byte, 6)), chunk("ANMF", frame)), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if img.Rect != image.Rect(0, 0, w+9, h+14) {
		t.Fatalf("a picture of %v", img.Rect)
	}
	for py := range h + 14 {
		for px := range w + 9 {
			c := img.NRGBAAt(px, py)
			inside := px >= x && px < x+w && py >= y && py < y+h
			if inside && c != want.NRGBAAt(px-x, py-y) || !inside && (c.R|c.G|c.B != 0 || c.A != 255) {
				t.Fatalf("pixel %d, %d is %v", px, py, c)
			}
		}
	}
}

// orientationOf is an EXIF structure of one entry, whose count and type are
// given.
func orientationOf(kind uint16, count uint32, value ...byte) []byte {
	le := binary.LittleEndian
	out := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), 1)
	out = le.AppendUint16(le.AppendUint16(out, 0x112), kind)
	out = append(le.AppendUint32(out, count), append(value, make([]byte, 4-len(value))...)...)
	return le.AppendUint32(out, 0)
}

// TestEXIFForms turns a picture whatever stands before its EXIF data, by its
// first value alone, and not if there is none.
func TestEXIFForms(t *testing.T) {
	picture, upright := lossless(t)
	w, h := upright.Rect.Dx(), upright.Rect.Dy()
	if w == h {
		t.Fatal("a square fixture shows nothing")
	}
	for name, c := range map[string]struct {
		exif   []byte
		turned bool
	}{
		"bare":         {orientationOf(3, 1, 6, 0), true},
		"prefix":       {append([]byte("Exif\x00\x00"), orientationOf(3, 1, 6, 0)...), true},
		"two values":   {orientationOf(3, 2, 6, 0, 1, 0), true},
		"second value": {orientationOf(3, 2, 1, 0, 6, 0), false},
		"no values":    {orientationOf(3, 0, 6, 0), false},
		"beyond 8":     {orientationOf(3, 1, 9, 0), false},
	} {
		img, err := Decode(webpOf(extended(8, w, h), picture, chunk("EXIF", c.exif)), DecodeOptions{AutoOrient: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if turned := img.Rect.Dx() == h; turned != c.turned {
			t.Errorf("%s: turned %v, want %v", name, turned, c.turned)
		}
	}
}

// TestFirstEXIFCounts has two EXIF segments in a JPEG, of which PIL takes the
// first (JpegImagePlugin.APP).
func TestFirstEXIFCounts(t *testing.T) {
	data := readFile(t, "decode", "41x30_444.jpg")
	segment := func(orientation byte) []byte {
		body := append([]byte("Exif\x00\x00"), orientationOf(3, 1, orientation, 0)...)
		return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
	}
	for _, c := range []struct {
		first, second byte
		turned        bool
	}{{6, 1, true}, {1, 6, false}, {6, 3, true}, {3, 6, false}} {
		two := bytes.Join([][]byte{data[:2], segment(c.first), segment(c.second), data[2:]}, nil)
		img, err := Decode(two, DecodeOptions{AutoOrient: true})
		if err != nil {
			t.Fatal(err)
		}
		if turned := img.Rect.Dx() < img.Rect.Dy(); turned != c.turned {
			t.Errorf("%d, then %d: turned %v, want %v", c.first, c.second, turned, c.turned)
		}
	}
}

// TestResizedIsOpaque resizes in one direction and in both.
func TestResizedIsOpaque(t *testing.T) {
	img := readPNG(t, "decode", "lossless.webp.png")
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for _, interpolation := range []Interpolation{Bilinear, Bicubic} {
		for _, to := range []image.Point{{w, h / 2}, {w, 2 * h}, {w / 2, h}, {2 * w, h}, {w / 2, 2 * h}} {
			p := ImageNet()
			p.Resize, p.Crop, p.Interpolation = Resize{Width: to.X, Height: to.Y}, 0, interpolation
			got, err := p.Apply(img)
			if err != nil {
				t.Fatal(err)
			}
			if got.Rect.Size() != to {
				t.Fatalf("%v instead of %v", got.Rect, to)
			}
			for i := 3; i < len(got.Pix); i += 4 {
				if got.Pix[i] != 255 {
					t.Fatalf("%s to %v: alpha %d", interpolation, to, got.Pix[i])
				}
			}
		}
	}
}
