//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

// Try says that there are no locks.
func Try(*os.File) error { return errors.ErrUnsupported }
