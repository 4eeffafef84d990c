package images

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

// Tags and their values, TIFF 6.0.
const (
	tagWidth               = 0x0100
	tagHeight              = 0x0101
	tagBitsPerSample       = 0x0102
	tagCompression         = 0x0103
	tagPhotometric         = 0x0106
	tagFillOrder           = 0x010a
	tagStripOffsets        = 0x0111
	tagOrientation         = 0x0112
	tagSamplesPerPixel     = 0x0115
	tagRowsPerStrip        = 0x0116
	tagStripByteCounts     = 0x0117
	tagPlanarConfiguration = 0x011c
	tagT4Options           = 0x0124
	tagPredictor           = 0x013d
	tagColorMap            = 0x0140
	tagTileWidth           = 0x0142
	tagTileHeight          = 0x0143
	tagTileOffsets         = 0x0144
	tagTileByteCounts      = 0x0145
	tagExtraSamples        = 0x0152
	tagSampleFormat        = 0x0153

	whiteIsZero = 0
	blackIsZero = 1
	inRGB       = 2
	paletted    = 3
	inCMYK      = 5

	separate   = 2 // planes
	leastFirst = 2 // bits in a byte
	horizontal = 2 // predictor
	associated = 1 // extra sample: alpha that colours are multiplied with
	alpha      = 2 // extra sample
)

const (
	// maxTIFFRow bounds the memory for a row of samples, whatever a header says.
	maxTIFFRow = 64 << 20
	// maxTIFFPadding bounds the work for pixels of tiles that lie beside the
	// picture, unless it has as many itself.
	maxTIFFPadding = 64 << 20
)

// tiffImage is what the first directory says about its picture: blocks (strips
// or tiles), row by row, each with all samples of its pixels or, where planes are
// stored apart, one plane after the other.
type tiffImage struct {
	data          []byte
	order         binary.ByteOrder
	width, height int
	photometric   int
	samples, bits int // samples a pixel, bits a sample
	premultiplied bool
	planes        int // 1, or the samples where they are stored apart

	compression    int
	leastFirst     bool // bits are numbered from a byte's least significant one
	predicted      bool // samples are differences to those of the pixel before
	tiled          bool
	blockW, blockH int
	across, down   int // blocks of a plane
	offsets, sizes tiffValues

	table [256][4]byte // RGBA of a grey level or palette index
}

// decodeTIFF decodes the first picture of a TIFF or BigTIFF file. Files, strips
// and tiles are taken apart here, since golang.org/x/image/tiff knows neither bit
// order nor planes nor most kinds of samples, and reads some of it wrongly; the
// decompressors are its own.
//
// PIL takes no orientation given in bytes, so that one is left to the caller.
func decodeTIFF(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	dir, err := parseTIFFDir(data)
	if err != nil {
		return nil, 0, err
	}
	t, err := newTIFFImage(dir)
	if err != nil {
		return nil, 0, err
	}
	if err := check(t.width, t.height); err != nil {
		return nil, 0, err
	}
	if err := t.findBlocks(dir); err != nil {
		return nil, 0, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, t.width, t.height))
	for y := range t.down {
		for x := range t.across {
			if err := t.decodeBlock(out, x, y); err != nil {
				return nil, 0, err
			}
		}
	}
	o := dir.orientation()
	if kind := dir.entries[tagOrientation].kind; kind == tiffByte || kind == tiffUndefined {
		return out, o, nil
	}
	return orient(out, o), 1, nil
}

// tiffFields reads numbers from a directory until one of them cannot be read.
type tiffFields struct {
	dir *tiffDir
	err error
}

// all returns a tag's numbers.
func (f *tiffFields) all(tag uint16) tiffValues {
	v, err := f.dir.values(tag)
	if err != nil {
		f.err = err
	}
	return v
}

// first returns the first of a tag's numbers, or otherwise.
func (f *tiffFields) first(tag uint16, otherwise int) int {
	if v := f.all(tag); v.len() > 0 {
		return v.at(0)
	}
	return otherwise
}

// newTIFFImage reads what kind of picture it is. Kinds that are not read are
// errors that name them.
func newTIFFImage(dir *tiffDir) (*tiffImage, error) {
	f := &tiffFields{dir: dir}
	t := &tiffImage{
		data: dir.data, order: dir.order,
		width: f.first(tagWidth, 0), height: f.first(tagHeight, 0),
		photometric: f.first(tagPhotometric, whiteIsZero),
		compression: f.first(tagCompression, uncompressed),
		planes:      1,
	}
	bits := f.all(tagBitsPerSample)
	t.samples = f.first(tagSamplesPerPixel, max(bits.len(), 1))
	if t.samples > 1 && f.first(tagPlanarConfiguration, 1) == separate {
		t.planes = t.samples
	}
	order, predictor := f.first(tagFillOrder, 1), f.first(tagPredictor, 1)
	t.leastFirst = order == leastFirst
	t4 := f.first(tagT4Options, 0)
	formats, extra, colours := f.all(tagSampleFormat), f.all(tagExtraSamples), f.all(tagColorMap)
	if f.err != nil {
		return nil, f.err
	}
	if order != 1 && order != leastFirst {
		return nil, notRead("fill order %d", order)
	}
	if err := t.checkCompression(predictor, t4); err != nil {
		return nil, err
	}
	if err := t.checkSamples(bits, formats, extra); err != nil {
		return nil, err
	}
	// Only these two compressors have predictors, for libtiff too.
	t.predicted = predictor != 1 && (t.compression == lzwCompressed || t.isDeflate())
	if t.predicted && (predictor != horizontal || t.bits != 8 && t.bits != 16) {
		return nil, notRead("predictor %d for samples of %s", predictor, bitCount(t.bits))
	}
	t.makeTable(colours)
	return t, nil
}

