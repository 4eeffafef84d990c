package loader

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"bagnet/internal/text"
)

// Limits on a zip archive.
const (
	maxDirectory = 32 << 20 // bytes read to find and list the entries
	maxInflation = 64       // stored bytes a file byte may stand for (PyTorch does not compress; others may have packed anew)
)

// readTorchZip reads what torch.save writes since PyTorch 1.6: a zip archive
// with the entries NAME/data.pkl, NAME/data/KEY for each storage and sometimes
// NAME/byteorder, for any NAME.
func readTorchZip(r io.ReaderAt, size int64) (*Checkpoint, error) {
	budget := &budgetReader{r: r, left: maxDirectory}
	z, err := zip.NewReader(budget, size)
	switch {
	case budget.left < 0:
		return nil, errors.New("it is a zip archive with too many entries for weights")
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("it is cut short or damaged: the directory at the end of its zip archive is missing: fetch it again")
	case err != nil:
		return nil, fmt.Errorf("it is damaged: reading its zip archive: %w", err)
	}
	budget.unlimited = true
	archive, err := newTorchArchive(z, r, size)
	if err != nil {
		return nil, err
	}
	return archive.read()
}

// budgetReader is an io.ReaderAt that stops after a number of bytes, unless it
// is unlimited.
type budgetReader struct {
	r         io.ReaderAt
	left      int64
	unlimited bool
}

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if !b.unlimited {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, errors.New("too much to read")
		}
	}
	return b.r.ReadAt(p, off)
}

// torchArchive is a zip archive that torch.save wrote.
type torchArchive struct {
	file    io.ReaderAt
	size    int64 // of the whole file, bytes
	dir     string
	entries map[string]*zip.File
}

func newTorchArchive(z *zip.Reader, file io.ReaderAt, size int64) (*torchArchive, error) {
	a := &torchArchive{file: file, size: size, entries: make(map[string]*zip.File, len(z.File))}
	found := false
	var content strings.Builder
	for _, f := range z.File {
		if a.entries[f.Name] != nil {
			return nil, fmt.Errorf("it is damaged: its zip archive holds %s twice", text.Quote(f.Name))
		}
		a.entries[f.Name] = f
		dir, isPickle := strings.CutSuffix(f.Name, "data.pkl")
		if isPickle && (dir == "" || strings.IndexByte(dir, '/') == len(dir)-1) {
			if found {
				return nil, errors.New("it is a zip archive with several checkpoints: unpack it first")
			}
			found, a.dir = true, dir
		}
		if content.Len() < 100 {
			fmt.Fprintf(&content, " %s", text.Quote(f.Name))
		}
	}
	switch {
	case !found:
		return nil, fmt.Errorf("it is a zip archive without a checkpoint's data.pkl (it holds%s): if the weights are in it, unpack it first", oneLine(content.String()))
	case a.isTorchScript():
		return nil, errors.New(`it is a TorchScript program rather than weights: in PyTorch, run torch.save(torch.jit.load(path).state_dict(), "weights.pth")`)
	}
	return a, nil
}

func (a *torchArchive) isTorchScript() bool {
	for name := range a.entries {
		if name == a.dir+"constants.pkl" || strings.HasPrefix(name, a.dir+"code/") {
			return true
		}
	}
	return false
}

func (a *torchArchive) read() (*Checkpoint, error) {
	swapped, err := a.bigEndian()
	if err != nil {
		return nil, err
	}
	root, err := a.pickle()
	if err != nil {
		return nil, err
	}
	return gatherState(newCheckpoint("torch zip"), root, viewer{
		swapped: swapped,
		read:    func(st *storage, dst []byte) error { return readEntry(a.storage(st), dst) },
		inPlace: a.inPlace,
	})
}

// storage returns the entry of a storage, nil if there is none.
func (a *torchArchive) storage(st *storage) *zip.File { return a.entries[a.dir+"data/"+st.key] }

// inPlace returns the values of a float32 storage where they lie in a mapped file,
// or nil if they are not there as they are, or not undamaged: reading says why.
func (a *torchArchive) inPlace(st *storage) []float32 {
	f := a.storage(st)
	offset, err := f.DataOffset()
	if err != nil || f.Method != zip.Store {
		return nil
	}
	data := floatsIn(a.file, offset, st.numel)
	if crc32.ChecksumIEEE(bytesOf(data)) != f.CRC32 || f.Flags&8 != 0 && !a.described(f, offset+4*st.numel) {
		return nil
	}
	return data
}

