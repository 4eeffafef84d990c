package images

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
)

// pngMagic is the signature before a PNG file's first chunk.
const pngMagic = "\x89PNG\r\n\x1a\n"

func decodePNG(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	exif, colours, err := scanPNG(data)
	if err != nil {
		return nil, 0, err
	}
	if b := data[len(pngMagic):]; len(b) >= 16 { // the first chunk's length and name, width, height
		if err := check(int(binary.BigEndian.Uint32(b[8:])), int(binary.BigEndian.Uint32(b[12:]))); err != nil {
			return nil, 0, err
		}
	}
	img, err := png.Decode(bytes.NewReader(data))
	var format png.FormatError
	if errors.As(err, &format) {
		img, err = png.Decode(bytes.NewReader(plainPNG(data)))
	}
	if err != nil {
		return nil, 0, err
	}
	if m, ok := img.(*image.Paletted); ok {
		// image/png takes indices beyond the palette for black; PIL, for grey.
		for i := colours; i < len(m.Palette); i++ {
			m.Palette[i] = color.NRGBA{byte(i), byte(i), byte(i), 0xff}
		}
	}
	return opaque(img), exifOrientation(exif), nil
}

// scanPNG returns the body of a PNG file's eXIf chunk, or nil, and the number of
// its palette's colours, having seen that all chunks are there up to the one that
// ends the file.
func scanPNG(data []byte) (exif []byte, colours int, err error) {
	for b := data[len(pngMagic):]; len(b) >= 12; {
		size := int64(binary.BigEndian.Uint32(b))
		if size > int64(len(b)-12) {
			break
		}
		switch string(b[4:8]) {
		case "eXIf":
			exif = b[8 : 8+size]
		case "PLTE":
			colours = int(size / 3)
		case "IEND":
			return exif, colours, nil
		}
		b = b[12+size:]
	}
	return nil, 0, io.ErrUnexpectedEOF
}

// plainPNG returns a PNG file without the chunks that its pixels do not need,
// whatever is wrong with those, and with right checksums of IDAT and IEND: PIL
// reads neither, and zlib's own covers the pixels. All chunks are there (scanPNG).
func plainPNG(data []byte) []byte {
	out := []byte(pngMagic)
	for b := data[len(pngMagic):]; ; {
		end := 8 + binary.BigEndian.Uint32(b)
		switch name := string(b[4:8]); name {
		case "IHDR", "PLTE":
			out = append(out, b[:end+4]...)
		case "IDAT", "IEND":
			out = append(out, b[:end]...)
			out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(b[4:end]))
			if name == "IEND" {
				return out
			}
		}
		b = b[end+4:]
	}
}
