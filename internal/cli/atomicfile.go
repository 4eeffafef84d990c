package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// atomicFile is an output that appears under its name only when it is
// complete: it is written to a temporary file beside its target, which commit
// renames and discard removes.
type atomicFile struct {
	*os.File
	target   string      // symbolic links resolved
	replaces bool        // there is a target already
	mode     fs.FileMode // the mode of the target it replaces
}

// createAtomic opens a temporary file for the output path. A target that
// exists must be a regular file; it stays as it is until commit.
func createAtomic(path string) (*atomicFile, error) {
	f := &atomicFile{target: path}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("writing %q: it is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("writing %q: it is not a regular file", path)
	case err == nil:
		f.replaces, f.mode = true, info.Mode().Perm()
		if f.target, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("writing %q: %w", path, bareError(err))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("writing %q: %w", path, bareError(err))
	}
	for {
		temporary := filepath.Join(filepath.Dir(f.target), fmt.Sprintf(".bagnet-%08x.tmp", rand.Uint32()))
		file, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("writing %q: %w", path, bareError(err))
		}
		f.File = file
		return f, nil
	}
}

// commit puts the finished file in its place.
func (f *atomicFile) commit() error {
	var err error
	if f.replaces {
		err = f.Chmod(f.mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), f.target)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("writing %q: %w", f.target, bareError(err))
	}
	return nil
}

// discard removes the temporary file; after commit it does nothing.
func (f *atomicFile) discard() {
	if f.Close() == nil {
		os.Remove(f.Name())
	}
}
