package images

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// tiffDir is the first directory of a TIFF or BigTIFF structure, which EXIF data
// are too. Of a tag that stands in it twice, the last one counts, as for PIL.
type tiffDir struct {
	data    []byte // the whole structure: offsets count from its start
	order   binary.ByteOrder
	entries map[uint16]tiffEntry
}

type tiffEntry struct {
	kind  uint16 // of the values, TIFF 6.0 section 2
	count uint64
	field []byte // 4 bytes, in BigTIFF 8: the values, or their offset
}

// tiffValues are the whole numbers of one entry, read one by one: what a header
// says of their count allocates nothing.
type tiffValues struct {
	raw   []byte
	size  int // bytes a value; 0 where there are none
	order binary.ByteOrder
}

const (
	tiffByte      = 1
	tiffUndefined = 7
)

// tiffSizes are the sizes in bytes of the kinds of values that are whole numbers;
// 16 to 18 are BigTIFF's.
var tiffSizes = map[uint16]int{tiffByte: 1, 3: 2, 4: 4, 6: 1, tiffUndefined: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}

// parseTIFFDir reads the first directory. At io.ErrUnexpectedEOF it has found
// those entries that are there; it is never nil.
//
// Which of TIFF's two magic numbers, 42 and 43, follows the byte order in which
// of the two orders is as PIL takes it: 42 either way round, 43 rightly.
func parseTIFFDir(data []byte) (*tiffDir, error) {
	d := &tiffDir{data: data, order: binary.LittleEndian, entries: make(map[uint16]tiffEntry)}
	if len(data) < 8 {
		return d, io.ErrUnexpectedEOF
	}
	big := false
	switch string(data[:4]) {
	case "II*\x00", "II\x00*":
	case "MM\x00*", "MM*\x00":
		d.order = binary.BigEndian
	case "II+\x00":
		big = true
	case "MM\x00+":
		big, d.order = true, binary.BigEndian
	default:
		return d, errors.New("no TIFF header")
	}
	at, head, size := uint64(d.order.Uint32(data[4:])), 2, 12
	if big {
		if len(data) < 16 {
			return d, io.ErrUnexpectedEOF
		}
		at, head, size = d.order.Uint64(data[8:]), 8, 20
	}
	if at == 0 {
		return d, errors.New("no picture in the file")
	}
	if at > uint64(len(data)) || uint64(len(data))-at < uint64(head) {
		return d, io.ErrUnexpectedEOF
	}
	rest := data[at:]
	count := uint64(d.order.Uint16(rest))
	if big {
		count = d.order.Uint64(rest)
	}
	for rest = rest[head:]; count > 0; count, rest = count-1, rest[size:] {
		if len(rest) < size {
			return d, io.ErrUnexpectedEOF
		}
		e := tiffEntry{kind: d.order.Uint16(rest[2:]), count: uint64(d.order.Uint32(rest[4:])), field: rest[8:size]}
		if big {
			e.count, e.field = d.order.Uint64(rest[4:]), rest[12:size]
		}
		d.entries[d.order.Uint16(rest)] = e
	}
	return d, nil
}

// values returns the numbers of a tag, none if it is not there or holds no whole
// numbers, and io.ErrUnexpectedEOF if the data end before they do.
func (d *tiffDir) values(tag uint16) (tiffValues, error) {
	e := d.entries[tag]
	v := tiffValues{size: tiffSizes[e.kind], order: d.order}
	if v.size == 0 || e.count == 0 {
		return tiffValues{}, nil
	}
	if e.count > uint64(len(d.data)) {
		return tiffValues{}, io.ErrUnexpectedEOF
	}
	n := e.count * uint64(v.size)
	if n <= uint64(len(e.field)) {
		v.raw = e.field[:n]
		return v, nil
	}
	at := uint64(d.order.Uint32(e.field))
	if len(e.field) == 8 {
		at = d.order.Uint64(e.field)
	}
	if at > uint64(len(d.data)) || n > uint64(len(d.data))-at {
		return tiffValues{}, io.ErrUnexpectedEOF
	}
	v.raw = d.data[at : at+n]
	return v, nil
}

func (v tiffValues) len() int {
	if v.size == 0 {
		return 0
	}
	return len(v.raw) / v.size
}

// at returns value i, at most math.MaxInt.
func (v tiffValues) at(i int) int {
	switch b := v.raw[i*v.size:]; v.size {
	case 1:
		return int(b[0])
	case 2:
		return int(v.order.Uint16(b))
	case 4:
		return int(min(uint64(v.order.Uint32(b)), math.MaxInt))
	default:
		return int(min(v.order.Uint64(b), math.MaxInt))
	}
}
