package images

import "image/jpeg"

// jpegBits reads the entropy-coded data of a scan bit by bit. Where it ends, at
// a marker, bits are 0 and failed is set.
type jpegBits struct {
	data   []byte // from the scan's first byte to the end of the file
	pos    int    // of the next byte
	acc    uint32 // the last n bits read are those not yet used
	n      uint
	failed bool // more was asked for than there is, or a code that no table has
	zeros  bool // there are zeros in place of data that are missing
}

// fill tries to have n bits, at most 16, in acc.
func (b *jpegBits) fill(n uint) {
	for b.zeros && b.n < n {
		b.acc, b.n = b.acc<<8, b.n+8
	}
	for b.n < n && b.pos < len(b.data) {
		c := b.data[b.pos]
		if c == 0xff {
			if b.pos+1 == len(b.data) || b.data[b.pos+1] != 0 {
				return
			}
			b.pos++
		}
		b.pos++
		b.acc = b.acc<<8 | uint32(c)
		b.n += 8
	}
}

// take returns the next n bits, at most 16.
func (b *jpegBits) take(n uint) int32 {
	b.fill(n)
	if b.n < n {
		b.failed, b.n = true, 0
		return 0
	}
	b.n -= n
	return int32(b.acc >> b.n & (1<<n - 1))
}

// number returns the next signed number of n bits (T.81, F.2.2.1: EXTEND).
func (b *jpegBits) number(n uint) int32 {
	v := b.take(n)
	if n > 0 && v < 1<<(n-1) {
		v += 1 - 1<<n
	}
	return v
}

// symbol returns what the next code stands for.
func (b *jpegBits) symbol(t *jpegHuffman) byte {
	b.fill(16)
	next := b.acc << (32 - b.n) >> 16 // the next 16 bits, the missing ones 0
	if e := t.short[next>>8]; e != 0 && uint(e>>8) <= b.n {
		b.n -= uint(e >> 8)
		return byte(e)
	}
	for size := uint(1); size <= min(b.n, 16); size++ {
		if code := int32(next >> (16 - size)); code <= t.last[size] {
			b.n -= size
			return t.symbols[t.first[size]+code]
		}
	}
	b.failed = true
	return 0
}

// nextMarker drops the rest of the data up to the next marker and returns that,
// having passed it; 0 if there is none.
func (b *jpegBits) nextMarker() byte {
	b.acc, b.n = 0, 0
	for ; b.pos+1 < len(b.data); b.pos++ {
		if m := b.data[b.pos+1]; b.data[b.pos] == 0xff && m != 0 && m != 0xff {
			b.pos += 2
			return m
		}
	}
	return 0
}

// jpegHuffman is a table of codes (T.81, annex C).
type jpegHuffman struct {
	short   [256]uint16 // length<<8 | symbol of the code, up to 8 bits long, that these 8 bits begin with; or 0
	last    [17]int32   // the last code of each length, -1 if there is none
	first   [17]int32   // index in symbols of a length's first code, minus that code
	symbols []byte
}

// newJPEGHuffman builds a table of how many codes there are of each length, 1 to
// 16, and their symbols.
func newJPEGHuffman(counts, symbols []byte) (*jpegHuffman, error) {
	t := &jpegHuffman{symbols: symbols}
	code, n := int32(0), int32(0)
	for size := 1; size <= 16; size++ {
		count := int32(counts[size-1])
		t.first[size], t.last[size] = n-code, -1
		if count > 0 {
			t.last[size] = code + count - 1
			if t.last[size] >= 1<<size {
				return nil, jpeg.FormatError("a Huffman table with too many codes")
			}
		}
		for range count {
			if size <= 8 {
				at := int(code) << (8 - size)
				for i := range 1 << (8 - size) {
					t.short[at+i] = uint16(size)<<8 | uint16(symbols[n])
				}
			}
			code++
			n++
		}
		code <<= 1
	}
	return t, nil
}

// parseDHT reads the tables of a DHT segment into tables, by class (0 DC, 1 AC)
// and number.
func parseDHT(body []byte, tables *[2][4]*jpegHuffman) error {
	r := cutter{body}
	for len(r.data) > 0 {
		head := r.take(17)
		if head == nil {
			return errDHT
		}
		count := 0
		for _, n := range head[1:] {
			count += int(n)
		}
		symbols := r.take(count)
		class, number := head[0]>>4, head[0]&15
		if symbols == nil || count > 256 || class > 1 || number > 3 {
			return errDHT
		}
		if class == 0 {
			for _, s := range symbols {
				if s > 15 {
					return errDHT
				}
			}
		}
		t, err := newJPEGHuffman(head[1:], symbols)
		if err != nil {
			return err
		}
		tables[class][number] = t
	}
	return nil
}

var errDHT = jpeg.FormatError("a malformed Huffman table")
