//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelock

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestSweepLeavesPipes has an old named pipe of a temporary file's name, which
// could be opened, locked and removed.
func TestSweepLeavesPipes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x-00000001.tmp")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipe: %v", err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	Sweep(filepath.Dir(path), "x-", ".tmp")
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the pipe is gone: %v", err)
	}
}
