package fetch

import (
	"os"

	"bagnet/internal/filelock"
)

// tryLock takes the lock at path if nobody has it; closing the file gives it
// back. The file stays: removing it would let two others each lock their own.
// The error is filelock.ErrLocked, or errors.ErrUnsupported (wrapped) where the
// file system has no locks.
func tryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fileError("writing", path, err)
	}
	if err := filelock.Try(file); err != nil {
		file.Close()
		if err == filelock.ErrLocked {
			return nil, err
		}
		return nil, fileError("locking", path, err)
	}
	return file, nil
}
