package fetch

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes an exclusive lock that the system releases when the file is
// closed or the process ends, however it does.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
	if err == windows.ERROR_LOCK_VIOLATION {
		return errLocked
	}
	return err
}
