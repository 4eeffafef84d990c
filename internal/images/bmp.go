package images

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math/bits"
)

// bmpHeader is what stands before the pixels of a BMP file.
type bmpHeader struct {
	width, height int
	topDown       bool
	bits          int // a pixel
	compression   uint32
	masks         [3]uint32 // of red, green and blue in pixels of 16 to 32 bits
	palette       [256][4]byte
	pixels        int // where they begin
}

const (
	bmpPlain     = 0
	bmpRLE8      = 1
	bmpRLE4      = 2
	bmpBitfields = 3
)

// decodeBMP decodes a BMP file of Windows or OS/2 as PIL's BmpImagePlugin does,
// and with PIL's arithmetic; golang.org/x/image/bmp knows neither 16 bits nor runs
// nor OS/2. Alpha is not read. Where PIL 9.4 goes wrong, this does not: a palette of
// just black and white in pixels of 8 bits, the delta code of run lengths, and
// what RLE4 has as it is in an odd number of pixels.
func decodeBMP(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	h, err := parseBMP(data)
	if err != nil {
		return nil, 0, err
	}
	if err := check(h.width, h.height); err != nil {
		return nil, 0, err
	}
	if h.pixels > len(data) {
		return nil, 0, io.ErrUnexpectedEOF
	}
	pixels := data[h.pixels:]
	if h.compression == bmpRLE8 || h.compression == bmpRLE4 {
		out := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
		return out, 1, h.readRuns(out, pixels)
	}
	row := (h.width*h.bits + 7) / 8
	stride := (row + 3) &^ 3
	// The last row's padding may be missing.
	if h.height-1 > (len(pixels)-row)/stride || len(pixels) < row {
		return nil, 0, io.ErrUnexpectedEOF
	}
	out := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	write := h.writeIndexed
	if h.bits > 8 {
		if write, err = h.colourWriter(); err != nil {
			return nil, 0, err
		}
	}
	for y := range h.height {
		write(h.row(out, y), pixels[y*stride:][:row])
	}
	return out, 1, nil
}

// row returns the pixels of the row that the file has in place y.
func (h *bmpHeader) row(out *image.NRGBA, y int) []byte {
	if !h.topDown {
		y = h.height - 1 - y
	}
	return out.Pix[y*out.Stride:][:4*h.width]
}

// parseBMP reads a BMP file up to its pixels.
func parseBMP(data []byte) (*bmpHeader, error) {
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	r := cutter{data}
	file, sizeField := r.take(14), r.take(4)
	if sizeField == nil {
		return nil, io.ErrUnexpectedEOF
	}
	h := &bmpHeader{pixels: int(u32(file[10:]))}
	size := int(u32(sizeField))
	colours, entry := 0, 4
	switch size {
	case 12, 40, 52, 56, 64, 108, 124: // OS/2 1, Windows 3, its extensions by Adobe, OS/2 2, Windows 4 and 5
	default:
		return nil, notRead("a header of %d bytes", size)
	}
	info := r.take(size - 4)
	if info == nil {
		return nil, io.ErrUnexpectedEOF
	}
	if size == 12 {
		h.width, h.height, h.bits, entry = int(u16(info)), int(u16(info[2:])), int(u16(info[6:])), 3
	} else {
		h.width, h.height = int(u32(info)), int(u32(info[4:]))
		if info[7] == 0xff { // the number is negative
			h.topDown, h.height = true, int(-u32(info[4:]))
		}
		h.bits, h.compression, colours = int(u16(info[10:])), u32(info[12:]), int(u32(info[28:]))
		if h.compression == bmpBitfields {
			masks := info[min(len(info), 36):]
			if len(masks) < 12 {
				masks = r.take(12)
			}
			if masks == nil {
				return nil, io.ErrUnexpectedEOF
			}
			h.masks = [3]uint32{u32(masks), u32(masks[4:]), u32(masks[8:])}
		}
	}
	if err := h.checkKind(); err != nil {
		return nil, err
	}
	if h.bits > 8 {
		if h.pixels == 0 {
			h.pixels = len(data) - len(r.data)
		}
		return h, nil
	}
	if colours == 0 {
		colours = 1 << h.bits
	}
	if colours > 1<<16 {
		return nil, fmt.Errorf("the header says %d colours of %d", colours, 1<<h.bits)
	}
	if h.pixels == 14+size { // some writers forget the palette
		h.pixels += 4 * colours
	}
	palette := r.take(min(entry*colours, len(r.data))) // may be shorter, with the pixels behind it
	if h.pixels == 0 {
		h.pixels = len(data) - len(r.data)
	}
	for i := range h.palette {
		h.palette[i] = [4]byte{byte(i), byte(i), byte(i), 0xff} // PIL's, for indices beyond the file's
		if i < len(palette)/entry {
			c := palette[i*entry:]
			h.palette[i] = [4]byte{c[2], c[1], c[0], 0xff}
		}
	}
	return h, nil
}

