package engine

import (
	"context"
	"fmt"
	"math"
	"unsafe"
)

// A Shape is the geometry of a convolution. Padding is not part of it: it is a
// frame of zeros in the input Map.
type Shape struct {
	In, Out          int // channels
	Size             int // kernel height and width
	Stride, Dilation int // pixels
}

// Span returns how many input pixels one output pixel sees along each axis.
func (s Shape) Span() int { return (s.Size-1)*s.Dilation + 1 }

// OutputSize returns the output length of an input of n pixels along one axis,
// below 1 if the kernel does not fit.
func (s Shape) OutputSize(n int) int {
	if n < s.Span() {
		return 0
	}
	return (n-s.Span())/s.Stride + 1
}

// A Conv is a convolution packed for one kernel: weights in panels of the
// kernel's width, bias alike, and the choice of the kernel itself. A linear
// layer is a Conv of size 1. It is read-only and may be used concurrently.
type Conv struct {
	Shape
	ReLU   bool
	kernel *Kernel
	panels []float32 // [panel][ky][kx][in][nr], the last panel filled up with zeros
	bias   []float32 // [panel][nr]
}

// NewConv packs weights, [Out][In][Size][Size] as PyTorch stores them, and bias,
// [Out]. It keeps neither.
func NewConv(k *Kernel, s Shape, weights, bias []float32, relu bool) *Conv {
	if s.In < 1 || s.Out < 1 || s.Size < 1 || s.Stride < 1 || s.Dilation < 1 ||
		len(weights) != s.Out*s.In*s.Size*s.Size || len(bias) != s.Out {
		panic(fmt.Sprintf("engine: packing %+v with %d weights and %d biases", s, len(weights), len(bias)))
	}
	nr, area := k.nr, s.Size*s.Size
	n := (s.Out + nr - 1) / nr
	c := &Conv{Shape: s, ReLU: relu, kernel: k,
		panels: make([]float32, n*area*s.In*nr), bias: make([]float32, n*nr)}
	copy(c.bias, bias)
	for o := range s.Out {
		panel := c.panels[o/nr*area*s.In*nr:]
		for i := range s.In {
			src := weights[(o*s.In+i)*area:]
			for t := range area {
				panel[(t*s.In+i)*nr+o%nr] = src[t]
			}
		}
	}
	return c
}

// Run computes out = conv(in) + bias, plus residual if that is not nil, then
// ReLU if the Conv has one, on as many as threads CPUs. Output sizes may be
// smaller than the input allows: pixels at the bottom and right are then left
// uncomputed, which is the crop BagNets need. The residual may be out itself.
// The bits of the result do not depend on threads. The error is ctx's.
func (c *Conv) Run(ctx context.Context, threads int, in, out Map, residual *Map) error {
	c.checkViews(in, out, residual)
	p := c.plan(in, out, residual)
	return parallel(ctx, threads, p.pixelBlocks*p.panelBlocks, func() func(int) {
		t := tileRunner{plan: &p, edge: make([]float32, c.kernel.mr*c.kernel.nr)}
		t.init()
		return t.block
	})
}

func (c *Conv) checkViews(in, out Map, residual *Map) {
	in.check("input")
	out.check("output")
	if in.C != c.In || out.C != c.Out || out.H > c.OutputSize(in.H) || out.W > c.OutputSize(in.W) {
		panic(fmt.Sprintf("engine: convolving %+v: input %dx%dx%d, output %dx%dx%d", c.Shape, in.H, in.W, in.C, out.H, out.W, out.C))
	}
	if residual != nil {
		residual.check("residual")
		if residual.C != c.Out || residual.H < out.H || residual.W < out.W {
			panic(fmt.Sprintf("engine: residual %dx%dx%d for output %dx%dx%d", residual.H, residual.W, residual.C, out.H, out.W, out.C))
		}
	}
}

// A plan cuts one convolution over given views into independent blocks.
type plan struct {
	*Conv
	in, out, res Map
	hasRes       bool
	taps         []int // byte offsets from a tile's first pixel
	run          int   // floats in each tap's run
	rows, cols   int   // of the output as the kernel sees it: one long row if everything is compact
	tilesPerRow  int
	blockTiles   int // tiles of pixels in a block
	blockPanels  int // weight panels in a block
	pixelBlocks  int
	panelBlocks  int
}

// blockBytes is how much input a block reads again for every panel of weights:
// a share of the second-level cache (512 KB to 2 MB a core) that leaves room for
// the panel.
const blockBytes = 160 << 10

// blockChannels bounds the output channels of a block, so that layers of few
// pixels and many channels still make enough blocks for every CPU.
const blockChannels = 512

