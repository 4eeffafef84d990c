package images

import (
	"bufio"
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"golang.org/x/image/ccitt"
	tifflzw "golang.org/x/image/tiff/lzw"
)

// Values of the tag Compression.
const (
	uncompressed  = 1
	ccittRLE      = 2
	group3        = 3
	group4        = 4
	lzwCompressed = 5
	deflate       = 8
	packBits      = 32773
	oldDeflate    = 32946
)

// compressors that are not read, by the tag's value.
var compressors = map[int]string{
	6: "old-style JPEG", 7: "JPEG", 9: "JBIG", 10: "JBIG", 32766: "NeXT RLE", 32771: "CCITT RLE in words",
	32809: "ThunderScan", 33003: "JPEG 2000", 33005: "JPEG 2000", 34661: "JBIG", 34676: "SGI Log", 34677: "SGI Log",
	34712: "JPEG 2000", 34887: "LERC", 34892: "JPEG", 34925: "LZMA", 50000: "zstd", 50001: "WebP", 50002: "JPEG XL",
	52546: "JPEG XL",
}

func (t *tiffImage) isCCITT() bool {
	return t.compression == ccittRLE || t.compression == group3 || t.compression == group4
}

func (t *tiffImage) isDeflate() bool { return t.compression == deflate || t.compression == oldDeflate }

func (t *tiffImage) checkCompression(predictor, t4 int) error {
	switch t.compression {
	case 0: // written by some tools
		t.compression = uncompressed
	case uncompressed, ccittRLE, group4, lzwCompressed, deflate, oldDeflate, packBits:
	case group3:
		const twoDimensional, uncompressedMode = 1, 2
		if t4&(twoDimensional|uncompressedMode) != 0 {
			return notRead("two-dimensional CCITT Group 3 compression")
		}
	default:
		name, ok := compressors[t.compression]
		if !ok {
			name = fmt.Sprintf("number %d", t.compression)
		}
		return notRead("compression by %s", name)
	}
	return nil
}

// tiffBlock reads the samples of one strip or tile.
type tiffBlock struct {
	io.Reader
	number int
	cut    bool // the file ends within the block
	toEnd  bool // the header does not say where the block ends
}

// finish reads what proves that the samples read are the right ones, if there is
// something of the kind.
func (b *tiffBlock) finish() error {
	if _, err := b.Read(make([]byte, 1)); err == zlib.ErrChecksum {
		return err
	}
	return nil
}

// openBlock returns a reader for block i, counted plane by plane.
func (t *tiffImage) openBlock(i int) (*tiffBlock, error) {
	b := &tiffBlock{number: i + 1}
	at := t.offsets.at(i)
	if at == 0 {
		return nil, fmt.Errorf("%s %d of the picture is left out", t.blockName(), b.number)
	}
	if at > len(t.data) {
		return nil, io.ErrUnexpectedEOF
	}
	data := t.data[at:]
	rows := min(t.blockH, t.height-i/t.across%t.down*t.blockH)
	raw := rows * ((t.blockW*t.samples/t.planes*t.bits + 7) / 8)
	if t.compression == uncompressed { // sizes are not asked for, nor are they by PIL
		b.toEnd = true
	} else {
		size := 0
		if i < t.sizes.len() {
			size = t.sizes.at(i)
		}
		b.toEnd, b.cut = size == 0, size > len(data)
		if !b.toEnd && !b.cut {
			data = data[:size]
		}
		// No compressor needs more than this: of a run of blocks that all
		// share the same bytes, each is short work.
		if most := 16*raw + 4096; len(data) > most {
			data = data[:most]
		}
	}
	var src io.Reader = bytes.NewReader(data)
	if t.leastFirst {
		src = mirrored{src}
	}
	switch t.compression {
	case uncompressed:
		b.Reader = src
	case packBits:
		b.Reader = &packBitsReader{src: bufio.NewReader(src)}
	case ccittRLE, group3:
		b.Reader = &ccittRows{src: bufio.NewReader(src), width: t.blockW, aligned: t.compression == ccittRLE}
	case group4:
		// Its white is 0, whatever the photometric interpretation makes of that.
		b.Reader = ccitt.NewReader(src, ccitt.MSB, ccitt.Group4, t.blockW, rows, &ccitt.Options{Invert: true})
	case lzwCompressed:
		r := bufio.NewReader(src)
		// Before TIFF 5.0 codes began at the least significant bit, so a file
		// so old begins with another clear code (libtiff, tif_lzw.c).
		if head, _ := r.Peek(2); len(head) == 2 && head[0] == 0 && head[1]&1 != 0 {
			b.Reader = lzw.NewReader(r, lzw.LSB, 8)
		} else {
			b.Reader = tifflzw.NewReader(r, tifflzw.MSB, 8)
		}
	default:
		r, err := zlib.NewReader(src)
		if err != nil {
			return nil, t.blockError(b, err)
		}
		b.Reader = r
	}
	return b, nil
}

// blockError says what is wrong with a block, after err.
func (t *tiffImage) blockError(b *tiffBlock, err error) error {
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case b.cut && err != zlib.ErrChecksum, ended && b.toEnd:
		return io.ErrUnexpectedEOF
	case ended:
		return fmt.Errorf("%s %d of the picture ends before its last pixel", t.blockName(), b.number)
	}
	return fmt.Errorf("%s %d of the picture: %w", t.blockName(), b.number, err)
}

// mirrored reverses the bits in each byte.
type mirrored struct{ r io.Reader }

func (m mirrored) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	for i, b := range p[:n] {
		p[i] = bits.Reverse8(b)
	}
	return n, err
}

// packBitsReader undoes Apple's PackBits (TIFF 6.0, section 9).
type packBitsReader struct {
	src    *bufio.Reader
	left   int // bytes of the run at hand
	copies bool
	value  byte // of which they are copies
}

func (r *packBitsReader) Read(p []byte) (int, error) {
	for r.left == 0 {
		code, err := r.src.ReadByte()
		if err != nil {
			return 0, err
		}
		switch n := int(int8(code)); {
		case n >= 0:
			r.left, r.copies = n+1, false
		case n > -128:
			if r.value, err = r.src.ReadByte(); err != nil {
				return 0, err
			}
			r.left, r.copies = 1-n, true
		}
	}
	p = p[:min(len(p), r.left)]
	n := len(p)
	if r.copies {
		for i := range p {
			p[i] = r.value
		}
	} else {
		var err error
		if n, err = r.src.Read(p); err != nil {
			return n, err
		}
	}
	r.left -= n
	return n, nil
}
