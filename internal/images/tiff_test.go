package images

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// tags are the entries of a directory: kind of values (1 BYTE, 3 SHORT, 4 LONG),
// then the values.
type tags map[uint16][]int

// with returns the tags with some others, or without those that are nil there.
func (t tags) with(others tags) tags {
	all := maps.Clone(t)
	maps.Copy(all, others)
	maps.DeleteFunc(all, func(_ uint16, v []int) bool { return v == nil })
	return all
}

// tiffOf returns a TIFF file whose pixels begin at byte 8.
func tiffOf(order binary.AppendByteOrder, pixels []byte, t tags) []byte {
	data := append([]byte("II*\x00\x00\x00\x00\x00"), pixels...)
	if order == binary.AppendByteOrder(binary.BigEndian) {
		copy(data, "MM\x00*")
	}
	sizes := map[int]int{1: 1, 3: 2, 4: 4}
	var values []byte
	ifd := order.AppendUint16(nil, uint16(len(t)))
	after := len(data) + 2 + 12*len(t) + 4
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		kind, numbers := t[tag][0], t[tag][1:]
		var v []byte
		for _, n := range numbers {
			switch sizes[kind] {
			case 1:
				v = append(v, byte(n))
			case 2:
				v = order.AppendUint16(v, uint16(n))
			default:
				v = order.AppendUint32(v, uint32(n))
			}
		}
		ifd = order.AppendUint16(ifd, tag)
		ifd = order.AppendUint16(ifd, uint16(kind))
		ifd = order.AppendUint32(ifd, uint32(len(numbers)))
		if len(v) > 4 {
			ifd = order.AppendUint32(ifd, uint32(after+len(values)))
			values = append(values, v...)
		} else {
			ifd = append(ifd, append(v, 0, 0, 0, 0)[:4]...)
		}
	}
	copy(data[4:], order.AppendUint32(nil, uint32(len(data))))
	return append(append(append(data, ifd...), 0, 0, 0, 0), values...)
}

// rgbTags are those of 2 x 2 pixels in RGB.
var rgbTags = tags{
	tagWidth: {3, 2}, tagHeight: {3, 2}, tagBitsPerSample: {3, 8, 8, 8}, tagCompression: {3, 1}, tagPhotometric: {3, 2},
	tagStripOffsets: {4, 8}, tagSamplesPerPixel: {3, 3}, tagRowsPerStrip: {3, 2}, tagStripByteCounts: {4, 12},
}

// sixteen are bytes enough for 2 x 2 pixels of four samples.
var sixteen = []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

// pixelsOf decodes an RGB picture to its samples.
func pixelsOf(t *testing.T, data []byte) (pixels []byte) {
	t.Helper()
	img, err := Decode(data, DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(img.Pix); i += 4 {
		pixels = append(pixels, img.Pix[i:i+3]...)
	}
	return pixels
}

func TestTIFFOfTags(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		if got := pixelsOf(t, tiffOf(order, sixteen, rgbTags)); !bytes.Equal(got, sixteen[:12]) {
			t.Errorf("got %v", got)
		}
	}
	// What x/image reads and PIL does not: it counts sizes instead.
	if got := pixelsOf(t, tiffOf(binary.LittleEndian, sixteen, rgbTags.with(tags{tagSamplesPerPixel: nil}))); !bytes.Equal(got, sixteen[:12]) {
		t.Errorf("without a number of samples: %v", got)
	}
}

