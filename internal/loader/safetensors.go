package loader

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"bagnet/internal/text"
)

// maxHeader bounds a safetensors header, bytes: as many tensors as are allowed
// take less. The reference's limit is 100 MB.
const maxHeader = 16 << 20

// safetensorsTypes maps the floating-point types to their decoders; others are
// left out.
var safetensorsTypes = map[string]elementType{"F32": typeF32, "F16": typeF16, "BF16": typeBF16, "F64": typeF64}

// typeBits are the sizes of values. Of a type that is not here the offsets alone
// are checked.
var typeBits = map[string]uint64{"BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
	"F64": 64, "I64": 64, "U64": 64, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4}

// integerTypes are those of counters, which no network is made of.
var integerTypes = map[string]bool{"BOOL": true, "U8": true, "I8": true, "I16": true, "U16": true, "I32": true, "U32": true, "I64": true, "U64": true}

// An unreadable is a tensor of a type that cannot be read.
type unreadable struct {
	name, dtype string
	shape       []int
}

func (u unreadable) problem() error {
	return fmt.Errorf("tensor %s has type %.20q, which cannot be read: convert it to float32 (in PyTorch, tensor.float()) and save again", text.Quote(u.name), u.dtype)
}

// headerEntry is what the header has of a tensor.
type headerEntry struct {
	DType       string    `json:"dtype"`
	Shape       []uint64  `json:"shape"`
	DataOffsets [2]uint64 `json:"data_offsets"`
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
	raw := map[string]json.RawMessage{}
	tensors := map[string]*headerEntry{}
	metadata := map[string]string{}
	err := json.Unmarshal(header, &raw)
	for name, entry := range raw {
		if err != nil {
			break
		}
		if name == "__metadata__" {
			err = json.Unmarshal(entry, &metadata)
			continue
		}
		tensors[name] = &headerEntry{}
		if err = json.Unmarshal(entry, tensors[name]); err == nil && tensors[name].DType == "" {
			err = fmt.Errorf("tensor %s has no dtype", text.Quote(name))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("it is damaged: decoding its header: %s", oneLine(err.Error()))
	}
	infos, err := layOut(tensors, uint64(size)-8-n)
	if err != nil {
		return nil, err
	}
	c := newCheckpoint("safetensors")
	for k, v := range metadata {
		c.Metadata[k] = v
	}
	total := int64(0)
	for _, info := range infos {
		typ, isFloat := safetensorsTypes[info.DType]
		if !isFloat && info.count > 0 && !integerTypes[info.DType] {
			c.unread = append(c.unread, unreadable{info.name, info.DType, info.shape})
		}
		if !isFloat || info.count == 0 {
			continue
		}
		if total += info.count; total > maxElements {
			return nil, fmt.Errorf("tensor %s: %w", text.Quote(info.name), errElements)
		}
		at := 8 + int64(n) + int64(info.DataOffsets[0])
		var data []float32
		if info.DType == "F32" {
			data = floatsIn(r, at, info.count)
		}
		if data == nil {
			data = make([]float32, info.count)
			err := decode(data, typ, false, func(raw []byte) error {
				_, err := io.ReadFull(io.NewSectionReader(r, at, int64(len(raw))), raw)
				return cut(err)
			})
			if err != nil {
				return nil, fmt.Errorf("tensor %s: %w", text.Quote(info.name), err)
			}
		}
		if err := c.add(info.name, typ.name, info.shape, data); err != nil {
			return nil, err
		}
	}
	if len(c.names) == 0 && len(c.unread) > 0 {
		return nil, c.unread[0].problem()
	}
	if len(c.names) == 0 {
		return nil, errors.New("it holds no floating-point tensors")
	}
	return c, nil
}

// checkHeader makes sure that the header, which is decoded into maps, is one object of bounded size that has no key twice.
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
					return fmt.Errorf("it is damaged: its header has the key %s twice", text.Quote(key))
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
	*headerEntry
	name  string
	shape []int
	count int64 // values
}

// layOut returns the header's entries in the order of their data, after
// checking that each has as many bytes as its type and shape need and that
// together they cover the size bytes of data without gap or overlap.
func layOut(tensors map[string]*headerEntry, size uint64) ([]tensorInfo, error) {
	infos := make([]tensorInfo, 0, len(tensors))
	for name, t := range tensors {
		info := tensorInfo{headerEntry: t, name: name}
		if len(t.Shape) > maxRank {
			return nil, fmt.Errorf("tensor %s has %d dimensions, more than the %d allowed", text.Quote(name), len(t.Shape), maxRank)
		}
		for _, d := range t.Shape {
			if d > maxFile {
				return nil, fmt.Errorf("tensor %s has a dimension of %d, which the file cannot hold", text.Quote(name), d)
			}
			info.shape = append(info.shape, int(d))
		}
		n, ok := elements(info.shape, maxFile)
		begin, end := t.DataOffsets[0], t.DataOffsets[1]
		bits, sized := typeBits[t.DType]
		if !ok || begin > end || sized && (uint64(n)*bits%8 != 0 || end-begin != uint64(n)*bits/8) {
			return nil, fmt.Errorf("it is damaged: tensor %s of type %.20q and shape %v has the data offsets %v, which do not fit its size", text.Quote(name), t.DType, t.Shape, t.DataOffsets)
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
			return nil, fmt.Errorf("it is damaged: the data of tensor %s begin at byte %d instead of %d", text.Quote(info.name), info.DataOffsets[0], at)
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
