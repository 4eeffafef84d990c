package engine

// blockLength bounds the chains of additions: a sum of more products is made of
// blocks, each summed from zero. Rounding errors grow with the length of a
// chain; every further block costs a kernel call, which reads and writes its
// tile once more. The bound is the same for every kernel, so that those with
// fused multiply-adds agree to the bit.
const blockLength = 512

// A block is the part of the sums that one kernel call adds up: the products of
// some runs of consecutive input floats, all of one length.
type block struct {
	offsets []int // of the runs, in bytes from the pixel under the window's first tap
	run     int   // floats in each run
	first   int   // products of the sum before this block's
}

// newBlocks returns the blocks that the sums of c consist of, in the order of the
// weights, over an input with the strides of in. Where the sums are cut depends
// on c's size and input channels alone: between rows of the window if a block
// holds one, else between pixels, else also inside of them. Neighbouring pixels
// of a row are one run where both are possible, which changes no sum.
func newBlocks(c *Conv, in view) []block {
	var blocks []block
	products := 0
	add := func(run int, offsets ...int) {
		blocks = append(blocks, block{offsets, run, products})
		products += run * len(offsets)
	}
	offset := func(pixel int) int {
		return 4 * c.Dilation * (pixel/c.taps.w*in.row + pixel%c.taps.w*in.pixel)
	}
	area := c.taps.h * c.taps.w
	if c.In > blockLength {
		const unroll = 4 // steps that kernels take at a time
		run := evenly(c.In, blockLength, unroll)
		for pixel := range area {
			for i := 0; i < c.In; i += run {
				add(min(run, c.In-i), offset(pixel)+4*i)
			}
		}
		return blocks
	}
	together, across := 1, 1 // pixels that are not parted, and those that are one run
	if c.taps.w*c.In <= blockLength {
		together = c.taps.w
		if c.Dilation == 1 && in.pixel == c.In {
			across = c.taps.w
		}
	}
	pixels := evenly(area, blockLength/c.In, together)
	for first := 0; first < area; first += pixels {
		var offsets []int
		for pixel := first; pixel < min(first+pixels, area); pixel += across {
			offsets = append(offsets, offset(pixel))
		}
		add(across*c.In, offsets...)
	}
	return blocks
}

// evenly returns the length of the parts, the last of which may be shorter, that
// n is cut into: a multiple of unit, limit at most, as few parts as possible
// and about as long as each other.
func evenly(n, limit, unit int) int {
	n, limit = (n+unit-1)/unit, limit/unit
	parts := (n + limit - 1) / limit
	return (n + parts - 1) / parts * unit
}