// What is not read is named for what it is, with a way out, and not called
// damaged, cut or no image.
func TestTIFFRefused(t *testing.T) {
	for want, with := range map[string]tags{
		"zstd":                        {tagCompression: {3, 50000}},
		"LZMA":                        {tagCompression: {3, 34925}},
		"WebP":                        {tagCompression: {3, 50001}},
		"by JPEG":                     {tagCompression: {3, 7}},
		"old-style JPEG":              {tagCompression: {3, 6}},
		"number 12345":                {tagCompression: {3, 12345}},
		"two-dimensional CCITT":       {tagCompression: {3, 3}, tagT4Options: {4, 1}},
		"Lab":                         {tagPhotometric: {3, 8}},
		"YCbCr":                       {tagPhotometric: {3, 6}},
		"photometric interpretation":  {tagPhotometric: {3, 77}},
		"floating-point":              {tagSampleFormat: {3, 3, 3, 3}},
		"with a sign":                 {tagSampleFormat: {3, 2}},
		"sample format 4":             {tagSampleFormat: {3, 4}},
		"colours of 32 bits":          {tagBitsPerSample: {3, 32, 32, 32}},
		"colours of 4 bits":           {tagBitsPerSample: {3, 4, 4, 4}},
		"samples of 32 bits":          {tagPhotometric: {3, 1}, tagSamplesPerPixel: {3, 1}, tagBitsPerSample: {3, 32}},
		"samples of 16 bits":          {tagPhotometric: {3, 3}, tagSamplesPerPixel: {3, 1}, tagBitsPerSample: {3, 16}},
		"different sizes":             {tagBitsPerSample: {3, 5, 6, 5}},
		"7 samples":                   {tagSamplesPerPixel: {3, 7}, tagBitsPerSample: {3, 8}},
		"5 samples":                   {tagPhotometric: {3, 1}, tagSamplesPerPixel: {3, 5}, tagBitsPerSample: {3, 8}},
		"2 samples":                   {tagPhotometric: {3, 1}, tagSamplesPerPixel: {3, 2}, tagExtraSamples: {3, 1}},
		"fill order 3":                {tagFillOrder: {3, 3}},
		"predictor 3":                 {tagCompression: {3, 8}, tagPredictor: {3, 3}},
		"predictor 2 for samples of ": {tagPhotometric: {3, 1}, tagSamplesPerPixel: {3, 1}, tagBitsPerSample: {3, 4}, tagCompression: {3, 5}, tagPredictor: {3, 2}},
	} {
		_, err := Decode(tiffOf(binary.LittleEndian, sixteen, rgbTags.with(with)), DecodeOptions{})
		if err == nil {
			t.Errorf("%s: read", want)
			continue
		}
		s := err.Error()
		if !strings.HasPrefix(s, "TIFF: ") || !strings.Contains(s, want) || !strings.HasSuffix(s, "cannot be read; convert the file to an 8-bit RGB PNG") {
			t.Errorf("%s: %q", want, s)
		}
	}
}

