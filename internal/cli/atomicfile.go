package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"bagnet/internal/filelock"
	"bagnet/internal/text"
)

// atomicFile is an output that appears under its name only when it is
// complete: it is written to a temporary file beside its target, which commit
// puts on the disk and renames, and discard removes.
type atomicFile struct {
	*os.File
	target   string      // symbolic links resolved
	replaces bool        // there is a target already
	mode     fs.FileMode // the mode of the target it replaces
	keep     bool        // a target that is there by the time of commit stays
}

// createAtomic opens a temporary file for the output path. A target that
// exists must be a regular file; it stays as it is until commit. A symbolic link
// stays one: what it leads to is written.
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
			return nil, fmt.Errorf("writing %q: %w", path, text.Reason(err))
		}
	case errors.Is(err, fs.ErrNotExist):
		f.target = followLinks(path)
	default:
		return nil, fmt.Errorf("writing %q: %w", path, text.Reason(err))
	}
	var err error
	if f.File, err = createTemporary(filepath.Dir(f.target)); err != nil {
		return nil, fmt.Errorf("writing %q: %w", path, text.Reason(err))
	}
	return f, nil
}

// Temporary files are called .bagnet-XXXXXXXX.tmp.
const (
	temporaryPrefix = ".bagnet-"
	temporarySuffix = ".tmp"
)

// swept are the directories that were rid of the temporary files of processes
// that were killed: once is enough.
var swept sync.Map

// createTemporary makes a temporary file in a directory.
func createTemporary(dir string) (*os.File, error) {
	if _, done := swept.LoadOrStore(dir, true); !done {
		filelock.Sweep(dir, temporaryPrefix, temporarySuffix)
	}
	return filelock.Create(dir, temporaryPrefix, temporarySuffix)
}

// commit puts the finished file in its place.
func (f *atomicFile) commit() error {
	var err error
	if f.replaces {
		err = f.Chmod(f.mode)
	}
	if err == nil {
		publish := filelock.Publish
		if f.keep {
			publish = filelock.PublishNew
		}
		err = publish(f.File, f.target)
	}
	if err != nil {
		f.Close() // which fails if Publish has
		os.Remove(f.Name())
		if f.keep && errors.Is(err, fs.ErrExist) {
			return errKept(f.target)
		}
		return fmt.Errorf("writing %q: %w", f.target, text.Reason(err))
	}
	return nil
}

// discard removes the temporary file; after commit it does nothing.
func (f *atomicFile) discard() {
	if f.Close() == nil {
		os.Remove(f.Name())
	}
}
