// Package filelock locks open files against other processes.
package filelock

import "errors"

// ErrLocked means that another process, or another open file of this one, has
// the lock.
var ErrLocked = errors.New("locked")
