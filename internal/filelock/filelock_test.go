package filelock

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestTry(t *testing.T) {
	first, err := Create(t.TempDir(), "x-", ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := os.OpenFile(first.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := Try(second); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("no locks here")
	} else if err != ErrLocked {
		t.Fatalf("locked twice: %v", err)
	}
	first.Close()
	if err := Try(second); err != nil {
		t.Errorf("after the owner has closed it: %v", err)
	}
}

// TestSweep has files of all kinds in a directory, of which only those go that
// are old, of nobody and of the right name.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * staleAfter)
	age := func(name string) {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		age(name)
	}
	// Other people's names.
	stay := []string{".x-0123456.tmp", ".x-012345678.tmp", ".x-0123456g.tmp", ".x-01234567.tmp.png", "x-01234567.tmp", ".x-01234567", ".x-.tmp", "photo.png"}
	for _, name := range stay {
		write(name)
	}
	if err := os.Mkdir(filepath.Join(dir, ".x-00000001.tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	stay = append(stay, ".x-00000001.tmp")
	if err := os.Symlink("photo.png", filepath.Join(dir, ".x-00000002.tmp")); err == nil {
		stay = append(stay, ".x-00000002.tmp")
	}
	// One that is in use, long since written to, and one that is new.
	used, err := Create(dir, ".x-", ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	age(filepath.Base(used.Name()))
	write(".x-00000003.tmp")
	if err := os.Chtimes(filepath.Join(dir, ".x-00000003.tmp"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	stay = append(stay, filepath.Base(used.Name()), ".x-00000003.tmp")
	// Two that were left behind.
	write(".x-01234567.tmp")
	write(".x-abcdef00.tmp")

	probe, err := os.Open(used.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	if errors.Is(Try(probe), errors.ErrUnsupported) {
		stay = append(stay, ".x-01234567.tmp", ".x-abcdef00.tmp")
	}

	Sweep(dir, ".x-", ".tmp")
	Sweep(filepath.Join(dir, "missing"), ".x-", ".tmp")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(stay)
	if !slices.Equal(got, stay) {
		t.Errorf("left %q\nwant %q", got, stay)
	}
}
