package images

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// gifHeader is what precedes the pixels of a GIF file's first frame.
type gifHeader struct {
	canvas, frame image.Rectangle
	palette       [256][3]byte // what it does not define is PIL's grey ramp
	transparent   byte         // transparent index, or 0
	interlaced    bool
	data          []byte // what follows the frame's colour table
}

// decodeGIF shows the first frame on its logical screen as PIL does: pixels of
// the transparent index keep that index's colour, and so does the screen around
// the frame (index 0 where none is transparent). image/gif is of no use: it
// forgets the colour of the transparent index, and refuses indices beyond the
// palette, frames beyond the screen and data after the last pixel.
func decodeGIF(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	h, err := parseGIF(data)
	if err != nil {
		return nil, 0, err
	}
	if err := check(h.canvas.Dx(), h.canvas.Dy()); err != nil {
		return nil, 0, err
	}
	pixels, err := h.pixels()
	if err != nil {
		return nil, 0, err
	}
	out := image.NewNRGBA(h.canvas)
	around := h.palette[h.transparent]
	for i := 0; i < len(out.Pix); i += 4 {
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = around[0], around[1], around[2], 0xff
	}
	w := h.frame.Dx()
	for i, y := range h.order() {
		dst := out.Pix[out.PixOffset(h.frame.Min.X, h.frame.Min.Y+y):][:4*w]
		for x, v := range pixels[i*w:][:w] {
			copy(dst[4*x:4*x+3], h.palette[v][:])
		}
	}
	return out, 1, nil
}

// pixels returns the colour indices of the frame in the file's order; more data
// than they take are nobody's business.
func (h *gifHeader) pixels() ([]byte, error) {
	r := cutter{h.data}
	width := r.take(1)
	if width == nil {
		return nil, io.ErrUnexpectedEOF
	}
	if width[0] < 2 || width[0] > 8 {
		return nil, fmt.Errorf("pixels of %d bits", width[0])
	}
	var packed []byte
	for b := r.block(); len(b) > 0; b = r.block() {
		packed = append(packed, b...)
	}
	pixels := make([]byte, h.frame.Dx()*h.frame.Dy())
	codes := lzw.NewReader(bytes.NewReader(packed), lzw.LSB, int(width[0]))
	defer codes.Close()
	if _, err := io.ReadFull(codes, pixels); err != nil {
		return nil, err
	}
	return pixels, nil
}

// order returns the frame's rows in the file's order.
func (h *gifHeader) order() []int {
	passes := [][2]int{{0, 1}}
	if h.interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	var rows []int
	for _, p := range passes {
		for y := p[0]; y < h.frame.Dy(); y += p[1] {
			rows = append(rows, y)
		}
	}
	return rows
}

// parseGIF reads a GIF file up to its first image descriptor's colour table.
func parseGIF(data []byte) (*gifHeader, error) {
	const tableFlag, interlaceFlag, sizeMask, transparentFlag = 0x80, 0x40, 0x07, 0x01
	h := &gifHeader{}
	r := cutter{data}
	screen := r.take(13)
	if screen == nil {
		return nil, io.ErrUnexpectedEOF
	}
	var global []byte
	if flags := screen[10]; flags&tableFlag != 0 {
		global = r.take(3 << (1 + flags&sizeMask))
	}
	for {
		switch block := r.take(1); {
		case block == nil:
			return nil, io.ErrUnexpectedEOF
		case block[0] == '!':
			label := r.take(1)
			body := r.block()
			if label == nil {
				return nil, io.ErrUnexpectedEOF
			}
			if label[0] == 0xf9 && len(body) >= 4 && body[0]&transparentFlag != 0 {
				h.transparent = body[3]
			}
			for len(body) > 0 {
				body = r.block()
			}
		case block[0] == ',':
			d := r.take(9)
			if d == nil {
				return nil, io.ErrUnexpectedEOF
			}
			if flags := d[8]; flags&tableFlag != 0 {
				global = r.take(3 << (1 + flags&sizeMask))
			}
			for i := range h.palette {
				h.palette[i] = [3]byte{byte(i), byte(i), byte(i)}
			}
			for i := 0; i+3 <= len(global); i += 3 {
				h.palette[i/3] = [3]byte(global[i:])
			}
			u16 := func(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }
			h.frame = image.Rect(0, 0, u16(d[4:]), u16(d[6:])).Add(image.Pt(u16(d), u16(d[2:])))
			h.canvas = image.Rect(0, 0, max(u16(screen[6:]), h.frame.Max.X), max(u16(screen[8:]), h.frame.Max.Y))
			h.interlaced, h.data = d[8]&interlaceFlag != 0, r.data
			return h, nil
		default:
			return nil, errors.New("no picture before the end of the file")
		}
	}
}

// cutter cuts pieces off the front of data.
type cutter struct{ data []byte }

// take returns the next n bytes, or nil if there are fewer.
func (c *cutter) take(n int) []byte {
	if len(c.data) < n {
		c.data = nil
		return nil
	}
	piece := c.data[:n:n]
	c.data = c.data[n:]
	return piece
}

// block returns the body of the next sub-block; it is empty at the last one.
func (c *cutter) block() []byte {
	n := c.take(1)
	if n == nil {
		return nil
	}
	return c.take(int(n[0]))
}