func (c *Conv) plan(in, out Map, residual *Map) plan {
	p := plan{Conv: c, in: in, out: out, rows: out.H, cols: out.W}
	compact := c.Size == 1 && c.Stride == 1 && in.W == out.W && in.Stride == in.W*in.C && out.Stride == out.W*out.C
	if residual != nil {
		p.res, p.hasRes = *residual, true
		compact = compact && residual.W == out.W && residual.Stride == residual.W*residual.C
	}
	if compact {
		p.rows, p.cols = 1, out.H*out.W
	}
	p.setTaps()
	mr, nr := c.kernel.mr, c.kernel.nr
	p.tilesPerRow = (p.cols + mr - 1) / mr
	tiles := p.rows * p.tilesPerRow
	panels := len(c.bias) / nr
	pixelBytes := 4 * c.In * min(c.Size, c.Stride) * c.Size
	p.blockTiles = min(tiles, max(1, blockBytes/(pixelBytes*mr)))
	p.blockPanels = min(panels, max(1, blockChannels/nr))
	p.pixelBlocks = (tiles + p.blockTiles - 1) / p.blockTiles
	p.panelBlocks = (panels + p.blockPanels - 1) / p.blockPanels
	return p
}

// setTaps lists the runs of consecutive floats that one output pixel is
// computed from: a whole kernel row where its pixels are neighbours, a single
// pixel otherwise. The order of the additions is the same either way.
func (p *plan) setTaps() {
	if p.Dilation == 1 {
		p.run = p.Size * p.In
		for y := range p.Size {
			p.taps = append(p.taps, 4*y*p.in.Stride)
		}
		return
	}
	p.run = p.In
	for y := range p.Size {
		for x := range p.Size {
			p.taps = append(p.taps, 4*(y*p.Dilation*p.in.Stride+x*p.Dilation*p.In))
		}
	}
}

// A tileRunner is one worker's view of a plan: its kernel operands and a
// scratch tile for the last, partly filled panel.
type tileRunner struct {
	*plan
	args args
	edge []float32 // [mr][nr]
}

func (t *tileRunner) init() {
	t.args = args{
		aStride: uintptr(4 * t.In * t.Stride),
		taps:    unsafe.Pointer(&t.taps[0]), nTaps: len(t.taps), k: t.run,
		lo: float32(math.Inf(-1)),
	}
	if t.ReLU {
		t.args.lo = 0
	}
}

// block computes one block: all its panels over all its tiles, panel by panel,
// so that a panel is read from memory once a block.
func (t *tileRunner) block(unit int) {
	firstTile := unit / t.panelBlocks * t.blockTiles
	lastTile := min(firstTile+t.blockTiles, t.rows*t.tilesPerRow)
	firstPanel := unit % t.panelBlocks * t.blockPanels
	lastPanel := min(firstPanel+t.blockPanels, len(t.bias)/t.kernel.nr)
	for panel := firstPanel; panel < lastPanel; panel++ {
		for tile := firstTile; tile < lastTile; tile++ {
			t.tile(tile, panel)
		}
	}
}

// tile computes one tile. The tiles of a row differ in width by at most a pixel.
func (t *tileRunner) tile(tile, panel int) {
	nr := t.kernel.nr
	y, i := tile/t.tilesPerRow, tile%t.tilesPerRow
	x := i * t.cols / t.tilesPerRow
	m := (i+1)*t.cols/t.tilesPerRow - x
	channel := panel * nr

	g := &t.args
	g.a = unsafe.Pointer(&t.in.Data[y*t.Stride*t.in.Stride+x*t.Stride*t.In])
	g.w = unsafe.Pointer(&t.panels[panel*t.Size*t.Size*t.In*nr])
	g.bias = unsafe.Pointer(&t.bias[channel])
	out := t.out.Data[y*t.out.Stride+x*t.Out+channel:]
	var res []float32
	if t.hasRes {
		res = t.res.Data[y*t.res.Stride+x*t.Out+channel:]
	}
	if valid := t.Out - channel; valid < nr {
		t.edgeTile(m, valid, out, res)
		return
	}
	g.c, g.cStride = unsafe.Pointer(&out[0]), uintptr(4*t.Out)
	if res != nil {
		g.res, g.rStride = unsafe.Pointer(&res[0]), uintptr(4*t.Out)
	}
	t.kernel.run(m, nr, g)
}

// edgeTile computes a tile of which only valid channels exist, through scratch.
func (t *tileRunner) edgeTile(m, valid int, out, res []float32) {
	g, nr := &t.args, t.kernel.nr
	g.c, g.cStride = unsafe.Pointer(&t.edge[0]), uintptr(4*nr)
	if res != nil {
		g.res, g.rStride = g.c, g.cStride
		for i := range m {
			copy(t.edge[i*nr:i*nr+valid], res[i*t.Out:])
		}
	}
	t.kernel.run(m, nr, g)
	for i := range m {
		copy(out[i*t.Out:i*t.Out+valid], t.edge[i*nr:])
	}
}
