package filelock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// OnSync, if it is not nil, is told the name of every file and directory that
// Publish has made last through a loss of power. Tests set it.
var OnSync func(name string)

// Publish gives a finished file its final name, in the same directory: under
// that name there is the whole file or what was there before, even if power
// fails. It closes the file, whatever happens, and leaves it under its old name
// if there is an error.
func Publish(f *os.File, path string) error { return publish(f, path, os.Rename) }

// PublishNew does what Publish does, but replaces no file: the error is
// fs.ErrExist then, even if both come to be at the same moment.
func PublishNew(f *os.File, path string) error { return publish(f, path, renameNew) }

// renameNew renames a file if there is none of its new name.
func renameNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil { // on a file system without links
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

func publish(f *os.File, path string, rename func(from, to string) error) error {
	err := sync(f)
	if closeErr := f.Close(); err == nil { // Windows renames no open file
		err = closeErr
	}
	if err == nil {
		err = rename(f.Name(), path)
	}
	if err == nil {
		SyncDirectory(filepath.Dir(path))
	}
	return err
}

// SyncDirectory makes renames in a directory last through a loss of power, where
// the system can do that (Windows cannot).
func SyncDirectory(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = sync(dir)
		dir.Close()
	}
}

// sync writes f to the disk, where its file system can do that.
func sync(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	if err == nil && OnSync != nil {
		OnSync(f.Name())
	}
	return err
}
