//go:build unix

package loader

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestFileThatVanishes reads mapped files that have been cut short.
func TestFileThatVanishes(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for name, content := range allFixtures(t) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		mapped := mapFile(file, int64(len(content)))
		if mapped == nil {
			t.Skip("files cannot be mapped here")
		}
		defer unmap(mapped)
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		_, err = Read(name, newMappedFile(mapped), int64(len(content)))
		if err == nil || !strings.Contains(err.Error(), "was the file cut short meanwhile?") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
