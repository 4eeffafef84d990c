package images

import (
	"errors"
	"fmt"
	"image"
	"io"
	"math"
)

// decodePNM decodes PBM, PGM and PPM files, plain (P1 to P3) and raw (P4 to P6),
// as PIL's PpmImagePlugin does: values are scaled by 255/maxval and rounded to
// even. Grey of more than 8 bits PIL scales by 65535/maxval and clips; here it
// gives the high byte of that, as 16-bit grey of other formats.
//
// A plain file cut within its last number cannot be told from a whole one.
func decodePNM(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	p := &pnmFile{kind: data[1], data: data, at: 2, samples: 1, maxval: 1}
	if p.kind == '7' {
		return nil, 0, notRead("the kind P7 of Netpbm files")
	}
	if p.kind == '3' || p.kind == '6' {
		p.samples = 3
	}
	var err error
	if p.width, err = p.number("width"); err != nil {
		return nil, 0, err
	}
	if p.height, err = p.number("height"); err != nil {
		return nil, 0, err
	}
	if p.kind != '1' && p.kind != '4' {
		if p.maxval, err = p.number("largest value"); err != nil {
			return nil, 0, err
		}
		if p.maxval < 1 || p.maxval > 65535 {
			return nil, 0, fmt.Errorf("the header says %d for the largest value; it is 1 to 65535", p.maxval)
		}
	}
	if err := check(p.width, p.height); err != nil {
		return nil, 0, err
	}
	if p.smallest() > len(p.data)-p.at {
		return nil, 0, io.ErrUnexpectedEOF
	}
	out := image.NewNRGBA(image.Rect(0, 0, p.width, p.height))
	switch p.kind {
	case '1':
		err = p.plainBits(out)
	case '2', '3':
		err = p.plainValues(out)
	case '4':
		p.rawBits(out)
	default:
		p.rawValues(out)
	}
	if err != nil {
		return nil, 0, err
	}
	return out, 1, nil
}

// pnmFile is a Netpbm file being read.
type pnmFile struct {
	kind          byte // the digit after its P
	data          []byte
	at            int // what is read next
	width, height int
	samples       int // a pixel
	maxval        int
}

// smallest returns how many bytes the pixels take at least.
func (p *pnmFile) smallest() int {
	n := p.width * p.height * p.samples
	switch {
	case p.kind == '1':
		return n
	case p.kind < '4':
		return 2*n - 1 // a digit and a space
	case p.kind == '4':
		return (p.width + 7) / 8 * p.height
	case p.maxval > 255:
		return 2 * n
	}
	return n
}

func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

// next returns the next byte that is not part of a comment; a comment ends with
// its line, and PIL lets it stand within a number.
func (p *pnmFile) next() (byte, error) {
	for ; p.at < len(p.data); p.at++ {
		if p.data[p.at] != '#' {
			p.at++
			return p.data[p.at-1], nil
		}
		for p.at < len(p.data) && p.data[p.at] != '\n' && p.data[p.at] != '\r' {
			p.at++
		}
	}
	return 0, io.ErrUnexpectedEOF
}

// number reads a decimal number and the byte of white space that ends it.
func (p *pnmFile) number(what string) (int, error) {
	const digits = 10 // PIL's limit
	v, n := 0, 0
	for {
		b, err := p.next()
		switch {
		case err != nil && n == 0:
			return 0, err
		case err != nil:
			return v, nil
		case isSpace(b) && n == 0:
			continue
		case isSpace(b):
			return v, nil
		case b < '0' || b > '9' || n == digits:
			return 0, fmt.Errorf("the %s is no number of at most %d digits", what, digits)
		}
		v, n = 10*v+int(b-'0'), n+1
	}
}

// plainBits reads one character a pixel, with or without spaces between them.
func (p *pnmFile) plainBits(out *image.NRGBA) error {
	for i := 0; i < len(out.Pix); {
		b, err := p.next()
		switch {
		case err != nil:
			return err
		case isSpace(b):
			continue
		case b != '0' && b != '1':
			return errors.New("a pixel is neither 0 nor 1")
		}
		v := b - '1' // 1 is black, 0 white
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = v, v, v, 0xff
		i += 4
	}
	return nil
}

// rawBits reads rows of bits, of which 1 is black.
func (p *pnmFile) rawBits(out *image.NRGBA) {
	stride := (p.width + 7) / 8
	for y := range p.height {
		row, dst := p.data[p.at+y*stride:][:stride], out.Pix[y*out.Stride:][:4*p.width]
		for x := range p.width {
			v := row[x/8]>>(7-x%8)&1 - 1
			d := dst[4*x : 4*x+4 : 4*x+4]
			d[0], d[1], d[2], d[3] = v, v, v, 0xff
		}
	}
}

// plainValues reads grey or colours in decimal.
func (p *pnmFile) plainValues(out *image.NRGBA) error {
	levels := p.levels()
	for i := 0; i < len(out.Pix); i += 4 {
		d := out.Pix[i : i+4 : i+4]
		for c := range p.samples {
			v, err := p.number("value of a pixel")
			if err != nil {
				return err
			}
			if v > p.maxval {
				return fmt.Errorf("a pixel has the value %d, of at most %d", v, p.maxval)
			}
			d[c] = levels[v]
		}
		if p.samples == 1 {
			d[1], d[2] = d[0], d[0]
		}
		d[3] = 0xff
	}
	return nil
}

// rawValues reads grey or colours in one byte or two; too large a value counts as
// the largest.
func (p *pnmFile) rawValues(out *image.NRGBA) {
	levels, size := p.levels(), 1
	if p.maxval > 255 {
		size = 2
	}
	levelAt := func(s []byte) byte {
		v := int(s[0])
		if size == 2 {
			v = v<<8 | int(s[1])
		}
		return levels[min(v, p.maxval)]
	}
	green, blue := size, 2*size
	if p.samples == 1 {
		green, blue = 0, 0
	}
	for i, src := 0, p.data[p.at:]; i < len(out.Pix); i, src = i+4, src[p.samples*size:] {
		d := out.Pix[i : i+4 : i+4]
		d[0], d[1], d[2], d[3] = levelAt(src), levelAt(src[green:]), levelAt(src[blue:]), 0xff
	}
}

// levels returns what values become.
func (p *pnmFile) levels() []byte {
	levels := make([]byte, p.maxval+1)
	for v := range levels {
		part := float64(v) / float64(p.maxval)
		if p.samples == 1 && p.maxval > 255 {
			levels[v] = byte(int(math.RoundToEven(part*65535)) >> 8)
		} else {
			levels[v] = byte(math.RoundToEven(part * 255))
		}
	}
	return levels
}
