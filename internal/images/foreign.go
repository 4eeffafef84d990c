package images

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

const toJPEG = ": convert it to JPEG or PNG"

// foreign lists formats that are told by their first bytes ('?' stands for any)
// and cannot be read, each with the way out.
var foreign = []struct{ magic, reason string }{
	{pngMagic + "????CgBI", "it is an iPhone's PNG (CgBI), as Xcode packs them: convert it to a plain PNG, for instance with `pngcrush -revert-iphone-optimizations`"},
	{"\xff\x0a", "it is JPEG XL" + toJPEG},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "it is JPEG XL" + toJPEG},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", "it is JPEG 2000" + toJPEG},
	{"\xff\x4f\xff\x51", "it is JPEG 2000" + toJPEG},
	{"\xff\xd8\xff\xf7", "it is JPEG-LS" + toJPEG},
	{"8BPS", "it is a Photoshop document (PSD): export it as JPEG or PNG"},
	{"gimp xcf", "it is a GIMP document (XCF): export it as JPEG or PNG"},
	{"FUJIFILMCCD-RAW", "it is a Fujifilm camera's raw picture: develop it to JPEG or PNG"},
	{"IIRO", "it is an Olympus camera's raw picture: develop it to JPEG or PNG"},
	{"IIU\x00", "it is a Panasonic camera's raw picture: develop it to JPEG or PNG"},
	{"FOVb", "it is a Sigma camera's raw picture: develop it to JPEG or PNG"},
	{"\x00\x00\x01\x00", "it is an icon (ICO)" + toJPEG},
	{"qoif", "it is a QOI picture" + toJPEG},
	{"v/1\x01", "it is an OpenEXR picture" + toJPEG},
	{"#?RADIANCE", "it is a Radiance HDR picture" + toJPEG},
	{"DDS ", "it is a DirectDraw texture (DDS)" + toJPEG},
	{"SIMPLE  =", "it is a FITS image" + toJPEG},
	{"%PDF", "it is a PDF: export its page or picture as JPEG or PNG"},
	{"%!PS", "it is PostScript (EPS): render it to PNG"},
	{"\xc5\xd0\xd3\xc6", "it is PostScript (EPS): render it to PNG"},
	{"\x1aE\xdf\xa3", "it is a video (Matroska or WebM): extract frames as JPEG or PNG"},
	{"RIFF????AVI ", "it is a video (AVI): extract frames as JPEG or PNG"},
	{"\x00\x00\x01\xba", "it is a video (MPEG): extract frames as JPEG or PNG"},
	{"version https://git-lfs", "it is a Git LFS pointer, not the picture itself: fetch it with `git lfs pull`"},
	{"\x1f\x8b", "it is compressed with gzip: unpack it first"},
	{"BZh", "it is compressed with bzip2: unpack it first"},
	{"\xfd7zXZ\x00", "it is compressed with xz: unpack it first"},
	{"\x28\xb5\x2f\xfd", "it is compressed with zstd: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "it is a 7z archive: unpack it first"},
	{"PK\x03\x04", "it is a zip archive: unpack it first"},
	{"\x89HDF\r\n\x1a\n", "it is an HDF5 file, not a picture: export its pictures as PNG"},
	{"\x93NUMPY", "it is a NumPy array: save it as PNG"},
}

// brands are the kinds of ISO base media files that are no videos, by the brand
// that begins their "ftyp" box.
var brands = []struct{ brand, reason string }{
	{"avif avis", "it is AVIF" + toJPEG},
	{"heic heix heim heis hevc hevx mif1 msf1", "it is HEIC (a phone's picture)" + toJPEG},
	{"jxl ", "it is JPEG XL" + toJPEG},
	{"jp2 jpx jpm ", "it is JPEG 2000" + toJPEG},
	{"crx ", "it is a Canon camera's raw picture (CR3): develop it to JPEG or PNG"},
}

// foreignReason returns what a file that begins with start is and what to do
// about it, or "".
func foreignReason(start []byte) string {
	for _, f := range foreign {
		if matches(start, f.magic) {
			return f.reason
		}
	}
	if len(start) >= 12 && string(start[4:8]) == "ftyp" {
		// mif1 says only that it is a picture; the brands behind it say which.
		if bytes.Contains(start[8:min(len(start), 64)], []byte("avif")) {
			return brands[0].reason
		}
		for _, b := range brands {
			if strings.Contains(b.brand, string(start[8:12])) {
				return b.reason
			}
		}
		return "it is a video (MP4 or QuickTime): extract frames as JPEG or PNG"
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(start[:min(len(start), sniffBytes)], []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch has := func(s string) bool { return bytes.HasPrefix(text, []byte(s)) }; {
	case has("<svg"), has("<?xml") && bytes.Contains(text, []byte("<svg")):
		return "it is an SVG drawing: render it to PNG"
	case has("<!doctype html"), has("<html"):
		return "it is a web page saved in place of a picture: fetch the picture itself"
	case has("<?xml"), has("<!"), has("{\""), has("[{"):
		return "it is text (XML or JSON, such as a server's error message), not a picture: fetch it again"
	}
	return ""
}

// sniffBytes is how much of a file foreignReason looks at.
const sniffBytes = 512

// unknown returns the error for a file that begins with start and is of no
// known format.
func unknown(start []byte) error {
	var names []string
	for _, f := range formats {
		if !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	last := len(names) - 1
	return fmt.Errorf("not an image of a known format (it begins with % x); known are %s and %s", start[:min(len(start), 8)], strings.Join(names[:last], ", "), names[last])
}
