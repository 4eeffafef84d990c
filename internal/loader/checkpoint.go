// Package loader turns weights files and label lists into checked Gorgonia
// tensors and class lists. It knows no architecture: names and shapes are
// handed on as the file has them.
//
// Nothing in a file is trusted: sizes are compared with the file before
// anything is allocated, no code named by a file is ever run, and whatever is
// wrong comes back as a one-line error.
package loader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime/debug"
	"strings"

	"gorgonia.org/tensor"

	"bagnet/internal/text"
)

// Limits on what is read from one file. The largest BagNet has 18.3 million
// parameters, a checkpoint that also holds an optimizer's state three to four
// times that; a VGG-19 has 143.7 million.
const (
	maxFile     = 8 << 30 // bytes
	maxTensors  = 1 << 16
	maxElements = 1 << 28 // float32 values held at once: 1 GiB
	maxRank     = 8
)

// errPanic marks errors that stem from a panic in this package rather than
// from a check, which is a bug; tests look for it.
var errPanic = errors.New("unexpected content")

// A Checkpoint holds the floating-point tensors of a weights file. It is safe
// for concurrent use, as it does not change after it has been read.
type Checkpoint struct {
	// Format is "safetensors", "torch zip" or "torch legacy".
	Format string
	// Metadata is the __metadata__ of a safetensors file. For torch files it
	// has the plain entries beside the state dict: strings, numbers and
	// booleans as text, lists of strings (such as "classes") as JSON arrays.
	Metadata map[string]string

	names   []string
	tensors map[string]*tensor.Dense
	dtypes  map[string]string
	unread  []unreadable // tensors whose types cannot be read
	mapped  []byte       // what tensors may lie in; nil if they have memory of their own
	shards  []*Checkpoint

	dicts []*Dict // those to choose from, until one is
	whole error   // that the file has a whole pickled model; nil if it has none
}

// Names returns the tensors' names in the file's order. The caller owns the
// slice.
func (c *Checkpoint) Names() []string { return append([]string(nil), c.names...) }

// Tensor returns the named tensor, or nil if there is none: float32,
// contiguous, row-major, of the shape it is stored with. The caller must not
// modify it: tensors that share storage in the file share it here.
func (c *Checkpoint) Tensor(name string) *tensor.Dense { return c.tensors[name] }

// DType returns the type in which the named tensor is stored: "F32", "F16",
// "BF16" or "F64"; "" if there is no such tensor.
func (c *Checkpoint) DType(name string) string { return c.dtypes[name] }

// Open reads the weights file at path: safetensors, or torch.save's zip or
// legacy format. The float32 tensors of all but the last are mapped, not copied,
// where the system can: the file must not be written to until Close. One that is
// cut short meanwhile makes access to them fault. Of several dicts of tensors in
// the file, it reads the one called as training scripts do.
func Open(path string) (*Checkpoint, error) { return OpenSelected(path, nil) }

// OpenSelected does what Open does, but reads what choose selects.
func OpenSelected(path string, choose Select) (*Checkpoint, error) {
	parts, places, err := allParts(path)
	if err != nil {
		return nil, fmt.Errorf("opening checkpoint %q: %w", path, err)
	}
	if len(parts) > 1 || places != nil {
		return openShards(path, parts, places, choose)
	}
	return openFile(parts[0], choose)
}

