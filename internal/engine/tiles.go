package engine

import (
	"math"
	"unsafe"
)

// A tiler computes convolutions tile by tile. Every worker has its own.
type tiler struct {
	args    args
	edge    []float32 // a tile whose last channels do not exist
	sums    []float64 // of rows, for means
	largest []float32 // of a window, for maxima's indices

	transforms []float32 // what Winograd's filtering computes on
	windows    windows

	// Of the operation under way.
	residual view
	with     []view
	panels   share // to compute
	images   int   // that are computed together, as far apart as the views say
	row      view  // of a residual: a pixel of each image
}

// maxTile bounds the floats of any kernel's tile, noBias its channels.
const maxTile = 8 * 64

var noBias [64]float32

// conv computes out = conv(in) + bias, plus res if that is not nil, then ReLU
// if c has one, for rows [y0, y1), columns [0, w) and panels [p0, p1). The
// residual may be out itself. Tiles of all rows are computed panel by panel and
// block by block, so that weights are fetched once, and those of a block, which
// are read again for every tile, stay in the second-level cache.
func (t *tiler) conv(c *Conv, blocks []block, in, out view, res *view, w, y0, y1, p0, p1 int) {
	images := max(1, t.images)
	last := in // of the images
	last.base += (images - 1) * in.image
	last.check("input", y0*c.Stride-c.Pad, (y1-1)*c.Stride-c.Pad+c.taps.h*c.Dilation-c.Dilation+1, -c.Pad, (w-1)*c.Stride-c.Pad+c.taps.w*c.Dilation-c.Dilation+1, c.In)
	out.check("output", y0, y1, 0, w, c.Out)
	flat := c.taps == extent{1, 1} && c.Stride == 1 && c.Pad == 0 && in.contiguous(w) && out.contiguous(w)
	if res != nil {
		res.check("residual", y0, y1, 0, w, c.Out)
		flat = flat && res.contiguous(w)
	}
	s := strip{Conv: c, tiler: t, in: in, out: out, res: res, y0: y0, y1: y1, w: w, next: in.pixel * c.Stride, images: images}
	if flat { // one long row
		s.w, s.y1 = w*(y1-y0), y0+1
	}
	if s.w == 1 && s.y1 == y0+1 && s.images > 1 { // a pixel of each image: those are the row
		s.w, s.images, s.next, s.out.pixel = s.images, 1, in.image, out.image
		if res != nil {
			t.row = *res
			t.row.pixel = res.image
			s.res = &t.row
		}
	}
	t.args = args{aStride: uintptr(4 * s.next)}
	for p := p0; p < p1; p++ {
		for i := range blocks {
			s.block(&blocks[i], p, i == len(blocks)-1)
		}
	}
}

// A strip is some rows of one convolution.
type strip struct {
	*Conv
	*tiler
	in, out   view
	res       *view
	y0, y1, w int
	next      int // floats from one window to the next
	images    int
}

// block adds the products of one block for one panel of channels. The sums of
// earlier blocks, with bias and residual, wait in the output.
func (s *strip) block(b *block, panel int, last bool) {
	g, n := &s.args, s.panelWidth(panel)
	channel := panel * s.kernel.nr
	g.taps, g.nTaps, g.k = unsafe.Pointer(&b.offsets[0]), len(b.offsets), b.run
	g.w = unsafe.Pointer(&s.panel(panel)[b.first*n])
	g.lo = float32(math.Inf(-1))
	if s.ReLU && last {
		g.lo = 0
	}
	res := s.res
	g.bias = unsafe.Pointer(&s.bias[channel])
	if b.first > 0 {
		res, g.bias = &s.out, unsafe.Pointer(&noBias)
	}
	valid := min(n, s.Out-channel)
	tiles := (s.w + s.kernel.mr - 1) / s.kernel.mr
	rows := s.y1 - s.y0
	for i := range s.images * rows {
		image, y := i/rows, s.y0+i%rows
		in := s.in.at(y*s.Stride-s.Pad, -s.Pad) + image*s.in.image
		out := s.out.at(y, 0) + image*s.out.image + channel
		x := 0
		for tile := range tiles { // their widths differ by at most a pixel
			m := (s.w - x) / (tiles - tile)
			g.a = unsafe.Pointer(&s.in.data[in+x*s.next])
			c := s.out.data[out+x*s.out.pixel:]
			var r []float32
			if res != nil {
				r = res.data[res.at(y, x)+image*res.image+channel:]
			}
			if valid < n {
				s.edgeTile(m, n, valid, c, r, res)
			} else {
				g.c, g.cStride = unsafe.Pointer(&c[0]), uintptr(4*s.out.pixel)
				if res != nil {
					g.res, g.rStride = unsafe.Pointer(&r[0]), uintptr(4*res.pixel)
				}
				s.kernel.run(m, n, g)
			}
			x += m
		}
	}
	g.res = nil
}

// edgeTile computes a tile of n channels of which only the first valid exist.
func (s *strip) edgeTile(m, n, valid int, out, r []float32, res *view) {
	g := &s.args
	g.c, g.cStride = unsafe.Pointer(&s.edge[0]), uintptr(4*n)
	if res != nil {
		g.res, g.rStride = g.c, g.cStride
		for i := range m {
			copy(s.edge[i*n:i*n+valid], r[i*res.pixel:])
		}
	}
	s.kernel.run(m, n, g)
	for i := range m {
		copy(out[i*s.out.pixel:i*s.out.pixel+valid], s.edge[i*n:])
	}
}
