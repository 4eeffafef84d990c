package loader

import (
	"fmt"
	"math/bits"

	"bagnet/internal/text"
)

// Limits on how many values tensors may have in all, given those stored.
const (
	maxOverlap = 4
	maxStretch = 1 << 24
)

var errElements = fmt.Errorf("with it the file holds more than the %d values allowed", maxElements)

// viewer turns views of storages into float32 values. Each storage is read
// once; contiguous views share its memory.
type viewer struct {
	swapped bool                                // the file's values are big-endian
	read    func(st *storage, dst []byte) error // fills dst with a storage's bytes
	inPlace func(st *storage) []float32         // float32 values that need not be read; nil where they must
	decoded map[*storage][]float32
	stored  int64 // values in the storages read
	copied  int64 // values copied out of them, for strided views
	viewed  int64 // values in all tensors
}

// values returns the values of t in row-major order, after checking that all of
// them lie in t's storage.
func (v *viewer) values(t *tensorRef) ([]float32, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	n, _ := elements(t.shape, maxElements)
	if n == 0 {
		return nil, nil
	}
	src, err := v.storage(t.view.storage)
	if err != nil {
		return nil, err
	}
	// Strides of zero, and many views of one storage, may stretch a few stored
	// values to any number.
	if v.viewed += n; v.viewed > maxOverlap*v.stored+maxStretch {
		return nil, t.stretched()
	}
	src = src[t.view.offset+t.offset:]
	if contiguous(t) {
		return src[:n:n], nil
	}
	v.copied += n
	if err := v.checkHeld(); err != nil {
		return nil, err
	}
	dst := make([]float32, n)
	gather(dst, src, t.shape, t.strides)
	return dst, nil
}

// storage returns all values of a storage.
func (v *viewer) storage(st *storage) ([]float32, error) {
	if data, ok := v.decoded[st]; ok {
		return data, nil
	}
	if st.numel > maxElements {
		return nil, errElements
	}
	v.stored += st.numel
	if err := v.checkHeld(); err != nil {
		return nil, err
	}
	var data []float32
	if v.inPlace != nil && st.typ == typeF32 && !v.swapped {
		data = v.inPlace(st)
	}
	if data == nil {
		data = make([]float32, st.numel)
		err := decode(data, st.typ, v.swapped, func(raw []byte) error { return v.read(st, raw) })
		if err != nil {
			return nil, fmt.Errorf("reading its values (storage %s): %w", text.Quote(st.key), err)
		}
	}
	if v.decoded == nil {
		v.decoded = map[*storage][]float32{}
	}
	v.decoded[st] = data
	return data, nil
}

func (v *viewer) checkHeld() error {
	if v.stored+v.copied > maxElements {
		return errElements
	}
	return nil
}

// lastIndex returns the index, in its storage view, of the value of t that lies
// farthest from the start, or false if it overflows. t must not be empty.
func lastIndex(t *tensorRef) (int64, bool) {
	last := uint64(t.offset)
	for i, d := range t.shape {
		hi, lo := bits.Mul64(uint64(d-1), uint64(t.strides[i]))
		sum, carry := bits.Add64(last, lo, 0)
		if hi != 0 || carry != 0 || sum>>63 != 0 {
			return 0, false
		}
		last = sum
	}
	return int64(last), true
}

// contiguous reports whether t's values lie one after the other, row-major.
func contiguous(t *tensorRef) bool {
	want := int64(1)
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.strides[i] != want {
			return false
		}
		want *= int64(t.shape[i])
	}
	return true
}

// gather copies the strided values in src to dst, row-major, and returns the
// rest of dst.
func gather(dst, src []float32, shape []int, strides []int64) []float32 {
	if len(shape) == 0 {
		dst[0] = src[0]
		return dst[1:]
	}
	if len(shape) == 1 {
		for i := range dst[:shape[0]] {
			dst[i] = src[int64(i)*strides[0]]
		}
		return dst[shape[0]:]
	}
	for i := range shape[0] {
		dst = gather(dst, src[int64(i)*strides[0]:], shape[1:], strides[1:])
	}
	return dst
}