// described reports whether the data descriptor behind an entry, with or without
// its signature, has the entry's checksum, as archive/zip wants it.
func (a *torchArchive) described(f *zip.File, offset int64) bool {
	var b [8]byte
	if _, err := a.file.ReadAt(b[:], offset); err != nil {
		return false
	}
	checksum := b[:4]
	if string(checksum) == "PK\x07\x08" {
		checksum = b[4:]
	}
	return binary.LittleEndian.Uint32(checksum) == f.CRC32
}

// bigEndian reports whether the file's byteorder entry says "big".
func (a *torchArchive) bigEndian() (bool, error) {
	f := a.entries[a.dir+"byteorder"]
	if f == nil {
		return false, nil
	}
	if f.UncompressedSize64 <= 16 {
		order := make([]byte, f.UncompressedSize64)
		if err := readEntry(f, order); err != nil {
			return false, err
		}
		switch string(order) {
		case "little":
			return false, nil
		case "big":
			return true, nil
		}
	}
	return false, errors.New(`it is damaged: its byte order is neither "little" nor "big"`)
}

// pickle reads the main pickle and checks the sizes of the storages it refers
// to.
func (a *torchArchive) pickle() (any, error) {
	f := a.entries[a.dir+"data.pkl"]
	if f.UncompressedSize64 > maxPickle {
		return nil, errLongPickle
	}
	if !a.plausible(f) {
		return nil, entryError(f, zip.ErrFormat)
	}
	raw := make([]byte, f.UncompressedSize64)
	if err := readEntry(f, raw); err != nil {
		return nil, err
	}
	stream, _, err := scanPickle(bufio.NewReader(bytes.NewReader(raw)), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	total := int64(0)
	table := &storageTable{byKey: map[string]*storage{}, check: func(st *storage) error {
		f := a.storage(st)
		if f == nil {
			return pickleErrorf("it is damaged: it lacks the entry %s: fetch it again", text.Quote(a.dir+"data/"+st.key))
		}
		if f.UncompressedSize64%uint64(st.typ.size) != 0 || f.UncompressedSize64/uint64(st.typ.size) != uint64(st.numel) {
			return errStorageSize(st, int64(min(f.UncompressedSize64, maxFile)))
		}
		if !a.plausible(f) {
			return pickleErrorf("%v", entryError(f, zip.ErrFormat))
		}
		limit := int64(maxInflation)*a.size + 1<<24
		if st.numel > (limit-total)/st.typ.size {
			return pickleErrorf("its storages claim more than %d times the file's size", maxInflation)
		}
		total += st.numel * st.typ.size
		return nil
	}}
	return unpickle(stream, table.persistent)
}

// plausible reports whether f's announced size can be true, given the file's
// size and that deflate cannot do better than 1032 to 1.
func (a *torchArchive) plausible(f *zip.File) bool {
	if f.CompressedSize64 > uint64(a.size) {
		return false
	}
	if f.Method == zip.Store {
		return f.UncompressedSize64 == f.CompressedSize64
	}
	return f.UncompressedSize64/1032 <= f.CompressedSize64
}

// readEntry fills dst with the content of f, which must be of that very size
// and agree with its checksum.
func readEntry(f *zip.File, dst []byte) error {
	r, err := f.Open()
	if err != nil {
		return entryError(f, err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, dst); err != nil {
		return entryError(f, err)
	}
	// The checksum is compared at the entry's end.
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return entryError(f, err)
	}
	return nil
}

func entryError(f *zip.File, err error) error {
	switch {
	case errors.Is(err, zip.ErrAlgorithm):
		return fmt.Errorf("its entry %s is compressed in a way that cannot be read: pack it with deflate or none", text.Quote(f.Name))
	case errors.Is(err, zip.ErrChecksum):
		return fmt.Errorf("it is damaged: the checksum of its entry %s is wrong: fetch it again", text.Quote(f.Name))
	}
	return fmt.Errorf("it is damaged: its entry %s cannot be read whole: fetch it again", text.Quote(f.Name))
}
