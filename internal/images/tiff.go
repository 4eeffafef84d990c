package images

import (
	"bytes"
	"errors"
	"image"

	"github.com/disintegration/imaging"
	"golang.org/x/image/tiff"
)

// Tags and their values, TIFF 6.0.
const (
	tagCompression         = 0x0103
	tagPhotometric         = 0x0106
	tagOrientation         = 0x0112
	tagSamplesPerPixel     = 0x0115
	tagPlanarConfiguration = 0x011c

	group3      = 3
	group4      = 4
	blackIsZero = 1
	separate    = 2
)

func decodeTIFF(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	c, err := tiff.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	if err := check(c.Width, c.Height); err != nil {
		return nil, 0, err
	}
	samples, _ := tiffTag(data, tagSamplesPerPixel)
	if v, _ := tiffTag(data, tagPlanarConfiguration); v == separate && samples > 1 {
		return nil, 0, errors.New("colour planes stored apart are not supported; convert the file to PNG")
	}
	img, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	out := opaque(img)
	// In CCITT data the photometric interpretation says what a white run means
	// (TIFF 6.0, section 10); the decoder always takes it for white.
	if v, _ := tiffTag(data, tagCompression); v == group3 || v == group4 {
		if v, _ := tiffTag(data, tagPhotometric); v == blackIsZero {
			out = imaging.Invert(out)
		}
	}
	return out, exifOrientation(data), nil
}
