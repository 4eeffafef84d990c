package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeepAtTheSameMoment lets two jobs finish results for one place, which both
// found free.
func TestKeepAtTheSameMoment(t *testing.T) {
	dir := t.TempDir()
	r := replacing{keep: true}
	path := filepath.Join(dir, "a.png")
	first, err := r.create(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.writeAll([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := second.writeAll([]byte("second")); err == nil || !strings.Contains(err.Error(), "is there already, and --no-clobber keeps it") {
		t.Errorf("the second: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	wantOnly(t, dir, "a.png")
}
