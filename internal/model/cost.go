package model

// MACs counts the multiply-adds that the reference network spends on an image
// of h x w pixels, whatever this program merges or leaves out: v1's two stem
// convolutions, the whole uncropped downsampling, and the classifier once.
func (c Config) MACs(h, w int) int64 {
	var total int64
	conv := func(h, w, in, out, size, stride, pad int) (int, int) {
		h, w = (h+2*pad-size)/stride+1, (w+2*pad-size)/stride+1
		total += int64(h) * int64(w) * int64(in) * int64(out) * int64(size*size)
		return h, w
	}
	pad := func(size int) int {
		if c.Family == "v2" {
			return size / 2
		}
		return 0
	}
	if c.Family == "v1" {
		h, w = conv(h, w, 3, c.StemWidth, 1, 1, 0)
		h, w = conv(h, w, c.StemWidth, c.StemWidth, 3, 1, 0)
	} else {
		h, w = conv(h, w, 3, c.StemWidth, 3, 1, 1)
	}
	in := c.StemWidth
	for stage, planes := range c.Planes {
		for n := range c.Depths[stage] {
			size, stride := c.Kernels[stage][n], c.blockStride(stage, n)
			if n == 0 {
				conv(h, w, in, c.Widths[stage], 1, stride, 0)
			}
			conv(h, w, in, planes, 1, 1, 0)
			h, w = conv(h, w, planes, planes, size, stride, pad(size))
			conv(h, w, planes, c.Widths[stage], 1, 1, 0)
			in = c.Widths[stage]
		}
	}
	return total + int64(in)*int64(c.Classes)
}