// Headers that contradict themselves or the file are errors that say in what.
func TestTIFFHeaderErrors(t *testing.T) {
	const huge = 1<<32 - 1
	for _, c := range []struct {
		want string
		with tags
	}{
		{"nothing to decode", tags{tagWidth: nil}},
		{"limit of", tags{tagWidth: {4, huge}, tagHeight: {4, huge}}},
		{"2 of the picture's 3 strips", tags{tagHeight: {3, 3}, tagRowsPerStrip: {3, 1}, tagStripOffsets: {4, 8, 8}}},
		{"0 of the picture's 1 strips", tags{tagStripOffsets: nil}},
		{"1 of the picture's 3 strips", tags{tagPlanarConfiguration: {3, 2}}},
		{"tiles of 4x16", tags{tagTileWidth: {3, 4}, tagTileHeight: {3, 16}}},
		{"tiles of 1048576x16 pixels are too large for a picture of 8x100", tags{tagWidth: {3, 8}, tagHeight: {3, 100}, tagTileWidth: {4, 1 << 20}, tagTileHeight: {3, 16}}},
		{"truncated", tags{tagWidth: {3, 8}, tagHeight: {3, 20}, tagTileWidth: {4, 1 << 20}, tagTileHeight: {4, huge}}},
		{"rows of 4294967295 pixels", tags{tagTileWidth: {4, huge}, tagTileHeight: {3, 16}}},
		{"rows of 23000000 pixels", tags{tagWidth: {4, 23e6}, tagHeight: {3, 1}}},
		{"truncated", tags{tagStripOffsets: {4, huge}}},
		{"truncated", tags{tagStripOffsets: {4, 1 << 20}}},
		{"truncated", tags{tagHeight: {4, 1000}, tagRowsPerStrip: nil}},
		{"strip 1 of the picture is left out", tags{tagStripOffsets: {4, 0}}},
		{"0 samples", tags{tagSamplesPerPixel: {3, 0}}},
		{"2 samples a pixel, of 3", tags{tagSamplesPerPixel: {3, 2}}},
		{"3 samples a pixel, of 4", tags{tagPhotometric: {3, 5}}},
		{"the size of 2 samples of 3", tags{tagBitsPerSample: {3, 8, 8}}},
		{"CCITT", tags{tagCompression: {3, 4}}},
		{"strip 1 of the picture ends before", tags{tagCompression: {3, 32773}, tagStripByteCounts: {4, 3}}},
		{"truncated", tags{tagCompression: {3, 32773}, tagStripByteCounts: {4, 1000}, tagStripOffsets: {4, 20}, tagHeight: {3, 200}, tagRowsPerStrip: nil}},
		{"strip 1 of the picture: zlib", tags{tagCompression: {3, 8}}},
	} {
		_, err := Decode(tiffOf(binary.BigEndian, sixteen, rgbTags.with(c.with)), DecodeOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	none := []byte("II*\x00\x00\x00\x00\x00")
	if _, err := Decode(none, DecodeOptions{}); err == nil || !strings.Contains(err.Error(), "no picture") {
		t.Errorf("without a directory: %v", err)
	}
}

// BigTIFF has counts and offsets of 64 bits, none of which may be believed.
func TestBigTIFFNumbers(t *testing.T) {
	whole := readFile(t, "decode", "big_little_endian.tif")
	at := int(binary.LittleEndian.Uint64(whole[8:]))
	for _, field := range []int{8, at, at + 8 + 4, at + 8 + 12, at + 8 + 2*20 + 4, at + 8 + 5*20 + 4, at + 8 + 5*20 + 12} {
		for _, v := range []uint64{1<<64 - 1, 1 << 63, 1<<63 - 1, 1 << 62, 1 << 33, uint64(len(whole) - 1)} {
			data := bytes.Clone(whole)
			binary.LittleEndian.PutUint64(data[field:], v)
			if img, err := Decode(data, DecodeOptions{}); err != nil && strings.Contains(err.Error(), "damaged") || (img == nil) == (err == nil) {
				t.Errorf("%d at byte %d: %v", v, field, err)
			}
		}
	}
	binary.LittleEndian.PutUint64(whole[at+8+5*20+4:], 1<<62) // strip offsets, of 4 bytes each
	if _, err := Decode(whole, DecodeOptions{}); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("2^62 strips: %v", err)
	}
}

// A wrong checksum is told, though all pixels are there; a missing one is not.
func TestTIFFChecksum(t *testing.T) {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(sixteen[:12])
	w.Close()
	deflated := rgbTags.with(tags{tagCompression: {3, 8}, tagStripByteCounts: {4, z.Len()}})
	data := tiffOf(binary.LittleEndian, z.Bytes(), deflated)
	if got := pixelsOf(t, data); !bytes.Equal(got, sixteen[:12]) {
		t.Errorf("got %v", got)
	}
	data[8+z.Len()-1] ^= 1
	if _, err := Decode(data, DecodeOptions{}); err == nil || !strings.Contains(err.Error(), "strip 1 of the picture: zlib: invalid checksum") {
		t.Errorf("wrong checksum: %v", err)
	}
	data = tiffOf(binary.LittleEndian, z.Bytes()[:z.Len()-4], deflated.with(tags{tagStripByteCounts: {4, z.Len() - 4}}))
	if got := pixelsOf(t, data); !bytes.Equal(got, sixteen[:12]) {
		t.Errorf("without a checksum: %v", got)
	}
}

// Thousands of strips that share a megabyte of deflated nothing, before a row of
// pixels, are no work.
func TestTIFFSharedBytes(t *testing.T) {
	const rows = 20000
	nothing := append([]byte{0x78, 0x9c}, bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 200000)...)
	nothing = append(nothing, append([]byte{1, 6, 0, 0xf9, 0xff}, sixteen[:6]...)...)
	offsets, sizes := []int{4}, []int{4}
	for range rows {
		offsets, sizes = append(offsets, 8), append(sizes, len(nothing))
	}
	data := tiffOf(binary.LittleEndian, nothing, rgbTags.with(tags{
		tagHeight: {4, rows}, tagRowsPerStrip: {3, 1}, tagCompression: {3, 8}, tagStripOffsets: offsets, tagStripByteCounts: sizes,
	}))
	start := time.Now()
	_, err := Decode(data, DecodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "ends before") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

// An orientation counts in whole numbers of any size; in bytes only with
// AutoOrient where PIL would not take it.
func TestOrientationKinds(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, c := range []struct {
			entry []int
			want  int
		}{
			{[]int{3, 6}, 6}, {[]int{4, 6}, 6}, {[]int{1, 6}, 6}, {[]int{3, 8, 1}, 8}, {[]int{4, 5, 1}, 5},
			{[]int{3, 0}, 1}, {[]int{3, 9}, 1}, {[]int{4, 65536 + 6}, 1}, {[]int{3}, 1}, {nil, 1},
		} {
			exif := tiffOf(order, nil, tags{}.with(tags{tagOrientation: c.entry}))
			if got := exifOrientation(exif); got != c.want {
				t.Errorf("%v: %d, want %d", c.entry, got, c.want)
			}
			cut := exif[:len(exif)-3] // of a directory that is cut short, what is there counts
			if got := exifOrientation(cut); len(c.entry) == 2 && got != c.want {
				t.Errorf("%v, cut: %d, want %d", c.entry, got, c.want)
			}
		}
	}
	if exifOrientation(nil) != 1 || exifOrientation([]byte("not a TIFF header")) != 1 {
		t.Error("an orientation of nothing")
	}
	high := rgbTags.with(tags{tagWidth: {3, 1}, tagHeight: {3, 4}, tagRowsPerStrip: nil})
	for kind, turned := range map[int][2]bool{1: {false, true}, 3: {true, true}, 4: {true, true}} {
		for i, auto := range []bool{false, true} {
			img, err := Decode(tiffOf(binary.LittleEndian, sixteen, high.with(tags{tagOrientation: {kind, 6}})), DecodeOptions{AutoOrient: auto})
			if err != nil {
				t.Fatal(err)
			}
			if got := img.Rect == image.Rect(0, 0, 4, 1); got != turned[i] {
				t.Errorf("kind %d, AutoOrient %v: turned %v", kind, auto, got)
			}
		}
	}
}

