package pdf

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"unicode/utf16"

	"golang.org/x/image/font/sfnt"
)

// units are those of UTF-16.
func units(r rune) []uint16 { return utf16.Encode([]rune{r}) }

// tag is the six letters before the name of a font of which only these glyphs are there.
func tag(glyphs []sfnt.GlyphIndex) string {
	h := fnv.New32a()
	for _, g := range glyphs {
		h.Write([]byte{byte(g >> 8), byte(g)})
	}
	sum, letters := h.Sum32(), make([]byte, 6)
	for i := range letters {
		letters[i] = 'A' + byte(sum%26)
		sum /= 26
	}
	return string(letters)
}

var (
	order       = binary.BigEndian
	errTrueType = errors.New("it is no whole TrueType font")
)

// kept are the tables that a TrueType font has in a PDF file.
var kept = []string{"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"}

// subset returns a TrueType font in which these glyphs, and those that they are put together
// from, alone have outlines. All keep their numbers.
func subset(font []byte, glyphs []sfnt.GlyphIndex) ([]byte, error) {
	tables, err := tablesOf(font)
	if err != nil {
		return nil, err
	}
	glyf, head, loca, maxp := tables["glyf"], tables["head"], tables["loca"], tables["maxp"]
	if len(glyf) == 0 || len(head) < 54 || len(maxp) < 6 {
		return nil, errTrueType
	}
	long, count := order.Uint16(head[50:]) == 1, int(order.Uint16(maxp[4:]))
	offset := func(i int) int {
		if long {
			return int(order.Uint32(loca[4*i:]))
		}
		return 2 * int(order.Uint16(loca[2*i:]))
	}
	if long && len(loca) < 4*(count+1) || !long && len(loca) < 2*(count+1) {
		return nil, errTrueType
	}
	outline := func(g int) ([]byte, error) {
		if g >= count || offset(g) > offset(g+1) || offset(g+1) > len(glyf) {
			return nil, errTrueType
		}
		return glyf[offset(g):offset(g+1)], nil
	}
	wanted := map[int]bool{0: true} // what stands for characters that are not there
	todo := []int{0}
	for _, g := range glyphs {
		todo = append(todo, int(g))
	}
	for len(todo) > 0 {
		g := todo[0]
		todo, wanted[g] = todo[1:], true
		data, err := outline(g)
		if err != nil {
			return nil, err
		}
		parts, err := components(data)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if !wanted[part] {
				todo = append(todo, part)
			}
		}
	}
	var outlines []byte
	places := order.AppendUint32(nil, 0)
	for g := range count {
		if wanted[g] {
			data, _ := outline(g)
			outlines = append(outlines, data...)
			for len(outlines)%4 != 0 {
				outlines = append(outlines, 0)
			}
		}
		places = order.AppendUint32(places, uint32(len(outlines)))
	}
	tables["glyf"], tables["loca"] = outlines, places
	tables["head"] = slices.Clone(head)
	order.PutUint16(tables["head"][50:], 1) // places are in 4 bytes each
	maps.DeleteFunc(tables, func(name string, _ []byte) bool { return !slices.Contains(kept, name) })
	return assemble(tables), nil
}

// tablesOf returns a font's tables by their names.
func tablesOf(font []byte) (map[string][]byte, error) {
	if len(font) < 12 {
		return nil, errTrueType
	}
	tables := map[string][]byte{}
	for i := range int(order.Uint16(font[4:])) {
		if len(font) < 12+16*(i+1) {
			return nil, errTrueType
		}
		entry := font[12+16*i:]
		from, length := int(order.Uint32(entry[8:])), int(order.Uint32(entry[12:]))
		if from+length > len(font) {
			return nil, errTrueType
		}
		tables[string(entry[:4])] = font[from : from+length]
	}
	return tables, nil
}

// components returns the glyphs that one is put together from; none if it is not.
func components(glyph []byte) ([]int, error) {
	if len(glyph) < 10 || int16(order.Uint16(glyph)) >= 0 {
		return nil, nil
	}
	const wordArguments, scale, more, twoScales, matrix = 1, 8, 0x20, 0x40, 0x80
	var parts []int
	for rest := glyph[10:]; ; {
		if len(rest) < 4 {
			return nil, errTrueType
		}
		flags := order.Uint16(rest)
		parts = append(parts, int(order.Uint16(rest[2:])))
		length := 6
		if flags&wordArguments != 0 {
			length += 2
		}
		switch {
		case flags&scale != 0:
			length += 2
		case flags&twoScales != 0:
			length += 4
		case flags&matrix != 0:
			length += 8
		}
		if flags&more == 0 {
			return parts, nil
		}
		if len(rest) < length {
			return nil, errTrueType
		}
		rest = rest[length:]
	}
}

// assemble makes a font file of tables.
func assemble(tables map[string][]byte) []byte {
	names := slices.Sorted(maps.Keys(tables))
	n := len(names)
	power, log := 1, 0
	for 2*power <= n {
		power, log = 2*power, log+1
	}
	out := order.AppendUint32(nil, 0x00010000)
	for _, v := range []int{n, 16 * power, log, 16 * (n - power)} {
		out = order.AppendUint16(out, uint16(v))
	}
	at := len(out) + 16*n
	var body []byte
	for _, name := range names {
		data := tables[name]
		out = append(out, name...)
		for _, v := range []uint32{checksum(data), uint32(at + len(body)), uint32(len(data))} {
			out = order.AppendUint32(out, v)
		}
		body = append(body, data...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	return append(out, body...)
}

// checksum is the sum of a table's words of 4 bytes.
func checksum(table []byte) uint32 {
	var sum uint32
	for i := 0; i < len(table); i += 4 {
		var word [4]byte
		copy(word[:], table[i:])
		sum += order.Uint32(word[:])
	}
	return sum
}
