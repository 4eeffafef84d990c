package images

import (
	"errors"
	"io"
	"strings"
	"sync"
)

// ccittRows reads rows of bits, 0 for white, from one-dimensional CCITT codes:
// Group 3 and what TIFF calls Modified Huffman. golang.org/x/image/ccitt reads
// those of Group 3 whose ends of lines have no bits to fill up a byte, and no others.
type ccittRows struct {
	src     io.ByteReader
	aligned bool // a row's codes begin with a byte
	width   int

	current byte   // the last byte read
	left    int    // bits of it not read yet
	row     []byte // what is decoded
	unread  []byte // and not given away yet
}

var errNoRun = errors.New("bits that are no CCITT code")

func (r *ccittRows) Read(p []byte) (int, error) {
	if len(r.unread) == 0 {
		if err := r.decodeRow(); err != nil {
			return 0, err
		}
		r.unread = r.row
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

func (r *ccittRows) bit() (byte, error) {
	if r.left == 0 {
		b, err := r.src.ReadByte()
		if err != nil {
			return 0, err
		}
		r.current, r.left = b, 8
	}
	r.left--
	return r.current >> r.left & 1, nil
}

// decodeRow decodes runs, the first of them white, until the row is full.
func (r *ccittRows) decodeRow() error {
	if r.row == nil {
		r.row = make([]byte, (r.width+7)/8)
	}
	clear(r.row)
	if r.aligned {
		r.left = 0
	}
	codes := runCodes()
	for x, colour := 0, 0; x < r.width; colour = 1 - colour {
		n, err := r.run(&codes[colour], x == 0 && colour == 0)
		if err != nil {
			return err
		}
		if n > r.width-x {
			return errors.New("a run of pixels is longer than its row")
		}
		for end := x + n; colour == 1 && x < end; x++ {
			r.row[x/8] |= 0x80 >> (x % 8)
		}
		if colour == 0 {
			x += n
		}
	}
	return nil
}

// run reads one run length; before the first of a row, any number of ends of
// lines, which are eleven zeros or more and a one.
func (r *ccittRows) run(lengths *[1 << 14]uint16, first bool) (int, error) {
	const zerosOfEOL, longest = 11, 13
	total := 0
	for v, n := 1, 0; n < longest; {
		b, err := r.bit()
		if err != nil {
			return 0, err
		}
		v, n = v<<1|int(b), n+1
		if v == 1<<zerosOfEOL { // no code begins so
			if !first || total > 0 {
				return 0, errNoRun
			}
			for b == 0 {
				if b, err = r.bit(); err != nil {
					return 0, err
				}
			}
			v, n = 1, 0
			continue
		}
		if length := int(lengths[v]) - 1; length >= 0 {
			if total += length; length < 64 {
				return total, nil
			}
			v, n = 1, 0
		}
	}
	return 0, errNoRun
}

// runCodes returns the run lengths, plus 1, of white and black codes; at [v] for
// the code whose bits, after a leading 1, are v.
var runCodes = sync.OnceValue(func() (t [2][1 << 14]uint16) {
	for colour, codes := range []string{whiteRuns + longRuns, blackRuns + longRuns} {
		for i, code := range strings.Fields(codes) {
			v := 1
			for _, bit := range code {
				v = v<<1 | int(bit-'0')
			}
			if i >= 64 {
				i = (i - 63) * 64
			}
			t[colour][v] = uint16(i + 1)
		}
	}
	return t
})

// whiteRuns are the codes of 0 to 63 white pixels, then of 64, 128, ... 1728 (ITU-T T.4,
// tables 2 and 3a).
const whiteRuns = `
00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 101010
101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010
00000011 00011010 00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010
00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100
00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100 11011 10010 010111
0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011
011010100 011010101 011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010
011000 010011011
`

// blackRuns are the same of black ones.
const blackRuns = `
0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000
0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111
00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001 000001101010
000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100
000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111 000001100100
000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000
000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111 0000001111
000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101
0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100
0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101
0000001011010 0000001011011 0000001100100 0000001100101
`

// longRuns are the codes of 1792, 1856, ... 2560 pixels of either colour (table 3b).
const longRuns = `
00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110
000000010111 000000011100 000000011101 000000011110 000000011111
`
