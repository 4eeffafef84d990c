// Package output is where results go: files that appear whole or not at all, and which
// of them may be replaced.
package output

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

// File is an output that appears under its name only when it is
// complete: it is written to a temporary file beside its target, which commit
// puts on the disk and renames, and discard removes.
type File struct {
	*os.File
	Target   string      // symbolic links resolved
	replaces bool        // there is a target already
	mode     fs.FileMode // the mode of the target it replaces
	keep     string      // why a target that is there by the time of commit stays; "" if it does not
}

// Create opens a temporary file for the output path. A target that
// Exists must be a regular file; it stays as it is until commit. A symbolic link
// stays one: what it leads to is written.
func Create(path string) (*File, error) {
	f := &File{Target: path}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("writing %q: it is a directory", path)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("writing %q: it is not a regular file", path)
	case err == nil:
		f.replaces, f.mode = true, info.Mode().Perm()
		if f.Target, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("writing %q: %w", path, text.Reason(err))
		}
	case errors.Is(err, fs.ErrNotExist):
		f.Target = FollowLinks(path)
	default:
		return nil, fmt.Errorf("writing %q: %w", path, text.Reason(err))
	}
	var err error
	if f.File, err = createTemporary(filepath.Dir(f.Target)); err != nil {
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

// Commit puts the finished file in its place.
func (f *File) Commit() error {
	var err error
	if f.replaces {
		err = f.Chmod(f.mode)
	}
	if err == nil {
		publish := filelock.Publish
		if f.keep != "" {
			publish = filelock.PublishNew
		}
		err = publish(f.File, f.Target)
	}
	if err != nil {
		f.Close() // which fails if Publish has
		os.Remove(f.Name())
		if f.keep != "" && errors.Is(err, fs.ErrExist) {
			return errKept(f.Target, f.keep)
		}
		return fmt.Errorf("writing %q: %w", f.Target, text.Reason(err))
	}
	return nil
}

// Discard removes the temporary file; after commit it does nothing.
func (f *File) Discard() {
	if f.Close() == nil {
		os.Remove(f.Name())
	}
}
