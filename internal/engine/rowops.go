package engine

// rowOps are what is done to all floats of a row alike: the same bits whatever
// the backend. The slices have the length of dst.
type rowOps struct {
	larger         func(dst, src []float32)               // dst[i] = the larger of dst[i] and src[i]; NaN if one is
	add            func(dst, src []float32)               // dst[i] += src[i]
	scaleShiftReLU func(dst, src, scale, shift []float32) // dst[i] = max(0, src[i]*scale[i] + shift[i]), rounded twice; NaN passes
}

var genericRows = rowOps{largerGeneric, addGeneric, scaleShiftReLUGeneric}

func largerGeneric(dst, src []float32) {
	src = src[:len(dst)]
	for i, v := range src {
		if v > dst[i] || v != v {
			dst[i] = v
		}
	}
}

func addGeneric(dst, src []float32) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] += v
	}
}

func scaleShiftReLUGeneric(dst, src, scale, shift []float32) {
	src, scale, shift = src[:len(dst)], scale[:len(dst)], shift[:len(dst)]
	for i, v := range src {
		dst[i] = atLeast(0, float32(v*scale[i])+shift[i])
	}
}
