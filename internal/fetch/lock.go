package fetch

import (
	"errors"
	"os"
)

// errLocked means that another process, or another goroutine, has the lock.
var errLocked = errors.New("locked")

// tryLock takes the lock at path if nobody has it; closing the file gives it
// back. The file stays: removing it would let two others each lock their own.
// The error is errLocked, or errors.ErrUnsupported (wrapped) where the file system
// has no locks.
func tryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fileError("writing", path, err)
	}
	if err := lockFile(file); err != nil {
		file.Close()
		if err == errLocked {
			return nil, err
		}
		return nil, fileError("locking", path, err)
	}
	return file, nil
}
