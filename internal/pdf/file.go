package pdf

import (
	"bytes"
	"fmt"
)

// A file is what is written of one so far: objects, and where they begin.
type file struct {
	bytes.Buffer
	offsets []int
}

// next is the number of the object that is written next.
func (f *file) next() int { return len(f.offsets) + 1 }

// object writes an object and returns its number.
func (f *file) object(body string) int {
	f.offsets = append(f.offsets, f.Len())
	fmt.Fprintf(f, "%d 0 obj\n%s\nendobj\n", len(f.offsets), body)
	return len(f.offsets)
}

// stream writes data with the entries of its dictionary, compressed if squeeze says so, and
// returns its number.
func (f *file) stream(entries string, data []byte, squeeze bool) int {
	if squeeze {
		entries, data = entries+" /Filter /FlateDecode", packed(data)
	}
	f.offsets = append(f.offsets, f.Len())
	fmt.Fprintf(f, "%d 0 obj\n<< %s /Length %d >>\nstream\n", len(f.offsets), entries, len(data))
	f.Write(data)
	f.WriteString("\nendstream\nendobj\n")
	return len(f.offsets)
}

// finish writes the table of objects, which the reader begins with.
func (f *file) finish(catalog, info int) {
	start := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", f.next())
	for _, offset := range f.offsets {
		fmt.Fprintf(f, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(f, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", f.next(), catalog, info, start)
}
