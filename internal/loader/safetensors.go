package loader

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/nlpodyssey/safetensors"
)

// maxHeader bounds a safetensors header, bytes: as many tensors as are allowed
// take less. The reference's limit is 100 MB.
const maxHeader = 16 << 20

// safetensorsTypes maps the floating-point types to their decoders; others are
// left out.
var safetensorsTypes = map[safetensors.DType]elementType{
	safetensors.F32:  typeF32,
	safetensors.F16:  typeF16,
	safetensors.BF16: typeBF16,
	safetensors.F64:  typeF64,
}

// readSafetensors reads the 64-bit length of the header, the header (JSON: name
// to dtype, shape and data_offsets) and the little-endian values that follow.
func readSafetensors(r io.ReaderAt, size int64) (*Checkpoint, error) {
	var length [8]byte
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), length[:]); err != nil {
		return nil, cut(err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	switch {
	case n > maxHeader:
		return nil, fmt.Errorf("its header claims %d bytes, more than the %d allowed", n, maxHeader)
	case n > uint64(size-8):
		return nil, errCut
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(r, 8, int64(n)), header); err != nil {
		return nil, cut(err)
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	var meta safetensors.Metadata
	if err := json.Unmarshal(header, &meta); err != nil {
		return nil, fmt.Errorf("it is damaged: decoding its header: %s", oneLine(err.Error()))
	}
	infos, err := layOut(meta.Tensors(), uint64(size)-8-n)
	if err != nil {
		return nil, err
	}
	c := newCheckpoint("safetensors")
	for k, v := range meta.Metadata() {
		c.Metadata[k] = v
	}
	total := int64(0)
	for _, info := range infos {
		typ, isFloat := safetensorsTypes[info.DType]
		if !isFloat || info.count == 0 {
			continue
		}
		if total += info.count; total > maxElements {
			return nil, fmt.Errorf("tensor %s: %w", quote(info.name), errElements)
		}
		at := 8 + int64(n) + int64(info.DataOffsets[0])
		var data []float32
		if info.DType == safetensors.F32 {
			data = floatsIn(r, at, info.count)
		}
		if data == nil {
			data = make([]float32, info.count)
			err := decode(data, typ, false, func(raw []byte) error {
				_, err := io.ReadFull(io.NewSectionReader(r, at, int64(len(raw))), raw)
				return cut(err)
			})
			if err != nil {
				return nil, fmt.Errorf("tensor %s: %w", quote(info.name), err)
			}
		}
		if err := c.add(info.name, typ.name, info.shape, data); err != nil {
			return nil, err
		}
	}
	if len(c.names) == 0 {
		return nil, errors.New("it holds no floating-point tensors")
	}
	return c, nil
}

// checkHeader makes sure that the header, which the safetensors library decodes
// into maps, is one object of bounded size that has no key twice.
func checkHeader(header []byte) error {
	const (
		maxTokens = 1 << 21
		maxDepth  = 3
	)
	if !json.Valid(header) {
		return errors.New("it is damaged: its header is not valid JSON: fetch it again")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	var keys []map[string]bool // of the objects around the token; nil for arrays
	isKey := false
	for tokens := 0; ; tokens++ {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it is damaged: decoding its header: %s", oneLine(err.Error()))
		}
		if tokens == 0 && t != json.Delim('{') {
			return errors.New("it is damaged: its header is not a JSON object")
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			var object map[string]bool
			if t == json.Delim('{') {
				object = map[string]bool{}
			}
			keys = append(keys, object)
		case json.Delim('}'), json.Delim(']'):
			keys = keys[:len(keys)-1]
		default:
			if isKey {
				key := t.(string)
				if keys[len(keys)-1][key] {
					return fmt.Errorf("it is damaged: its header has the key %s twice", quote(key))
				}
				keys[len(keys)-1][key] = true
				if len(keys[len(keys)-1]) > maxTensors {
					return fmt.Errorf("it holds more than %d tensors or entries of metadata", maxTensors)
				}
				isKey = false
				continue
			}
		}
		if len(keys) > maxDepth || tokens > maxTokens {
			return errors.New("its header is too complex for weights")
		}
		isKey = len(keys) > 0 && keys[len(keys)-1] != nil
	}
}

// tensorInfo is a checked header entry.
type tensorInfo struct {
	*safetensors.TensorInfo
	name  string
	shape []int
	count int64 // values
}

// layOut returns the header's entries in the order of their data, after
// checking that each has as many bytes as its type and shape need and that
// together they cover the size bytes of data without gap or overlap.
func layOut(tensors map[string]*safetensors.TensorInfo, size uint64) ([]tensorInfo, error) {
	infos := make([]tensorInfo, 0, len(tensors))
	for name, t := range tensors {
		info := tensorInfo{TensorInfo: t, name: name}
		if len(t.Shape) > maxRank {
			return nil, fmt.Errorf("tensor %s has %d dimensions, more than the %d allowed", quote(name), len(t.Shape), maxRank)
		}
		for _, d := range t.Shape {
			if d > maxFile {
				return nil, fmt.Errorf("tensor %s has a dimension of %d, which the file cannot hold", quote(name), d)
			}
			info.shape = append(info.shape, int(d))
		}
		n, ok := elements(info.shape, maxFile)
		begin, end := t.DataOffsets[0], t.DataOffsets[1]
		if !ok || begin > end || end-begin != uint64(n)*t.DType.Size() {
			return nil, fmt.Errorf("it is damaged: tensor %s of type %v and shape %v has the data offsets %v, which do not fit its size", quote(name), t.DType, t.Shape, t.DataOffsets)
		}
		info.count = n
		infos = append(infos, info)
	}
	sort.Slice(infos, func(i, j int) bool {
		a, b := infos[i], infos[j]
		if a.DataOffsets != b.DataOffsets {
			return a.DataOffsets[0] < b.DataOffsets[0] || a.DataOffsets[0] == b.DataOffsets[0] && a.DataOffsets[1] < b.DataOffsets[1]
		}
		return a.name < b.name
	})
	at := uint64(0)
	for _, info := range infos {
		if info.DataOffsets[0] != at {
			return nil, fmt.Errorf("it is damaged: the data of tensor %s begin at byte %d instead of %d", quote(info.name), info.DataOffsets[0], at)
		}
		at = info.DataOffsets[1]
	}
	switch {
	case at > size:
		return nil, fmt.Errorf("it is cut short: it has %d bytes of the %d that its tensors take: fetch it again", size, at)
	case at < size:
		return nil, fmt.Errorf("it is damaged: it has %d bytes of data where its tensors take %d", size, at)
	}
	return infos, nil
}
