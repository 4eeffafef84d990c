package parts

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"bagnet/internal/dataset"
	"bagnet/internal/testkit"
)

// FuzzParts reads files that may be parts: what is wrong with one is said, and one that has
// nothing wrong with it has as many records as lines between its first and its last.
func FuzzParts(f *testing.F) {
	path := filepath.Join(f.TempDir(), "part")
	h, err := NewHead("count", run, dataset.Shard{Count: 1}, "names", about{"mine"})
	if err != nil {
		f.Fatal(err)
	}
	part, err := Create(flags, path, h, false, func(string) {})
	if err != nil {
		f.Fatal(err)
	}
	if err := part.Append(record{Value: 3}); err != nil {
		f.Fatal(err)
	}
	if err := part.Finish(end{1}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(bytes.ReplaceAll(whole, []byte(`"path":""`), []byte(`"path":"a"`)))
	f.Add(bytes.ReplaceAll(whole, []byte(`"of":1`), []byte(`"of":1000000000`)))
	f.Add(whole[:len(whole)-1])
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := OpenAll("count", []string{path})
		if err != nil {
			testkit.CheckMessage(t, err)
			return
		}
		defer s.Close()
		var a about
		var e end
		if err := s[0].about(&a, &e); err != nil {
			testkit.CheckMessage(t, err)
		}
		records := 0
		for _, err := range Records(t.Context(), s[0], func(*record) string { return "" }) {
			if err != nil {
				testkit.CheckMessage(t, err)
				return
			}
			records++
		}
		if most := bytes.Count(data, []byte("\n")) - 2; records > most {
			t.Errorf("%d records in %d lines", records, most+2)
		}
	})
}
