package filelock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestSweepWaitsAMinute has names of other lengths, and files half a minute and
// one and a half minutes old, more of them than are listed at a time.
func TestSweepWaitsAMinute(t *testing.T) {
	dir := t.TempDir()
	probe, err := Create(dir, "probe-", ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	if again, err := os.Open(probe.Name()); err != nil {
		t.Fatal(err)
	} else if err := Try(again); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no locks here")
	} else {
		again.Close()
	}
	write := func(name string, age time.Duration) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stay := []string{
		write("x-00000000.tmp", 30*time.Second),
		write("x-012345.tmp", time.Hour),     // of other lengths, all of whole bytes
		write("x-0123456789.tmp", time.Hour), //
		write("x-0000000a.png", time.Hour),   // another suffix
		write("y-0000000a.tmp", time.Hour),   // another prefix
	}
	var gone []string
	for i := range 2100 {
		gone = append(gone, write(fmt.Sprintf("x-%08x.tmp", i+1), 90*time.Second))
	}
	Sweep(dir, "x-", ".tmp")
	for _, path := range stay {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("removed: %v", err)
		}
	}
	left := 0
	for _, path := range gone {
		if _, err := os.Lstat(path); err == nil {
			left++
		}
	}
	if left > 0 {
		t.Errorf("%d of %d old files are left", left, len(gone))
	}
}
