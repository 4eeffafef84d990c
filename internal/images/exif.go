package images

import (
	"image"

	"github.com/disintegration/imaging"
)

// exifOrientation returns the orientation, 1 to 8, that the first directory of a
// TIFF structure (which EXIF data are) holds, in whole numbers of any size; 1 if
// there is none to be read.
func exifOrientation(tiff []byte) int {
	d, _ := parseTIFFDir(tiff) // what is there of it is enough
	return d.orientation()
}

func (d *tiffDir) orientation() int {
	if v, err := d.values(tagOrientation); err == nil && v.len() > 0 {
		if o := v.at(0); 1 <= o && o <= 8 {
			return o
		}
	}
	return 1
}

// orient turns a picture upright. The orientation says where row 0 and column 0
// of the stored picture belong (EXIF 2.3, tag 0x0112).
func orient(img *image.NRGBA, orientation int) *image.NRGBA {
	switch orientation {
	case 2:
		return imaging.FlipH(img)
	case 3:
		return imaging.Rotate180(img)
	case 4:
		return imaging.FlipV(img)
	case 5:
		return imaging.Transpose(img)
	case 6:
		return imaging.Rotate270(img)
	case 7:
		return imaging.Transverse(img)
	case 8:
		return imaging.Rotate90(img)
	}
	return img
}
