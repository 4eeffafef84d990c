package loader

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

// kind is what a storage type's values are good for.
type kind uint8

const (
	float   kind = iota // weights
	integer             // counters and masks, left out
	exotic              // complex and quantised values, refused
)

// elementType is the type of stored values.
type elementType struct {
	name string // as in safetensors for floats
	size int64  // bytes
	kind kind
}

var (
	typeF32  = elementType{"F32", 4, float}
	typeF16  = elementType{"F16", 2, float}
	typeBF16 = elementType{"BF16", 2, float}
	typeF64  = elementType{"F64", 8, float}
)

// littleEndian reports whether this machine's byte order is that of the files.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// bytesOf returns the memory of data, 4 bytes a value.
func bytesOf(data []float32) []byte {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&data[0])), 4*len(data))
}

// decode reads len(dst) values of a floating-point type t through read, which
// fills a buffer with their little-endian bytes (big-endian if swapped). Values
// of type F32 are read straight into dst's memory.
func decode(dst []float32, t elementType, swapped bool, read func([]byte) error) error {
	raw := bytesOf(dst)
	if t.size != 4 {
		raw = make([]byte, int64(len(dst))*t.size)
	}
	if err := read(raw); err != nil {
		return err
	}
	if swapped {
		for i := int64(0); i < int64(len(raw)); i += t.size {
			slices.Reverse(raw[i : i+t.size])
		}
	}
	switch t {
	case typeF32:
		if littleEndian {
			return nil
		}
		for i := range dst { // in place: each value is read before it is overwritten
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case typeF16:
		raw = raw[:2*len(dst)]
		for i := range dst {
			dst[i] = fromF16(binary.LittleEndian.Uint16(raw[2*i : 2*i+2]))
		}
	case typeBF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		}
	case typeF64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	}
	return nil
}

// fromF16 returns the value of an IEEE 754 binary16: a sign, 5 bits of exponent
// biased by 15, 10 bits of fraction.
func fromF16(h uint16) float32 {
	sign, abs := uint32(h&0x8000)<<16, uint32(h&0x7fff)<<13
	if abs >= 0x1f<<23 { // infinity or NaN
		return math.Float32frombits(sign | 0xff<<23 | abs)
	}
	// Read as a float32, whose exponent is biased by 127, it is 2^112 times too small.
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(abs)*0x1p112))
}

// toF16 returns the binary16 nearest to v, ties to even. From 65520 on, halfway
// between the largest binary16 and the next power of two, that is infinity.
func toF16(v float32) uint16 {
	b := math.Float32bits(v)
	sign, abs := uint16(b>>16&0x8000), b&0x7fffffff
	switch {
	case abs > 0x7f800000: // NaN
		return sign | 0x7e00
	case abs >= 0x477ff000: // 65520
		return sign | 0x7c00
	case abs < 0x38800000: // below 2^-14: subnormal, a multiple of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(abs))*0x1p24))
	}
	// Rebias the exponent and round away the lower 13 bits; a carry out of the
	// fraction rightly raises the exponent.
	return sign | uint16((abs-(127-15)<<23+0xfff+abs>>13&1)>>13)
}

// toBF16 returns the upper half of v, a float32, rounded to nearest, ties to
// even.
func toBF16(v float32) uint16 {
	b := math.Float32bits(v)
	if b&0x7fffffff > 0x7f800000 { // NaN must not round to infinity
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
