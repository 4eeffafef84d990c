package engine

// rowOps are what is done to all floats of a row alike: the same bits whatever
// the backend. The slices have the length of dst.
type rowOps struct {
	larger         func(dst, src []float32)               // dst[i] = the larger of dst[i] and src[i]; NaN if one is
	add            func(dst, src []float32)               // dst[i] += src[i]
	scaleShiftReLU func(dst, src, scale, shift []float32) // dst[i] = max(0, src[i]*scale[i] + shift[i]), rounded twice; NaN passes

	// Those of gradients.
	largerAt  func(dst, index, src []float32, at float32) // where src[i] is larger than dst[i], or NaN: dst[i] = src[i], index[i] = at
	addWhere  func(dst, src, index []float32, at float32) // where index[i] == at: dst[i] += src[i]
	gate      func(dst, x, grad []float32)                // dst[i] = grad[i] where x[i] > 0, else 0
	scaleGate func(dst, x, grad, scale, shift []float32)  // dst[i] = grad[i]*scale[i] where x[i]*scale[i] + shift[i] > 0, else 0
}

var genericRows = rowOps{largerGeneric, addGeneric, scaleShiftReLUGeneric, largerAtGeneric, addWhereGeneric, gateGeneric, scaleGateGeneric}

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

func largerAtGeneric(dst, index, src []float32, at float32) {
	index, src = index[:len(dst)], src[:len(dst)]
	for i, v := range src {
		if v > dst[i] || v != v {
			dst[i], index[i] = v, at
		}
	}
}

func addWhereGeneric(dst, src, index []float32, at float32) {
	src, index = src[:len(dst)], index[:len(dst)]
	for i, v := range src {
		if index[i] == at {
			dst[i] += v
		}
	}
}

func gateGeneric(dst, x, grad []float32) {
	x, grad = x[:len(dst)], grad[:len(dst)]
	for i, v := range x {
		if v > 0 {
			dst[i] = grad[i]
		} else {
			dst[i] = 0
		}
	}
}

func scaleGateGeneric(dst, x, grad, scale, shift []float32) {
	x, grad, scale, shift = x[:len(dst)], grad[:len(dst)], scale[:len(dst)], shift[:len(dst)]
	for i, v := range x {
		if float32(v*scale[i])+shift[i] > 0 {
			dst[i] = grad[i] * scale[i]
		} else {
			dst[i] = 0
		}
	}
}
