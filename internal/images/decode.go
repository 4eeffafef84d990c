// Package images turns image files into the 8-bit RGB pixels that PIL's
// convert('RGB') gives, and those into the normalised tensors that torchvision
// gives: what a network trained in PyTorch expects to see.
//
// All functions are safe for concurrent use.
package images

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
)

// DefaultMaxPixels is the largest picture, in pixels, that Decode accepts
// unless told otherwise: 200 megapixels, 800 MB once decoded.
const DefaultMaxPixels = 200_000_000

// DecodeOptions says how Decode treats a file.
type DecodeOptions struct {
	// MaxPixels is the largest width x height accepted, looked up in the file's
	// header before any pixel is allocated; 0 means DefaultMaxPixels.
	MaxPixels int64
	// AutoOrient turns the picture upright as its EXIF orientation says.
	// torchvision ignores that orientation, and so does Decode without it.
	AutoOrient bool
	// Admit is called with the width and height in the header of a picture that
	// will be decoded, before any pixel is allocated, and may wait until there
	// is room; it may be nil.
	Admit func(w, h int) `json:"-"`
}

// Decode returns the pixels of the JPEG, PNG, GIF, WebP, BMP, TIFF, PPM, PGM or
// PBM file in data, whichever its content says it is: opaque (alpha 255
// everywhere), origin (0,0), rows packed (Stride = 4*width). The picture belongs
// to the caller.
//
// The values are those of PIL's Image.open(f).convert('RGB'): alpha is dropped
// and not blended, grey is replicated, 16-bit samples give their high byte, GIF
// and WebP show their first frame on the whole canvas, TIFF its first picture,
// always turned as its orientation tag says. All agree exactly, but for JPEG
// within 3 levels, for Go's inverse DCT rounds otherwise (exactly where image/jpeg
// refuses a file: see jpegDecoder).
// One departure is meant: PIL clips grey of more than 8 bits at 255 of 65535, which
// leaves a white picture; here it gives the high byte as colour does.
//
// A file that is cut short or damaged is an error, never a part of a picture.
func Decode(data []byte, o DecodeOptions) (img *image.NRGBA, err error) {
	f, err := detect(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		// The decoders are other people's, the data anybody's.
		if r := recover(); r != nil {
			img, err = nil, fmt.Errorf("damaged %s data: %v", f.name, r)
		}
	}()
	limit := o.MaxPixels
	if limit <= 0 {
		limit = DefaultMaxPixels
	}
	img, orientation, err := f.decode(data, func(w, h int) error {
		err := checkPixels(w, h, limit)
		if err == nil && o.Admit != nil {
			o.Admit(w, h)
		}
		return err
	})
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return nil, fmt.Errorf("truncated %s file: it ends after %d bytes, within the picture", f.name, len(data))
	case err != nil:
		return nil, fmt.Errorf("%s%w%s", f.prefix(err), err, wayOut(err))
	}
	if o.AutoOrient {
		img = orient(img, orientation)
	}
	return img, nil
}

// wayOut returns what to do about a file that uses what a decoder does not know.
func wayOut(err error) string {
	var (
		inJPEG jpeg.UnsupportedError
		inPNG  png.UnsupportedError
		kind   kindError
	)
	if errors.As(err, &inJPEG) || errors.As(err, &inPNG) || errors.As(err, &kind) {
		return "; convert the file to an 8-bit RGB PNG"
	}
	return ""
}

// kindError says of what kind a file is that may well be whole, but is not read.
type kindError string

func (e kindError) Error() string { return string(e) + " cannot be read" }

// notRead returns a kindError.
func notRead(format string, args ...any) error { return kindError(fmt.Sprintf(format, args...)) }

// sizeCheck is called by a format's decoder with the header's width and height
// before it allocates pixels; its error ends the decoding.
type sizeCheck func(w, h int) error

// LimitError is about a picture larger than DecodeOptions.MaxPixels.
type LimitError struct {
	Width, Height int
	Limit         int64 // pixels
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%dx%d pixels are more than the limit of %d", e.Width, e.Height, e.Limit)
}

func checkPixels(w, h int, limit int64) error {
	if w <= 0 || h <= 0 {
		return fmt.Errorf("the header says %dx%d pixels: nothing to decode", w, h)
	}
	if int64(h) > limit/int64(w) {
		return &LimitError{w, h, limit}
	}
	return nil
}

// format is a file format and its decoder, which returns opaque pixels and the
// EXIF orientation, 1 to 8 (1 where there is none).
type format struct {
	name   string
	magic  string // '?' stands for any byte, ' ' for white space
	decode func(data []byte, check sizeCheck) (*image.NRGBA, int, error)
}

// prefix names the format before an error that does not begin with its name.
func (f format) prefix(err error) string {
	if strings.HasPrefix(err.Error(), strings.ToLower(f.name)+":") {
		return ""
	}
	return f.name + ": "
}

var formats = []format{
	{name: "JPEG", magic: "\xff\xd8\xff", decode: decodeJPEG},
	{name: "PNG", magic: pngMagic, decode: decodePNG},
	{name: "GIF", magic: "GIF8?a", decode: decodeGIF},
	{name: "WebP", magic: "RIFF????WEBP", decode: decodeWebP},
	{name: "BMP", magic: "BM", decode: decodeBMP},
	{name: "TIFF", magic: "II*\x00", decode: decodeTIFF},
	{name: "TIFF", magic: "II\x00*", decode: decodeTIFF},
	{name: "TIFF", magic: "II+\x00", decode: decodeTIFF},
	{name: "TIFF", magic: "MM\x00*", decode: decodeTIFF},
	{name: "TIFF", magic: "MM*\x00", decode: decodeTIFF},
	{name: "TIFF", magic: "MM\x00+", decode: decodeTIFF},
	{name: "PBM", magic: "P1 ", decode: decodePNM},
	{name: "PGM", magic: "P2 ", decode: decodePNM},
	{name: "PPM", magic: "P3 ", decode: decodePNM},
	{name: "PBM", magic: "P4 ", decode: decodePNM},
	{name: "PGM", magic: "P5 ", decode: decodePNM},
	{name: "PPM", magic: "P6 ", decode: decodePNM},
	{name: "PAM", magic: "P7 ", decode: decodePNM},
}

// MagicBytes is how many bytes of a file are enough for Detect.
const MagicBytes = sniffBytes

// Detect returns the error that Decode gives for a file that begins with start
// because of that beginning; nil if it may be an image.
func Detect(start []byte) error {
	_, err := detect(start)
	return err
}

func detect(data []byte) (format, error) {
	if len(data) == 0 {
		return format{}, errors.New("the file is empty")
	}
	if reason := foreignReason(data); reason != "" {
		return format{}, errors.New(reason)
	}
	for _, f := range formats {
		if matches(data, f.magic) {
			return f, nil
		}
	}
	return format{}, unknown(data)
}

func matches(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		switch magic[i] {
		case '?':
		case ' ':
			if !isSpace(data[i]) {
				return false
			}
		case data[i]:
		default:
			return false
		}
	}
	return true
}
