package filelock

import (
	"os"

	"golang.org/x/sys/windows"
)

// Try takes an exclusive lock on an open file, which the system releases when the
// file is closed or the process ends, however it does. The error is ErrLocked, or
// errors.ErrUnsupported where the file system has no locks.
func Try(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
	if err == windows.ERROR_LOCK_VIOLATION {
		return ErrLocked
	}
	return err
}
