package loader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/nlpodyssey/safetensors"
	"gorgonia.org/tensor"

	"bagnet/internal/text"
)

// Named is a tensor to be written: float32, contiguous and row-major in memory,
// stored as DType, which is "F32", "F16" or "BF16".
type Named struct {
	Name   string
	Tensor *tensor.Dense
	DType  string
}

// WriteSafetensors writes the tensors and the metadata as a safetensors file.
// The bytes depend on the arguments only, not on their order: the header's keys
// are sorted and padded with spaces to 8 bytes, the data are sorted by the size
// of their type, descending, then by name. Values are rounded to nearest, ties
// to even. A value that is not finite, or would not be as F16 or BF16, is an
// error; nothing is written then.
func WriteSafetensors(w io.Writer, tensors []Named, metadata map[string]string) error {
	views := make(map[string]narrowed, len(tensors))
	for _, t := range tensors {
		if _, ok := views[t.Name]; ok || t.Name == "__metadata__" {
			return fmt.Errorf("writing safetensors: the name %s is taken", text.Quote(t.Name))
		}
		v, err := narrow(t)
		if err != nil {
			return fmt.Errorf("writing safetensors: tensor %s: %w", text.Quote(t.Name), err)
		}
		views[t.Name] = v
	}
	if err := safetensors.SerializeToWriter(views, metadata, w); err != nil {
		return fmt.Errorf("writing safetensors: %w", err)
	}
	return nil
}

// narrowed is a tensor's values as they are to be stored; it implements
// safetensors.View. Its bytes are made when they are asked for.
type narrowed struct {
	typ    safetensors.DType
	shape  []uint64
	values []float32
}

func narrow(t Named) (narrowed, error) {
	if t.Tensor == nil || t.Tensor.Dtype() != tensor.Float32 || t.Tensor.RequiresIterator() || !t.Tensor.DataOrder().IsRowMajor() {
		return narrowed{}, errors.New("it is not a contiguous row-major float32 tensor")
	}
	v := narrowed{shape: []uint64{}}
	switch t.DType {
	case "F32":
		v.typ = safetensors.F32
	case "F16":
		v.typ = safetensors.F16
	case "BF16":
		v.typ = safetensors.BF16
	default:
		return narrowed{}, fmt.Errorf("type %q cannot be written: use F32, F16 or BF16", t.DType)
	}
	for _, d := range t.Tensor.Shape() {
		v.shape = append(v.shape, uint64(d))
	}
	switch data := t.Tensor.Data().(type) {
	case []float32:
		v.values = data
	case float32:
		v.values = []float32{data}
	}
	if i := firstNonFinite(v.values); i >= 0 {
		return narrowed{}, fmt.Errorf("it holds %v at %v", v.values[i], position(i, t.Tensor.Shape()))
	}
	for i, x := range v.values {
		if v.typ == safetensors.F16 && toF16(x)&0x7c00 == 0x7c00 || v.typ == safetensors.BF16 && toBF16(x)&0x7f80 == 0x7f80 {
			return narrowed{}, fmt.Errorf("its value %v at %v is too large for %s: write it as F32", x, position(i, t.Tensor.Shape()), t.DType)
		}
	}
	return v, nil
}

// DType implements safetensors.View.
func (v narrowed) DType() safetensors.DType { return v.typ }

// Shape implements safetensors.View.
func (v narrowed) Shape() []uint64 { return v.shape }

// DataLen implements safetensors.View.
func (v narrowed) DataLen() uint64 { return uint64(len(v.values)) * v.typ.Size() }

// Data implements safetensors.View.
func (v narrowed) Data() []byte {
	b := make([]byte, 0, v.DataLen())
	for _, x := range v.values {
		switch v.typ {
		case safetensors.F32:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		case safetensors.F16:
			b = binary.LittleEndian.AppendUint16(b, toF16(x))
		case safetensors.BF16:
			b = binary.LittleEndian.AppendUint16(b, toBF16(x))
		}
	}
	return b
}
