package images

import (
	"strings"
	"testing"
)

func TestForeign(t *testing.T) {
	for _, c := range []struct{ start, want string }{
		{pngMagic + "\x00\x00\x00\x04CgBI\x50\x00\x20\x02", "iPhone's PNG (CgBI)"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"},
		{"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "AVIF"},
		{"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video"},
		{"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom", "CR3"},
		{"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"},
		{"\xff\x0a\xfa\x00", "JPEG XL"},
		{"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"},
		{"8BPS\x00\x01", "PSD"},
		{"%PDF-1.4", "PDF"},
		{"\x00\x00\x01\x00\x01\x00", "ICO"},
		{"<svg xmlns=\"x\">", "SVG"},
		{"<?xml version=\"1.0\"?>\n<svg>", "SVG"},
		{"<?xml version=\"1.0\"?><Error/>", "XML"},
		{"\xef\xbb\xbf\n<!doctype HTML>", "web page"},
		{"version https://git-lfs.github.com/spec/v1", "git lfs pull"},
		{"\x1f\x8b\x08", "gzip"},
		{"{\"error\":\"x\"}", "JSON"},
	} {
		if err := Detect([]byte(c.start)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gave %v, want %q", c.start, err, c.want)
		}
	}
	for _, f := range loadFixtures(t).Decode {
		if err := Detect(readFile(t, "decode", f.File)); err != nil {
			t.Errorf("%s: %v", f.File, err)
		}
	}
}
