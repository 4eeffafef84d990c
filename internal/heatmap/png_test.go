package heatmap

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"reflect"
	"strings"
	"testing"
)

func TestPNGTexts(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 5, 3))
	img.Pix[7], img.Pix[19] = 200, 90
	texts := []Text{
		{"Title", "golf ball"}, {"Author", "Zoë Müller"}, {"bagnet:class", "高尔夫球"}, {"Comment", "two\nlines"}, {"Empty", ""},
		{"Control", "a\tb\x7f"}, {"Größe", strings.Repeat("x", 100_000)},
	}
	var file bytes.Buffer
	if err := WritePNG(&file, img, texts); err != nil {
		t.Fatal(err)
	}
	back, err := png.Decode(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, image.Image(img)) {
		t.Error("pixels changed")
	}
	got, err := ReadTexts(bytes.NewReader(file.Bytes()))
	if err != nil || !reflect.DeepEqual(got, texts) {
		t.Errorf("texts %v, %v", got, err)
	}

	var kinds []string
	for rest := file.Bytes()[8:]; len(rest) > 0; {
		n := binary.BigEndian.Uint32(rest)
		if crc := binary.BigEndian.Uint32(rest[8+n:]); crc != crc32.ChecksumIEEE(rest[4:8+n]) {
			t.Errorf("chunk %s has a wrong CRC", rest[4:8])
		}
		kinds = append(kinds, string(rest[4:8]))
		rest = rest[12+n:]
	}
	if want := "IHDR tEXt tEXt iTXt tEXt tEXt iTXt tEXt IDAT IEND"; strings.Join(kinds, " ") != want {
		t.Errorf("chunks %v, want %s", kinds, want)
	}

	for n := range file.Len() {
		if n < 200 || n > file.Len()-200 {
			if _, err := ReadTexts(bytes.NewReader(file.Bytes()[:n])); err == nil {
				t.Errorf("read %d of %d bytes without an error", n, file.Len())
			}
		}
	}
	broken := bytes.Clone(file.Bytes())
	broken[headerLength+10] ^= 1
	if _, err := ReadTexts(bytes.NewReader(broken)); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a changed text was read: %v", err)
	}
}

func TestPNGRefusesTexts(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	for _, text := range []Text{
		{"", "v"}, {strings.Repeat("k", 80), "v"}, {" k", "v"}, {"k ", "v"}, {"k  k", "v"}, {"k\nk", "v"}, {"k\x00", "v"},
		{"k\u00a0k", "v"}, {"类", "v"}, {"k\xff", "v"}, {"k", "a\x00b"}, {"k", "\xff"},
	} {
		var file bytes.Buffer
		if err := WritePNG(&file, img, []Text{text}); err == nil || file.Len() > 0 {
			t.Errorf("wrote %q, %d bytes", text, file.Len())
		}
	}
	if err := WritePNG(&bytes.Buffer{}, img, []Text{{strings.Repeat("ü", 79), ""}}); err != nil {
		t.Error(err)
	}
}

func FuzzReadTexts(f *testing.F) {
	var file bytes.Buffer
	if err := WritePNG(&file, image.NewNRGBA(image.Rect(0, 0, 1, 1)), []Text{{"a", "ü"}, {"b", "高"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add(WriteXMP([]Text{{"Source", "a"}, {"bagnet:b", "高"}}))
	f.Add([]byte(pngSignature + "\xff\xff\xff\xfftEXt"))
	f.Fuzz(func(t *testing.T, data []byte) {
		texts, err := ReadTexts(bytes.NewReader(data))
		if err != nil && texts != nil {
			t.Errorf("texts and an error: %v", err)
		}
	})
}

// TestXMP reads back what it writes, whatever stands before it, and nothing of packets that are cut off.
func TestXMP(t *testing.T) {
	texts := []Text{{"Software", "bagnet"}, {"Source", "a & <b>\n\t\"ü高\".png"}, {"bagnet:class", ""}, {"bagnet:image-crc", "00ff"}, {"bagnet:top-k", "5"}}
	packet := WriteXMP(texts)
	got, err := ReadTexts(bytes.NewReader(append([]byte("%PDF-1.5 and more"), packet...)))
	if err != nil || !reflect.DeepEqual(got, texts) {
		t.Errorf("read %q (%v), want %q", got, err, texts)
	}
	for n := range packet {
		if got, err := ReadTexts(bytes.NewReader(packet[:n])); err == nil && n < len(packet)-len(`"r"?>`+"\n") {
			t.Errorf("%d of %d bytes: %q", n, len(packet), got)
		}
	}
	for name, data := range map[string]string{
		"far from the beginning": strings.Repeat(" ", longestPacket) + string(packet),
		"no XML":                 `<?xpacket begin="" id=""?><a><b></a><?xpacket end="r"?>`,
		"a value cut off":        `<?xpacket begin="" id=""?><dc:source xmlns:dc="` + dublinSpace + `"><?xpacket end="r"?>`,
		"nothing":                "",
		"text":                   "nothing here",
	} {
		if got, err := ReadTexts(strings.NewReader(data)); err == nil || got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, err := ReadTexts(strings.NewReader(`<?xpacket begin="" id=""?><x:a xmlns:x="elsewhere">1</x:a><?xpacket end="r"?>`)); err != nil || got != nil {
		t.Errorf("another program's: %q (%v)", got, err)
	}
}