// checkKind refuses what is not read.
func (h *bmpHeader) checkKind() error {
	switch h.bits {
	case 1, 2, 4, 8, 16, 24, 32:
	default:
		return notRead("pixels of %s", bitCount(h.bits))
	}
	switch c := h.compression; {
	case c == bmpPlain, c == bmpRLE8 && h.bits == 8, c == bmpRLE4 && h.bits == 4, c == bmpBitfields && h.bits > 8:
		return nil
	case c == bmpRLE8 || c == bmpRLE4 || c == bmpBitfields:
		return fmt.Errorf("compression %d is not for pixels of %s", c, bitCount(h.bits))
	case c == 4:
		return notRead("a JPEG file in a BMP header")
	case c == 5:
		return notRead("a PNG file in a BMP header")
	default:
		return notRead("compression %d", c)
	}
}

// writeIndexed writes a row of palette indices to dst, RGBA.
func (h *bmpHeader) writeIndexed(dst, row []byte) {
	for x := range h.width {
		at := x * h.bits
		v := row[at/8] >> (8 - h.bits - at%8) & byte(1<<h.bits-1)
		copy(dst[4*x:4*x+4], h.palette[v][:])
	}
}

// colourWriter returns a function that writes a row of pixels of 16, 24 or 32
// bits to dst, RGBA. Values of n bits become v*255/(2^n-1), rounded down as by
// PIL's unpackers.
func (h *bmpHeader) colourWriter() (func(dst, row []byte), error) {
	masks := h.masks
	if h.compression == bmpPlain || masks == [3]uint32{} && h.bits == 32 {
		masks = [3]uint32{0xff0000, 0xff00, 0xff}
		if h.bits == 16 {
			masks = [3]uint32{0x7c00, 0x3e0, 0x1f}
		}
	}
	var shift, last [3]uint32
	bytewise := true
	for i, m := range masks {
		shift[i] = uint32(bits.TrailingZeros32(m))
		last[i] = m >> shift[i]
		bytewise = bytewise && shift[i]%8 == 0 && last[i] == 0xff
		if m == 0 || uint64(m)>>h.bits != 0 || last[i]&(last[i]+1) != 0 || last[i] > 0xff {
			return nil, notRead("colours in the bits %#x, %#x, %#x of a pixel", masks[0], masks[1], masks[2])
		}
	}
	size := h.bits / 8
	if bytewise {
		r, g, b := shift[0]/8, shift[1]/8, shift[2]/8
		return func(dst, row []byte) {
			for x := range h.width {
				s, d := row[x*size:(x+1)*size], dst[4*x:4*x+4:4*x+4]
				d[0], d[1], d[2], d[3] = s[r], s[g], s[b], 0xff
			}
		}, nil
	}
	return func(dst, row []byte) {
		for x := range h.width {
			var v uint32
			for i, b := range row[x*size : (x+1)*size] {
				v |= uint32(b) << (8 * i)
			}
			d := dst[4*x : 4*x+4 : 4*x+4]
			for i := range 3 {
				d[i] = byte((v & masks[i] >> shift[i]) * 255 / last[i])
			}
			d[3] = 0xff
		}
	}, nil
}

// readRuns decodes run lengths as PIL's BmpRleDecoder does: pixels follow one
// another without end, what would go beyond a row in a run of one value is left
// out, and what the delta code and ends of lines pass over has index 0.
func (h *bmpHeader) readRuns(out *image.NRGBA, pixels []byte) error {
	const endOfLine, endOfPicture, delta = 0, 1, 2
	total := h.width * h.height
	n, x := 0, 0 // pixels written; where in the row the next one belongs
	put := func(index byte, count int) {
		for count = min(count, total-n); count > 0; count-- {
			copy(h.row(out, n/h.width)[n%h.width*4:], h.palette[index][:])
			n++
		}
	}
	r := cutter{pixels}
	for n < total {
		code := r.take(2)
		if code == nil {
			return io.ErrUnexpectedEOF
		}
		count, value := int(code[0]), code[1]
		switch {
		case count > 0:
			count = min(count, max(0, h.width-x))
			x += count
			if h.compression == bmpRLE8 {
				put(value, count)
				continue
			}
			for i := range count {
				put(value>>(4-i%2*4)&15, 1)
			}
		case value == endOfLine:
			put(0, (h.width-n%h.width)%h.width)
			x = 0
		case value == endOfPicture:
			return errors.New("the runs of pixels end before the picture is complete")
		case value == delta:
			by := r.take(2)
			if by == nil {
				return io.ErrUnexpectedEOF
			}
			put(0, int(by[0])+int(by[1])*h.width)
			x = n % h.width
		default: // so many pixels as they are
			count = int(value)
			size := count
			if h.compression == bmpRLE4 {
				size = (count + 1) / 2
			}
			raw := r.take(size)
			if raw == nil {
				return io.ErrUnexpectedEOF
			}
			for i := range count {
				if h.compression == bmpRLE8 {
					put(raw[i], 1)
				} else {
					put(raw[i/2]>>(4-i%2*4)&15, 1)
				}
			}
			x += count
			if at := h.pixels + len(pixels) - len(r.data); at%2 != 0 {
				r.take(1)
			}
		}
	}
	return nil
}
