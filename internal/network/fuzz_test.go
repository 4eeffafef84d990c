package network_test

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/answer"
	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/network"
	"bagnet/internal/testkit"
)

// layout is a checkpoint whose tensors a fuzzer may change.
type layout struct {
	names  []string
	shapes [][]int
}

// readLayout returns the layout of a checkpoint file.
func readLayout(f *testing.F, file string) layout {
	c, err := loader.Open(file)
	if err != nil {
		f.Fatal(err)
	}
	defer c.Close()
	l := layout{names: c.Names()}
	for _, n := range l.names {
		l.shapes = append(l.shapes, slices.Clone([]int(c.Tensor(n).Shape())))
	}
	return l
}

// edited returns the layout after some changes of four bytes each: what to do, to
// which tensor, along which axis, how much.
func (l layout) edited(edits []byte) layout {
	l.names = slices.Clone(l.names)
	l.shapes = slices.Clone(l.shapes)
	for ; len(edits) >= 4 && len(l.names) > 0; edits = edits[4:] {
		i := int(edits[1]) % len(l.names)
		shape := slices.Clone(l.shapes[i])
		axis, by := 0, int(edits[3])
		if len(shape) > 0 {
			axis = int(edits[2]) % len(shape)
		}
		switch edits[0] % 8 {
		case 0:
			l.names, l.shapes = slices.Delete(l.names, i, i+1), slices.Delete(l.shapes, i, i+1)
			continue
		case 1: // one axis of one tensor
			if len(shape) > 0 {
				shape[axis] = by
			}
		case 2:
			shape = append(shape, by%4)
		case 3:
			shape = shape[:max(0, len(shape)-1)]
		case 4: // another name, whose tensor there may be
			l.names[i] = l.names[by%len(l.names)]
		case 5: // a layer or a stage of another number
			if at := strings.IndexByte(l.names[i], '0'+edits[2]%10); at >= 0 {
				l.names[i] = l.names[i][:at] + strconv.Itoa(by) + l.names[i][at+1:]
			}
		case 6: // one width wherever it occurs
			if len(shape) > 0 && by > 0 {
				for j, old := range l.shapes {
					l.shapes[j] = slices.Clone(old)
					for a := range old {
						if old[a] == shape[axis] {
							l.shapes[j][a] = by
						}
					}
				}
			}
			continue
		case 7:
			l.names = append(l.names, l.names[i]+string(rune(by)))
			l.shapes = append(l.shapes, shape)
		}
		l.shapes[i] = shape
	}
	return l
}

// checkpoint writes and reads a file of that layout; nil if it cannot be one or
// is large. All values are 1.
func (l layout) checkpoint(t *testing.T, metadata map[string]string) *network.Network {
	var tensors []loader.Named
	values := 0
	for i, name := range l.names {
		n := 1
		for _, s := range l.shapes[i] {
			n *= s
		}
		if values += n; n == 0 || values > 1<<20 || len(l.shapes[i]) == 0 {
			return nil
		}
		x := tensor.New(tensor.WithShape(l.shapes[i]...), tensor.WithBacking(slices.Repeat([]float32{1}, n)))
		tensors = append(tensors, loader.Named{Name: name, Tensor: x, DType: "F32"})
	}
	var file bytes.Buffer
	if loader.WriteSafetensors(&file, tensors, metadata) != nil {
		return nil // two of one name
	}
	n, err := network.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), network.Options{Name: "fuzz", Threads: 1})
	testkit.CheckMessage(t, err)
	if err != nil {
		return nil
	}
	return n
}

// FuzzNetwork builds networks of checkpoints whose tensors are not those that
// they should be, and runs those that are accepted.
func FuzzNetwork(f *testing.F) {
	var files []string
	for _, of := range []string{"model", "convnet"} {
		found, err := filepath.Glob(filepath.Join("..", of, "testdata", "*.safetensors"))
		if err != nil || len(found) == 0 {
			f.Fatalf("no small networks of package %s: %v", of, err)
		}
		files = append(files, found...)
	}
	var layouts []layout
	for i, file := range files {
		layouts = append(layouts, readLayout(f, file))
		f.Add(uint8(i), "", []byte{})
		f.Add(uint8(i), "[1,2,2,2]", []byte{0, 7, 0, 0, 6, 3, 0, 9})
	}
	f.Fuzz(func(t *testing.T, file uint8, strides string, edits []byte) {
		said := map[string]string{}
		if strides != "" {
			said = map[string]string{"format": metadata.Format, "strides": strides}
		}
		n := layouts[int(file)%len(layouts)].edited(edits).checkpoint(t, said)
		if n == nil {
			return
		}
		a := n.Architecture()
		if len(n.Classes) != answer.Classes(a.Classes) || a.Classes < 1 || a.Parameters < 1 {
			t.Fatalf("%d names for %+v", len(n.Classes), a)
		}
		const side = 40
		img, err := inference.FromTensor(tensor.New(tensor.WithShape(side, side, 3), tensor.WithBacking(make([]float32, side*side*3))))
		if err != nil {
			t.Fatal(err)
		}
		logits, err := n.Classify(t.Context(), img)
		testkit.CheckMessage(t, err)
		if (err == nil) != (n.CheckSize(side, side) == nil) {
			t.Fatalf("CheckSize says %v, Classify %v", n.CheckSize(side, side), err)
		}
		if err == nil && (len(logits) != a.Classes || slices.ContainsFunc(logits, func(v float32) bool { return math.IsNaN(float64(v)) })) {
			t.Fatalf("logits %v of %+v", logits, a)
		}
	})
}
