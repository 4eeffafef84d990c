package images

// upsampler gives the full-width rows of one subsampled JPEG component as
// libjpeg-turbo's default ("fancy") upsampling does, jdsample.c: a triangle
// filter for ratios 2x1, 1x2 and 2x2, repetition for all others. Not for
// concurrent use.
type upsampler struct {
	plane  []byte // [height][stride] samples
	stride int
	width  int // samples of a row and rows that lie within the picture:
	height int // beyond them the filter sees the last one repeated
	hr, vr int // pixels per sample, horizontally and vertically
	out    []byte
	sums   []int32 // vertically filtered samples, scaled by 4
}

// newUpsampler reads plane, whose samples each cover hr x vr pixels of a w x h
// picture. The plane must not change while the upsampler is in use.
func newUpsampler(plane []byte, stride, w, h, hr, vr int) *upsampler {
	u := &upsampler{plane: plane, stride: stride, width: (w + hr - 1) / hr, height: (h + vr - 1) / vr, hr: hr, vr: vr}
	u.out = make([]byte, u.width*hr)
	u.sums = make([]int32, u.width)
	return u
}

// row returns the samples of the picture's row y, at least the picture's width
// of them; they are valid until the next call.
func (u *upsampler) row(y int) []byte {
	src := u.line(y / u.vr)
	// libjpeg filters in two directions, or horizontally, only if a row has
	// more than two samples.
	wide := u.width > 2
	switch {
	case u.hr == 1 && u.vr == 1:
		return src
	case u.hr == 2 && u.vr == 1 && wide:
		u.h2v1(src)
	case u.hr == 1 && u.vr == 2:
		u.h1v2(src, u.neighbour(y), y%2)
	case u.hr == 2 && u.vr == 2 && wide:
		u.h2v2(src, u.neighbour(y))
	default:
		for i, o := 0, 0; i < len(src); i++ {
			for range u.hr {
				u.out[o] = src[i]
				o++
			}
		}
	}
	return u.out
}

func (u *upsampler) line(i int) []byte {
	i = max(0, min(i, u.height-1))
	return u.plane[i*u.stride:][:u.width]
}

// neighbour returns the second nearest line of samples to the picture's row y.
func (u *upsampler) neighbour(y int) []byte { return u.line(y/2 - 1 + y%2*2) }

// h2v1 weighs 3/4 and 1/4, rounding down and up in turn.
func (u *upsampler) h2v1(src []byte) {
	out, n := u.out[:2*len(src)], len(src)
	out[0] = src[0]
	out[1] = byte((3*uint32(src[0]) + uint32(src[1]) + 2) >> 2)
	for i := 1; i < n-1; i++ {
		v := 3 * uint32(src[i])
		out[2*i] = byte((v + uint32(src[i-1]) + 1) >> 2)
		out[2*i+1] = byte((v + uint32(src[i+1]) + 2) >> 2)
	}
	out[2*n-2] = byte((3*uint32(src[n-1]) + uint32(src[n-2]) + 1) >> 2)
	out[2*n-1] = src[n-1]
}

func (u *upsampler) h1v2(near, far []byte, lower int) {
	bias := uint32(1 + lower)
	for i, v := range near {
		u.out[i] = byte((3*uint32(v) + uint32(far[i]) + bias) >> 2)
	}
}

// h2v2 weighs 9, 3, 3 and 1 sixteenths.
func (u *upsampler) h2v2(near, far []byte) {
	n := len(near)
	out, s := u.out[:2*n], u.sums[:n]
	far = far[:n]
	for i, v := range near {
		s[i] = 3*int32(v) + int32(far[i])
	}
	out[0] = byte((s[0]*4 + 8) >> 4)
	out[1] = byte((s[0]*3 + s[1] + 7) >> 4)
	for i := 1; i < n-1; i++ {
		v := 3 * s[i]
		out[2*i] = byte((v + s[i-1] + 8) >> 4)
		out[2*i+1] = byte((v + s[i+1] + 7) >> 4)
	}
	out[2*n-2] = byte((s[n-1]*3 + s[n-2] + 8) >> 4)
	out[2*n-1] = byte((s[n-1]*4 + 7) >> 4)
}