func openFile(path string, choose Select) (*Checkpoint, error) {
	// Stat before opening: opening a named pipe would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	switch {
	case info.IsDir():
		return nil, fmt.Errorf("opening checkpoint %q: it is a directory; name the weights file in it", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("opening checkpoint %q: it is not a regular file; save the weights to a file first", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close()
	mapped := mapWeights(f, info.Size())
	if mapped == nil {
		return ReadSelected(path, f, info.Size(), choose)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // should the file be cut short now
	c, err := ReadSelected(path, newMappedFile(mapped), info.Size(), choose)
	if err != nil {
		unmap(mapped)
		return nil, err
	}
	c.mapped = mapped
	return c, nil
}

// Close gives back the memory of the tensors, which must not be used any more.
func (c *Checkpoint) Close() {
	if c.mapped != nil {
		unmap(c.mapped)
	}
	for _, shard := range c.shards {
		shard.Close()
	}
	c.mapped, c.shards, c.tensors = nil, nil, nil
}

func openError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("opening checkpoint %q: %w", path, err)
}

// Read reads the weights file of size bytes behind r; name is for messages
// only. Only the tensors' own bytes stay in memory, r may be closed afterwards.
func Read(name string, r io.ReaderAt, size int64) (*Checkpoint, error) {
	return ReadSelected(name, r, size, nil)
}

// ReadSelected does what Read does, but reads what choose selects.
func ReadSelected(name string, r io.ReaderAt, size int64, choose Select) (c *Checkpoint, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // see debug.SetPanicOnFault
			err = errors.New("memory fault: was the file cut short meanwhile?")
		default:
			err = fmt.Errorf("%w: %s", errPanic, oneLine(fmt.Sprint(p)))
		}
		if err != nil {
			c, err = nil, fmt.Errorf("reading checkpoint %q: %w", name, err)
		}
	}()
	if size > maxFile {
		return nil, fmt.Errorf("it has %d bytes, more than the %d allowed for weights", size, int64(maxFile))
	}
	read, err := sniff(r, size)
	if err != nil {
		return nil, err
	}
	if c, err = read(r, size); err != nil {
		return nil, err
	}
	return c, c.choose(choose)
}

func newCheckpoint(format string) *Checkpoint {
	return &Checkpoint{
		Format:   format,
		Metadata: map[string]string{},
		tensors:  map[string]*tensor.Dense{},
		dtypes:   map[string]string{},
	}
}

// add keeps a tensor of the given shape, whose values are data in row-major
// order, after checking that they are finite. It takes over data.
func (c *Checkpoint) add(name, dtype string, shape []int, data []float32) error {
	if c.tensors[name] != nil {
		return fmt.Errorf("it holds tensor %s twice", text.Quote(name))
	}
	if i := firstNonFinite(data); i >= 0 {
		return fmt.Errorf("tensor %s holds %v at %v, which is no weight: the training diverged, the file is damaged, or the value does not fit float32",
			text.Quote(name), data[i], position(i, shape))
	}
	var t *tensor.Dense
	if len(shape) == 0 {
		t = tensor.New(tensor.FromScalar(data[0]))
	} else {
		t = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
	}
	c.names = append(c.names, name)
	c.tensors[name] = t
	c.dtypes[name] = dtype
	return nil
}

// firstNonFinite returns the index of the first infinity or NaN, or -1.
func firstNonFinite(data []float32) int {
	const block = 256
	for start := 0; start < len(data); start += block {
		values := data[start:min(start+block, len(data))]
		if len(values) == block && allFinite(bytesOf(values)) {
			continue
		}
		for i, v := range values {
			if math.Float32bits(v)&^(1<<31) >= 0xff<<23 {
				return start + i
			}
		}
	}
	return -1
}

// allFinite reports whether float32 values, a multiple of eight of them, are
// finite. It adds to their exponents: all ones carry into the sign's place.
func allFinite(b []byte) bool {
	const signs, ones = 1<<63 | 1<<31, 1<<55 | 1<<23 // of two values
	carry := uint64(0)
	for ; len(b) >= 32; b = b[32:] {
		carry |= binary.NativeEndian.Uint64(b)&^signs + ones
		carry |= binary.NativeEndian.Uint64(b[8:])&^signs + ones
		carry |= binary.NativeEndian.Uint64(b[16:])&^signs + ones
		carry |= binary.NativeEndian.Uint64(b[24:])&^signs + ones
	}
	return carry&signs == 0
}

// position returns the multi-dimensional index of the i-th value of a
// row-major tensor.
func position(i int, shape []int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return at
}

// elements returns the product of shape, or false if a dimension is negative
// or the product exceeds limit.
func elements(shape []int, limit int64) (int64, bool) {
	n := int64(1)
	empty := false
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, false
		case d == 0:
			empty = true
		case int64(d) > limit/n:
			return 0, false
		default:
			n *= int64(d)
		}
	}
	if empty {
		return 0, true
	}
	return n, n <= limit
}

// oneLine returns foreign text cut and cleaned so that it fits in a message.
func oneLine(s string) string {
	const limit = 160
	if len(s) > limit {
		s = s[:limit] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, s)
}
