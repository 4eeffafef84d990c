package images

import (
	"encoding/binary"
	"image"

	"github.com/disintegration/imaging"
)

// exifOrientation returns the orientation, 1 to 8, that the first directory of a
// TIFF structure (which EXIF data are) holds; 1 if there is none to be read.
func exifOrientation(tiff []byte) int {
	if v, ok := tiffTag(tiff, tagOrientation); ok && 1 <= v && v <= 8 {
		return v
	}
	return 1
}

// tiffTag returns the single SHORT value of a tag in the first directory of a
// TIFF structure.
func tiffTag(tiff []byte, tag uint16) (int, bool) {
	if len(tiff) < 8 {
		return 0, false
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0, false
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0, false
	}
	count := int(order.Uint16(tiff[at:]))
	for entries := tiff[at+2:]; count > 0 && len(entries) >= 12; count, entries = count-1, entries[12:] {
		const short = 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short && order.Uint32(entries[4:]) == 1 {
			return int(order.Uint16(entries[8:])), true
		}
	}
	return 0, false
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
