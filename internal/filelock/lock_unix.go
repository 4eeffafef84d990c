//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelock

import (
	"errors"
	"os"
	"syscall"
)

// Try takes an exclusive lock on an open file, which the system releases when the
// file is closed or the process ends, however it does. The error is ErrLocked, or
// errors.ErrUnsupported where the file system has no locks.
func Try(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EWOULDBLOCK:
			return ErrLocked
		case syscall.ENOLCK:
			return errors.ErrUnsupported
		}
		return err
	}
}
