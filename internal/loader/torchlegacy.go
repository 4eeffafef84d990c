package loader

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/nlpodyssey/gopickle/types"

	"bagnet/internal/text"
)

// Marks at the start of a legacy file: torch.serialization's MAGIC_NUMBER and
// PROTOCOL_VERSION.
const (
	legacyMagic    = "119547037146038801333356"
	legacyProtocol = 1001
)

// readTorchLegacy reads what torch.save wrote before PyTorch 1.6 (and writes
// still with _use_new_zipfile_serialization=False): the pickles of a magic
// number, a protocol version, the writer's machine, the object and the list of
// storage keys; then, for each key, a 64-bit count and as many values, always
// little-endian.
func readTorchLegacy(r io.ReaderAt, size int64) (*Checkpoint, error) {
	f := legacyFile{r: r, size: size}
	magic, err := f.pickle(nil)
	var refusal *pickleError
	switch m, ok := magic.(*big.Int); {
	case errors.As(err, &refusal), errors.Is(err, errCut) && f.startsAsPickle():
		return nil, err
	case err != nil:
		return nil, errUnknown
	case !ok || m.String() != legacyMagic:
		return nil, errors.New("it is not what torch.save writes, though it begins like a pickle: save the state dict with torch.save or as safetensors")
	}
	protocol, err := f.pickle(nil)
	if err != nil {
		return nil, err
	}
	if protocol != legacyProtocol {
		return nil, errors.New("its version of torch.save's legacy format is unknown: load and save it again with a newer PyTorch")
	}
	if _, err := f.pickle(nil); err != nil {
		return nil, err
	}
	table := &storageTable{byKey: map[string]*storage{}, check: func(st *storage) error {
		if st.numel > size/st.typ.size {
			return errStorageSize(st, size)
		}
		return nil
	}}
	root, err := f.pickle(table.persistent)
	if err != nil {
		return nil, err
	}
	keys, err := f.pickle(nil)
	if err != nil {
		return nil, err
	}
	offsets, err := f.storages(keys, table.byKey)
	if err != nil {
		return nil, err
	}
	return gatherState(newCheckpoint("torch legacy"), root, viewer{read: func(st *storage, dst []byte) error {
		_, err := io.ReadFull(io.NewSectionReader(r, offsets[st], int64(len(dst))), dst)
		return cut(err)
	}})
}

func errStorageSize(st *storage, have int64) error {
	return pickleErrorf("it is cut short or damaged: storage %s is announced with %d %s values, the file has %d bytes for it: fetch it again",
		text.Quote(st.key), st.numel, st.typ.name, have)
}

// legacyFile reads a legacy file's parts in turn.
type legacyFile struct {
	r    io.ReaderAt
	size int64
	pos  int64 // of the next part
}

// startsAsPickle reports whether the file begins as torch.save's pickles do.
func (f *legacyFile) startsAsPickle() bool {
	var b [2]byte
	n, _ := f.r.ReadAt(b[:], 0)
	return n < 2 || b[0] == 0x80 && b[1] <= 5 || b[0] == 'L' && b[1] == '1'
}

// pickle reads the next pickle.
func (f *legacyFile) pickle(persistent func(id any) (any, error)) (any, error) {
	left := f.size - f.pos
	stream, n, err := scanPickle(bufio.NewReader(io.NewSectionReader(f.r, f.pos, left)), left)
	if err != nil {
		return nil, err
	}
	f.pos += n
	return unpickle(stream, persistent)
}

// storages returns where each storage's values begin. It checks that the file
// has exactly the storages that its object refers to, each whole and of the
// announced size.
func (f *legacyFile) storages(keys any, byKey map[string]*storage) (map[*storage]int64, error) {
	list, ok := keys.(*types.List)
	if !ok {
		return nil, errors.New("it is damaged: it has no list of its storages")
	}
	offsets := make(map[*storage]int64, len(byKey))
	for _, k := range *list {
		key, ok := k.(string)
		st := byKey[key]
		if !ok || st == nil {
			return nil, fmt.Errorf("it is damaged: it lists the storage %s, which no tensor refers to", text.Quote(fmt.Sprint(k)))
		}
		if _, ok := offsets[st]; ok {
			return nil, fmt.Errorf("it is damaged: it lists the storage %s twice", text.Quote(key))
		}
		var count [8]byte
		if f.size-f.pos < int64(len(count)) {
			return nil, errCut
		}
		if _, err := io.ReadFull(io.NewSectionReader(f.r, f.pos, int64(len(count))), count[:]); err != nil {
			return nil, cut(err)
		}
		f.pos += int64(len(count))
		if n := binary.LittleEndian.Uint64(count[:]); n != uint64(st.numel) {
			return nil, fmt.Errorf("it is damaged: storage %s has %d values where its tensors expect %d", text.Quote(key), n, st.numel)
		}
		if left := f.size - f.pos; left < st.numel*st.typ.size {
			return nil, errStorageSize(st, left)
		}
		offsets[st] = f.pos
		f.pos += st.numel * st.typ.size
	}
	if len(offsets) != len(byKey) {
		return nil, fmt.Errorf("it is damaged: it has %d storages where its tensors refer to %d", len(offsets), len(byKey))
	}
	return offsets, nil
}