// findBlocks reads how the picture is cut into blocks and where they are.
func (t *tiffImage) findBlocks(dir *tiffDir) error {
	f := &tiffFields{dir: dir}
	t.blockW, t.blockH = t.width, f.first(tagRowsPerStrip, t.height)
	t.offsets, t.sizes = f.all(tagStripOffsets), f.all(tagStripByteCounts)
	if w := f.first(tagTileWidth, 0); w > 0 {
		t.tiled, t.blockW, t.blockH = true, w, f.first(tagTileHeight, 0)
		// Tiles are multiples of 16 in size. Much smaller ones would be much
		// work for few bytes.
		if t.blockW < 8 || t.blockH < 8 {
			return fmt.Errorf("tiles of %dx%d pixels, which are multiples of 16 in TIFF", t.blockW, t.blockH)
		}
		if v := f.all(tagTileOffsets); v.len() > 0 {
			t.offsets, t.sizes = v, f.all(tagTileByteCounts)
		}
	} else if t.blockH <= 0 {
		t.blockH = t.height
	}
	if f.err != nil {
		return f.err
	}
	if t.blockW > maxTIFFRow || (t.blockW*t.samples*t.bits+7)/8 > maxTIFFRow {
		return fmt.Errorf("rows of %d pixels are more than is read", t.blockW)
	}
	t.across, t.down = (t.width-1)/t.blockW+1, (t.height-1)/t.blockH+1
	if padding := (t.across*t.blockW - t.width) * t.height; padding > max(maxTIFFPadding, t.width*t.height) {
		return fmt.Errorf("tiles of %dx%d pixels are too large for a picture of %dx%d", t.blockW, t.blockH, t.width, t.height)
	}
	if n := t.across * t.down * t.planes; t.offsets.len() < n {
		return fmt.Errorf("the header has the places of %d of the picture's %d %ss", t.offsets.len(), n, t.blockName())
	}
	return nil
}

func (t *tiffImage) blockName() string {
	if t.tiled {
		return "tile"
	}
	return "strip"
}

// decodeBlock writes the pixels of the block in column x and row y to out.
func (t *tiffImage) decodeBlock(out *image.NRGBA, x, y int) error {
	left, top := x*t.blockW, y*t.blockH
	w, h := min(t.blockW, t.width-left), min(t.blockH, t.height-top)
	row := make([]byte, (t.blockW*t.samples*t.bits+7)/8)
	part := row
	blocks := make([]*tiffBlock, t.planes)
	for i := range blocks {
		var err error
		if blocks[i], err = t.openBlock((i*t.down+y)*t.across + x); err != nil {
			return err
		}
	}
	if t.planes > 1 {
		part = make([]byte, t.blockW*t.bits/8)
	}
	for line := range h {
		for i, b := range blocks {
			if _, err := io.ReadFull(b, part); err != nil {
				return t.blockError(b, err)
			}
			if t.predicted {
				t.addDifferences(part, t.samples/t.planes)
			}
			if t.planes > 1 {
				interleave(row, part, i, t.planes, t.bits/8)
			}
		}
		at := out.PixOffset(left, top+line)
		t.writeRow(out.Pix[at:at+4*w], row)
	}
	for _, b := range blocks {
		if err := b.finish(); err != nil {
			return t.blockError(b, err)
		}
	}
	return nil
}

// interleave puts the samples of plane i of n, size bytes each, where they belong
// in a row of pixels.
func interleave(row, part []byte, i, n, size int) {
	for from, to := 0, i*size; from < len(part); from, to = from+size, to+n*size {
		copy(row[to:to+size], part[from:])
	}
}

// addDifferences undoes the horizontal predictor (TIFF 6.0, section 14) in a row
// of pixels of n samples.
func (t *tiffImage) addDifferences(row []byte, n int) {
	if t.bits == 8 {
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
		return
	}
	for i := 2 * n; i+1 < len(row); i += 2 {
		t.order.PutUint16(row[i:], t.order.Uint16(row[i:])+t.order.Uint16(row[i-2*n:]))
	}
}
