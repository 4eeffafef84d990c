package images

// Tables of libjpeg's YCbCr to RGB conversion (jdcolor.c, build_ycc_rgb_table):
// 16-bit fixed point, full range, by chroma sample.
var redOfCr, greenOfCr, greenOfCb, blueOfCb = ycbcrTables()

func ycbcrTables() (rcr, gcr, gcb, bcb [256]int32) {
	const half = 1 << 15
	fix := func(x float64) int32 { return int32(x*(1<<16) + 0.5) }
	for i := range int32(256) {
		c := i - 128
		rcr[i] = (fix(1.40200)*c + half) >> 16
		bcb[i] = (fix(1.77200)*c + half) >> 16
		gcr[i] = -fix(0.71414) * c
		gcb[i] = -fix(0.34414)*c + half
	}
	return
}

// ycbcrRow writes opaque RGB pixels to dst, [len(luma)][4] bytes.
func ycbcrRow(dst, luma, cb, cr []byte) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, l := range luma {
		y, b, r := int32(l), cb[x], cr[x]
		d := dst[4*x : 4*x+4 : 4*x+4]
		d[0] = clamp(y + redOfCr[r])
		d[1] = clamp(y + (greenOfCb[b]+greenOfCr[r])>>16)
		d[2] = clamp(y + blueOfCb[b])
		d[3] = 0xff
	}
}

// rgbRow is ycbcrRow for components that are red, green and blue already.
func rgbRow(dst, red, green, blue []byte) {
	green, blue = green[:len(red)], blue[:len(red)]
	for x, r := range red {
		d := dst[4*x : 4*x+4 : 4*x+4]
		d[0], d[1], d[2], d[3] = r, green[x], blue[x], 0xff
	}
}

func clamp(v int32) byte { return byte(max(0, min(v, 255))) }
