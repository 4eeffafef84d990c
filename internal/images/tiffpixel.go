package images

import (
	"encoding/binary"
	"fmt"
)

// maxSamples is the most samples a pixel may have; PIL's limit too.
const maxSamples = 6

// photometrics that are not read, by the tag's value.
var photometrics = map[int]string{
	4: "a transparency mask", 6: "YCbCr colours", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours",
	32803: "a camera's raw data", 32844: "log-luminance", 32845: "log-luminance", 34892: "a camera's raw data",
	51177: "a depth map", 52527: "a mask",
}

// checkSamples finds out what a pixel is made of, of the kinds that PIL knows:
// grey of 1, 2, 4, 8, 12 or 16 bits, palettes of up to 8, RGB and CMYK of 8 or 16;
// besides one more sample, if that is alpha, for grey and palette, and any that
// make no more than six in all for colours.
func (t *tiffImage) checkSamples(bits, formats, extra tiffValues) error {
	for i := range formats.len() {
		switch v := formats.at(i); v {
		case 1:
		case 2:
			return notRead("samples with a sign")
		case 3:
			return notRead("floating-point samples")
		default:
			return notRead("sample format %d", v)
		}
	}
	if t.samples < 1 {
		return fmt.Errorf("the header says %d samples a pixel", t.samples)
	}
	if t.samples > maxSamples {
		return notRead("%d samples a pixel", t.samples)
	}
	t.bits = 1
	if bits.len() > 0 {
		t.bits = bits.at(0)
	}
	if n := bits.len(); n > 1 && n < t.samples {
		return fmt.Errorf("the header has the size of %d samples of %d", n, t.samples)
	}
	for i := range min(bits.len(), t.samples) {
		if bits.at(i) != t.bits {
			return notRead("samples of different sizes")
		}
	}
	firstExtra := 0
	if extra.len() > 0 {
		firstExtra = extra.at(0)
	}
	switch t.photometric {
	case whiteIsZero, blackIsZero, paletted:
		if t.samples > 2 || t.samples == 2 && firstExtra != alpha {
			return notRead("%d samples a pixel that are no colours", t.samples)
		}
		switch {
		case t.bits == 8:
		case t.bits == 16 && t.photometric != paletted:
		case t.samples == 1 && (t.bits == 1 || t.bits == 2 || t.bits == 4):
		case t.samples == 1 && t.bits == 12 && t.photometric != paletted:
		default:
			return notRead("samples of %s", bitCount(t.bits))
		}
	case inRGB, inCMYK:
		if need := t.colours(); t.samples < need {
			return fmt.Errorf("the header says %d samples a pixel, of %d colours", t.samples, need)
		}
		if t.bits != 8 && t.bits != 16 {
			return notRead("colours of %s", bitCount(t.bits))
		}
		t.premultiplied = t.photometric == inRGB && t.samples > 3 && firstExtra == associated
	default:
		name, ok := photometrics[t.photometric]
		if !ok {
			name = fmt.Sprintf("photometric interpretation %d", t.photometric)
		}
		return notRead("%s", name)
	}
	if t.isCCITT() && (t.bits != 1 || t.samples != 1) {
		return fmt.Errorf("samples of %s in CCITT compression, which has none but black and white", bitCount(t.bits))
	}
	return nil
}

func bitCount(n int) string {
	if n == 1 {
		return "1 bit"
	}
	return fmt.Sprintf("%d bits", n)
}

// colours returns how many samples of a pixel in colour are colours.
func (t *tiffImage) colours() int {
	if t.photometric == inCMYK {
		return 4
	}
	return 3
}

// makeTable makes the colours of grey levels or of a palette's indices, of which
// those that the palette lacks are PIL's grey ramp.
func (t *tiffImage) makeTable(colours tiffValues) {
	last := min(1<<t.bits, 256) - 1
	n := colours.len() / 3
	for i := range t.table {
		v := byte(min(i*255/last, 255))
		switch {
		case t.photometric == paletted && i < n:
			high := func(part int) byte { return byte(colours.at(i+part*n) >> 8) }
			t.table[i] = [4]byte{high(0), high(1), high(2), 0xff}
			continue
		case t.photometric == paletted:
			v = byte(i)
		case t.photometric == whiteIsZero:
			v = 255 - v
		}
		t.table[i] = [4]byte{v, v, v, 0xff}
	}
}

// writeRow writes a row of samples to dst, RGBA. Of samples of more than 8 bits
// it takes the high byte.
func (t *tiffImage) writeRow(dst, row []byte) {
	size := t.bits / 8
	step, high := t.samples*size, 0
	if t.bits == 16 && t.order == binary.LittleEndian {
		high = 1
	}
	for i := range len(dst) / 4 {
		d := dst[4*i : 4*i+4 : 4*i+4]
		switch {
		case t.photometric == inRGB:
			s := row[i*step+high : (i+1)*step]
			d[0], d[1], d[2], d[3] = s[0], s[size], s[2*size], 0xff
			if t.premultiplied {
				d[0], d[1], d[2] = straight(d[0], d[1], d[2], s[3*size])
			}
		case t.photometric == inCMYK:
			s := row[i*step+high : (i+1)*step]
			k := uint32(255 - s[3*size])
			d[0], d[1], d[2], d[3] = underBlack(s[0], k), underBlack(s[size], k), underBlack(s[2*size], k), 0xff
		case t.bits == 12:
			at := i * 12
			v := row[at/8] << (at % 8)
			if at%8 != 0 {
				v |= row[at/8+1] >> 4
			}
			copy(d, t.table[v][:])
		case t.bits < 8:
			at := i * t.bits
			v := row[at/8] >> (8 - t.bits - at%8) & (1<<t.bits - 1)
			copy(d, t.table[v][:])
		default:
			copy(d, t.table[row[i*step+high]][:])
		}
	}
}
