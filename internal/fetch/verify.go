package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bagnet/internal/filelock"
)

// Digest is what a file holds, in short.
type Digest struct {
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // 64 hexadecimal digits, lower case
}

// MismatchError says that a file is not the one it should be.
type MismatchError struct {
	Got    Digest
	Size   int64  // what it should have, 0 if not known
	SHA256 string // all or the first of the digits that it should have
}

func (e *MismatchError) Error() string {
	if e.Size > 0 && e.Got.Size != e.Size {
		return fmt.Sprintf("it is not the right file: it has %d bytes, not %d", e.Got.Size, e.Size)
	}
	if len(e.SHA256) < hex.EncodedLen(sha256.Size) {
		return fmt.Sprintf("it is not the right file: its SHA-256 is %s and does not begin with %s", e.Got.SHA256, e.SHA256)
	}
	return fmt.Sprintf("it is not the right file: its SHA-256 is %s, not %s", e.Got.SHA256, e.SHA256)
}

func mismatched(err error) bool {
	_, ok := errors.AsType[*MismatchError](err)
	return ok
}

// Sum reads r to its end. The error is r's or ctx's.
func Sum(ctx context.Context, r io.Reader) (Digest, error) {
	h := sha256.New()
	buffer := make([]byte, 1<<17)
	var d Digest
	for {
		n, err := r.Read(buffer)
		h.Write(buffer[:n])
		d.Size += int64(n)
		if err == io.EOF {
			d.SHA256 = hex.EncodeToString(h.Sum(nil))
			return d, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Digest{}, err
		}
	}
}

// sum is Sum of a whole file that is open.
func sum(ctx context.Context, r io.ReaderAt, path string) (Digest, error) {
	d, err := Sum(ctx, io.NewSectionReader(r, 0, 1<<62))
	if err != nil && ctx.Err() == nil {
		err = fileError("reading", path, err)
	}
	return d, err
}

// Verify reads the file under f's path and compares it with all that is known,
// the record of its first verification included. The error is fs.ErrNotExist
// (wrapped) if there is none, a *MismatchError (wrapped) if it is not f. A right
// file without a record gets one if the directory can be written.
func (f File) Verify(ctx context.Context) (Digest, error) {
	info, err := os.Stat(f.Path)
	if err == nil && !info.Mode().IsRegular() {
		return Digest{}, fileError("opening", f.Path, errors.New("it is not a regular file"))
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return Digest{}, fileError("opening", f.Path, err)
	}
	defer file.Close()
	d, err := sum(ctx, file, f.Path)
	if err != nil {
		return Digest{}, err
	}
	if err := f.Known().compare(d); err != nil {
		return d, fmt.Errorf("verifying %q: %w", f.Path, err)
	}
	if _, ok := f.recorded(); !ok {
		// No record is a smaller harm than a right file refused, so an error
		// does not count.
		f.record(d)
	}
	return d, nil
}

// Present reports whether the file is there and was verified before, without
// reading it again: whether it has the recorded size.
func (f File) Present() bool {
	info, err := os.Stat(f.Path)
	d, ok := f.recorded()
	return err == nil && ok && info.Mode().IsRegular() && info.Size() == d.Size
}

// compare returns a *MismatchError if d is not what is known of f.
func (f File) compare(d Digest) error {
	if f.Size > 0 && d.Size != f.Size || !strings.HasPrefix(d.SHA256, f.SHA256) {
		return &MismatchError{d, f.Size, f.SHA256}
	}
	return nil
}

// Known is f with the size and the whole hash that were recorded when it was
// first verified.
func (f File) Known() File {
	if d, ok := f.recorded(); ok {
		f.Size, f.SHA256 = d.Size, d.SHA256
	}
	return f
}

// recorded is the record of f's first verification. One that is damaged, or that
// of another file, does not count.
func (f File) recorded() (d Digest, ok bool) {
	data, err := os.ReadFile(f.recordPath())
	if err != nil || json.Unmarshal(data, &d) != nil {
		return Digest{}, false
	}
	hash, err := hex.DecodeString(d.SHA256)
	return d, err == nil && len(hash) == sha256.Size && d.Size > 0 && f.compare(d) == nil
}

// record writes down what f is.
func (f File) record(d Digest) error {
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return writeFile(f.recordPath(), append(data, '\n'))
}

func (f File) recordPath() string { return f.Path + ".json" }

// writeFile writes a small file that is whole whenever somebody looks. What
// killed processes have left of earlier attempts is removed.
func writeFile(path string, data []byte) error {
	dir, prefix := filepath.Dir(path), filepath.Base(path)+"."
	filelock.Sweep(dir, prefix, ".part")
	file, err := filelock.Create(dir, prefix, ".part")
	if err != nil {
		return fileError("writing", path, err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
		return fileError("writing", path, err)
	}
	return nil
}
