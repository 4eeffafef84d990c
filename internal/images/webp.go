package images

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// webpFile is the part of a WebP container that the picture comes from.
type webpFile struct {
	canvas   image.Point // zero where the container does not say
	at       image.Point // where the frame's top left corner lies
	payload  []byte
	lossless bool
	exif     []byte
}

// decodeWebP decodes a still picture, or an animation's first frame on its
// canvas with black around it. Alpha is not even read.
func decodeWebP(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	f, err := parseWebP(data)
	if err != nil {
		return nil, 0, err
	}
	r := bytes.NewReader(f.payload)
	var size image.Point
	lossy := vp8.NewDecoder()
	if f.lossless {
		c, err := vp8l.DecodeConfig(r)
		if err != nil {
			return nil, 0, err
		}
		size = image.Pt(c.Width, c.Height)
	} else {
		lossy.Init(r, len(f.payload))
		c, err := lossy.DecodeFrameHeader()
		if err != nil {
			return nil, 0, err
		}
		size = image.Pt(c.Width, c.Height)
	}
	if f.canvas == (image.Point{}) {
		f.canvas = size
	}
	if err := check(f.canvas.X, f.canvas.Y); err != nil {
		return nil, 0, err
	}
	if f.at.X+size.X > f.canvas.X || f.at.Y+size.Y > f.canvas.Y {
		return nil, 0, fmt.Errorf("a frame of %dx%d pixels does not fit its canvas of %dx%d", size.X, size.Y, f.canvas.X, f.canvas.Y)
	}
	var frame *image.NRGBA
	if f.lossless {
		img, err := vp8l.Decode(bytes.NewReader(f.payload))
		if err != nil {
			return nil, 0, err
		}
		frame = opaque(img)
	} else {
		img, err := lossy.DecodeFrame()
		if err != nil {
			return nil, 0, err
		}
		frame = vp8ToRGB(img)
	}
	return onCanvas(frame, f.canvas, f.at), exifOrientation(f.exif), nil
}

func onCanvas(frame *image.NRGBA, size, at image.Point) *image.NRGBA {
	if frame.Rect.Size() == size {
		return frame
	}
	out := image.NewNRGBA(image.Rectangle{Max: size})
	setOpaque(out.Pix)
	for y := range frame.Rect.Dy() {
		copy(out.Pix[out.PixOffset(at.X, at.Y+y):], frame.Pix[y*frame.Stride:][:4*frame.Rect.Dx()])
	}
	return out
}

// parseWebP looks through the chunks of a RIFF container (RFC 9649).
func parseWebP(data []byte) (*webpFile, error) {
	size := int64(binary.LittleEndian.Uint32(data[4:])) + 8
	if size > int64(len(data)) {
		return nil, io.ErrUnexpectedEOF
	}
	f := &webpFile{}
	if err := f.chunks(data[12:max(size, 12)]); err != nil {
		return nil, err
	}
	if f.payload == nil {
		return nil, errors.New("no picture in the file")
	}
	return f, nil
}

func (f *webpFile) chunks(data []byte) error {
	for len(data) >= 8 {
		id, size := string(data[:4]), int64(binary.LittleEndian.Uint32(data[4:]))
		data = data[8:]
		if size > int64(len(data)) {
			return io.ErrUnexpectedEOF
		}
		body := data[:size]
		data = data[min(size+size%2, int64(len(data))):]
		switch {
		case id == "VP8X" && size >= 10:
			f.canvas = image.Pt(u24(body[4:])+1, u24(body[7:])+1)
		case id == "EXIF" && f.exif == nil:
			f.exif = bytes.TrimPrefix(body, []byte("Exif\x00\x00"))
		case f.payload != nil: // the first frame is the one that counts
		case id == "ANMF" && size >= 16:
			f.at = image.Pt(2*u24(body), 2*u24(body[3:]))
			if err := f.chunks(body[16:]); err != nil {
				return err
			}
		case id == "VP8 " || id == "VP8L":
			f.payload, f.lossless = body, id == "VP8L"
		}
	}
	return nil
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// vp8ToRGB converts 4:2:0 planes as libwebp does by default: "fancy" upsampling
// (src/dsp/upsampling.c) and BT.601 of limited range (src/dsp/yuv.h), both in
// fixed point. image.YCbCr's own conversion takes the range for full.
func vp8ToRGB(m *image.YCbCr) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	u, v := make([]int32, 2*cw), make([]int32, 2*cw)
	for y := range h {
		near := y / 2
		far := max(0, min(near-1+y%2*2, ch-1))
		webpUpsample(u, m.Cb[near*m.CStride:][:cw], m.Cb[far*m.CStride:][:cw])
		webpUpsample(v, m.Cr[near*m.CStride:][:cw], m.Cr[far*m.CStride:][:cw])
		luma, dst := m.Y[y*m.YStride:][:w], out.Pix[y*out.Stride:][:4*w]
		for x, l := range luma {
			yy, d := int32(l)*19077>>8, dst[4*x:4*x+4:4*x+4]
			d[0] = clamp((yy + v[x]*26149>>8 - 14234) >> 6)
			d[1] = clamp((yy - u[x]*6419>>8 - v[x]*13320>>8 + 8708) >> 6)
			d[2] = clamp((yy + u[x]*33050>>8 - 17685) >> 6)
			d[3] = 0xff
		}
	}
	return out
}

// webpUpsample doubles a row of chroma samples: near is the row of samples that
// the row of pixels lies in, far the other one next to it. Weights are 9, 3, 3
// and 1 sixteenths, rounded in two steps as libwebp rounds; at the left and
// right ends 3 and 1 quarters.
func webpUpsample(out []int32, near, far []byte) {
	n := len(near)
	far, out = far[:n], out[:2*n]
	end := func(i int) int32 { return (3*int32(near[i]) + int32(far[i]) + 2) >> 2 }
	out[0] = end(0)
	out[2*n-1] = end(n - 1)
	for i := 1; i < n; i++ {
		nl, nr, fl, fr := int32(near[i-1]), int32(near[i]), int32(far[i-1]), int32(far[i])
		sum := nl + nr + fl + fr + 8
		out[2*i-1] = ((sum+2*(nr+fl))>>3 + nl) >> 1
		out[2*i] = ((sum+2*(nl+fr))>>3 + nr) >> 1
	}
}
