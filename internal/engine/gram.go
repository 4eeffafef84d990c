package engine

import (
	"math"
	"unsafe"
)

// gramRows are the positions whose products are added up in float32; beyond, it is float64.
const gramRows = 128

// Gram adds to g, [channels][channels] and symmetric, the products of channels of f, [positions][channels]
// row-major, added up over positions: F^T F. It takes gramRows positions at a time, the
// transposed ones for pixels and the others for weights, so that kernel k's tiles compute
// it; room is memory that it can use, kept for the next call.
func (k *Kernel) Gram(f []float32, channels int, g []float64, room *[]float32) {
	if len(f)%channels != 0 || len(g) != channels*channels {
		panic("engine: features and Gram matrix differ in size")
	}
	width := (channels + k.lanes - 1) / k.lanes * k.lanes // filled up with zeros
	grow(room, (channels+width)*gramRows+maxTile)
	pixels, rest := (*room)[:channels*gramRows], (*room)[channels*gramRows:]
	weights, tile := rest[:width*gramRows], rest[width*gramRows:]
	tap := 0
	for len(f) > 0 {
		rows := min(gramRows, len(f)/channels)
		for p := range rows {
			for c, v := range f[p*channels:][:channels] {
				pixels[c*gramRows+p] = v
			}
		}
		for j := 0; j < width; j += k.nr {
			n := min(k.nr, width-j)
			panel := weights[:rows*n]
			for p := range rows {
				clear(panel[p*n+copy(panel[p*n:][:n], f[p*channels:][j:channels]) : (p+1)*n])
			}
			a := args{aStride: 4 * gramRows, w: unsafe.Pointer(&panel[0]), c: unsafe.Pointer(&tile[0]), cStride: uintptr(4 * n), bias: unsafe.Pointer(&noBias),
				taps: unsafe.Pointer(&tap), nTaps: 1, k: rows, lo: float32(math.Inf(-1))}
			for i := 0; i < min(channels, j+n); i += k.mr { // what lies below is the mirror image
				m := min(k.mr, channels-i)
				a.a = unsafe.Pointer(&pixels[i*gramRows])
				k.run(m, n, &a)
				for y := range m {
					row := g[(i+y)*channels+j:]
					for x, v := range tile[y*n:][:min(n, channels-j)] {
						row[x] += float64(v)
					}
				}
			}
		}
		f = f[rows*channels:]
	}
	for y := range channels {
		for x := range y {
			g[y*channels+x] = g[x*channels+y]
		}
	}
}