func TestPackBits(t *testing.T) {
	packed := []byte{0x80, 2, 1, 2, 3, 0x80, 0xfd, 4, 0x80, 4, 5, 6, 7, 8, 9, 0, 0}
	want := []byte{1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9}
	data := tiffOf(binary.LittleEndian, packed, rgbTags.with(tags{tagCompression: {3, 32773}, tagStripByteCounts: {4, len(packed)}}))
	if got := pixelsOf(t, data); !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// ccittFile returns a TIFF file of 8 x 2 pixels whose codes are bits.
func ccittFile(compression int, bits string) []byte {
	bits = strings.ReplaceAll(bits, " ", "")
	pixels := make([]byte, (len(bits)+7)/8)
	for i, b := range bits {
		pixels[i/8] |= byte(b-'0') << (7 - i%8)
	}
	return tiffOf(binary.LittleEndian, pixels, tags{
		tagWidth: {3, 8}, tagHeight: {3, 2}, tagCompression: {3, compression}, tagPhotometric: {3, 1}, tagStripOffsets: {4, 8},
		tagStripByteCounts: {4, len(pixels)},
	})
}

func TestCCITTRows(t *testing.T) {
	const (
		eol         = "000000000001"
		white0      = "00110101"
		white3      = "1000"
		white8      = "10011"
		white64     = "11011"
		black5      = "0011"
		black8      = "000101"
		unknownCode = "0000000001"
	)
	for _, c := range []struct {
		bits string
		want string // of an error, or the two rows
	}{
		{eol + white3 + black5 + eol + white8 + eol, "00011111 00000000"},
		{white3 + black5 + white0 + black8, "00011111 11111111"},
		{"0000" + eol + white3 + black5 + "000" + eol + eol + white8, "00011111 00000000"},
		{white3 + black5 + white64 + eol + white8, "no CCITT code"},
		{white3 + eol + black5 + white8, "no CCITT code"},
		{white3 + black5 + white3 + unknownCode + "1111", "no CCITT code"},
		{white64 + white0 + white8, "longer than its row"},
		{white3 + black8 + white8, "longer than its row"},
		{white3 + black5 + white3, "ends before"},
	} {
		img, err := Decode(ccittFile(3, c.bits), DecodeOptions{})
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.bits, err, c.want)
			}
			continue
		}
		var got strings.Builder
		for i := 0; i < len(img.Pix); i += 4 {
			if i == 4*8 {
				got.WriteByte(' ')
			}
			got.WriteByte('0' + img.Pix[i]&1)
		}
		if got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.bits, got.String(), c.want)
		}
	}
}
