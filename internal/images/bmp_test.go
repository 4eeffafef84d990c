package images

import (
	"encoding/binary"
	"strings"
	"testing"
)

// bmpOf returns a BMP file of 40 bytes of header.
func bmpOf(w, h, bits, compression, colours int, rest string) []byte {
	b := append([]byte("BM"), make([]byte, 8)...)
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(54+4*colours))
	b = le.AppendUint32(b, 40)
	b = le.AppendUint32(b, uint32(w))
	b = le.AppendUint32(b, uint32(h))
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, uint16(bits))
	for _, v := range []int{compression, 0, 0, 0, colours, 0} {
		b = le.AppendUint32(b, uint32(v))
	}
	return append(b, rest...)
}

func TestBMPErrors(t *testing.T) {
	header := bmpOf(1, 1, 24, 0, 0, "\x00\x00\x00\x00")
	header[14] = 38
	for _, c := range []struct {
		data []byte
		want string
	}{
		{header, "a header of 38 bytes cannot be read; convert"},
		{bmpOf(1, 1, 3, 0, 0, "...."), "pixels of 3 bits cannot be read; convert"},
		{bmpOf(1, 1, 64, 0, 0, "........"), "pixels of 64 bits cannot be read; convert"},
		{bmpOf(1, 1, 24, 4, 0, "...."), "a JPEG file in a BMP header cannot be read; convert"},
		{bmpOf(1, 1, 24, 5, 0, "...."), "a PNG file in a BMP header cannot be read; convert"},
		{bmpOf(1, 1, 32, 6, 0, "...."), "compression 6 cannot be read; convert"},
		{bmpOf(1, 1, 32, 3, 0, "\x05\x00\x00\x00\x00\xff\x00\x00\x00\x00\xff\x00...."), "colours in the bits 0x5, 0xff00, 0xff0000 of a pixel cannot be read; convert"},
		{bmpOf(1, 1, 16, 3, 0, strings.Repeat("\x00", 16)), "colours in the bits 0x0"},
		{bmpOf(1, 1, 24, 3, 0, "\x00\x00\x00\xff\x00\xff\x00\x00\x00\x00\xff\x00...."), "colours in the bits 0xff000000, 0xff00, 0xff0000"},
		{bmpOf(1, 1, 4, 1, 2, "12345678...."), "compression 1 is not for pixels of 4 bits"},
		{bmpOf(1, 1, 8, 3, 2, "12345678...."), "compression 3 is not for pixels of 8 bits"},
		{bmpOf(1, 1, 8, 0, 70000, "...."), "70000 colours of 256"},
		{bmpOf(0, 1, 24, 0, 0, "...."), "nothing to decode"},
		{bmpOf(-5, 1, 24, 0, 0, "...."), "limit of"},
		{bmpOf(-1<<31, -1<<31, 24, 0, 0, "...."), "limit of"},
		{bmpOf(30, 30, 24, 0, 0, "...."), "truncated BMP"},
		{bmpOf(30, 30, 24, 3, 0, "...."), "truncated BMP"},
		{bmpOf(1, 2, 24, 0, 0, "123456"), "truncated BMP"},
		{bmpOf(3, 2, 8, 1, 2, "12345678\x03\x01\x00\x00\x02\x01"), "truncated BMP"},
		{bmpOf(3, 2, 8, 1, 2, "12345678\x03\x01\x00\x00\x00\x03\x01"), "truncated BMP"},
		{bmpOf(3, 2, 8, 1, 2, "12345678\x03\x01\x00\x00\x00\x02\x01"), "truncated BMP"},
		{bmpOf(3, 2, 8, 1, 2, "12345678\x03\x01\x00\x00\x02\x01\x00\x01"), "the runs of pixels end before the picture is complete"},
	} {
		if _, err := Decode(c.data, DecodeOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// Masks that PIL does not know are read by the same rule as those it knows.
func TestBMPMasks(t *testing.T) {
	data := bmpOf(2, 1, 16, 3, 0, "\x00\x0f\x00\x00\xf0\x00\x00\x00\x0f\x00\x00\x00\x5a\x0f\xff\x00")
	data[10] += 12
	if got, want := pixelsOf(t, data), []byte{255, 85, 170, 0, 255, 255}; string(got) != string(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A move to the right beyond the end of a row goes on in the next one.
func TestBMPMoveBeyondRow(t *testing.T) {
	data := bmpOf(4, 2, 8, 1, 2, "\x00\x00\x00\x00\x07\x07\x07\x00\x03\x01\x00\x02\x02\x00\x09\x01")
	got := ""
	for i, v := range pixelsOf(t, data) {
		if i%3 == 0 {
			got += string('0' + rune(v))
		}
	}
	if want := "0777" + "7770"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBMPMasksInTheHeader has a header of 52 bytes, the last 12 of which are the masks.
func TestBMPMasksInTheHeader(t *testing.T) {
	le := binary.LittleEndian
	b := append([]byte("BM"), make([]byte, 8)...)
	for _, v := range []uint32{66, 52, 3, 1, 1 | 16<<16, 3, 0, 0, 0, 0, 0, 0xf800, 0x7e0, 0x1f} {
		b = le.AppendUint32(b, v)
	}
	for _, v := range []uint16{0xf800, 0x7e0, 0x1f, 0} {
		b = le.AppendUint16(b, v)
	}
	got, err := Decode(b, DecodeOptions{})
	if want := "\xff\x00\x00\xff\x00\xff\x00\xff\x00\x00\xff\xff"; err != nil || string(got.Pix) != want {
		t.Errorf("%v (%v), want red, green and blue", got, err)
	}
}
