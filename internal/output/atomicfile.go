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

// A File is an output that appears under its name only when it is complete: it is written
// to a temporary file beside its target, which Commit syncs and renames, and Discard
// removes.
type File struct {
	*os.File
	Target   string      // symbolic links resolved
	replaces bool        // there is a target already
	mode     fs.FileMode // the mode of the target it replaces
	keep     string      // why a target that is there when Commit comes stays; "" if it is replaced
}

// Create opens a temporary file for the output path. What is there already must be a
// regular file; it stays as it is until Commit. A symbolic link stays one: the file that
// it leads to is written.
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

// swept are the directories in which the temporary files that killed processes left were
// removed: once in a run is enough.
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

// Append writes some of the file's contents.
func (f *File) Append(data []byte) error {
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("writing %q: %w", f.Target, text.Reason(err))
	}
	return nil
}

// Discard removes the temporary file; after Commit it does nothing.
func (f *File) Discard() {
	if f.Close() == nil {
		os.Remove(f.Name())
	}
}

// WriteFile writes a whole file, or nothing: what was at path stays then.
func WriteFile(path string, data []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	return f.writeAll(data)
}

// writeAll gives the file its contents and puts it in its place.
func (f *File) writeAll(data []byte) error {
	defer f.Discard()
	if err := f.Append(data); err != nil {
		return err
	}
	return f.Commit()
}
