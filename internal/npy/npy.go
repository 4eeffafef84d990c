// Package npy writes and reads float32 arrays in NumPy's format.
package npy

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// headerSize leaves room for any shape; the format wants a multiple of 64.
const headerSize = 128

// Writer writes a float32 array [rows, cols] in NumPy's format, version 1.0
// (numpy.lib.format), row by row. How many rows there are is known only at the
// end, when the header is filled in.
type Writer struct {
	file *output.File
	buf  *bufio.Writer
	Path string // of the array, as it was given
	rows int
	cols int
	row  []byte // one encoded row, reused
}

// magic begins every NumPy array file.
const magic = "\x93NUMPY"

// Check refuses to replace a file that neither is an array nor is named like one. flag is
// the one that path was given with: if a user forgets its value, the next argument is taken
// for it, which would be the first image.
func Check(flag, path string) error {
	if path == "-" {
		return hint.Refuse("%s -: give a file", flag)
	}
	if strings.EqualFold(filepath.Ext(path), ".npy") {
		return nil
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil // there is none, or writing it will say what is wrong
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	begin := make([]byte, len(magic))
	if n, _ := io.ReadFull(f, begin); n == 0 || string(begin) == magic {
		return nil
	}
	return hint.Refuse("%s %q: this file exists and is no NumPy array; give another name, or one that ends in .npy", flag, path)
}

// Create starts an array of cols columns that will appear at path.
func Create(path string, cols int) (*Writer, error) {
	f, err := output.Create(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: f, buf: bufio.NewWriterSize(f, 1<<16), Path: path, cols: cols, row: make([]byte, 4*cols)}
	w.buf.Write(make([]byte, headerSize)) // fits the buffer; Commit fills it in
	return w, nil
}

// Append adds a row of cols values; nil adds a row of NaN.
func (w *Writer) Append(values []float32) error {
	for i := range w.cols {
		v := float32(math.NaN())
		if values != nil {
			v = values[i]
		}
		binary.LittleEndian.PutUint32(w.row[4*i:], math.Float32bits(v))
	}
	w.rows++
	_, err := w.buf.Write(w.row)
	return w.wrap(err)
}

// Commit writes the header and puts the file in its place.
func (w *Writer) Commit() error {
	if err := w.buf.Flush(); err != nil {
		return w.wrap(err)
	}
	if _, err := w.file.WriteAt(header(w.rows, w.cols), 0); err != nil {
		return w.wrap(err)
	}
	return w.file.Commit()
}

// Conclude is Commit for a row each of the images that a run came to, some of which failed. An
// interrupted run leaves its finished rows, but not in the place of an older array; nor does one
// all of whose images failed. notice is told what became of the file.
func (w *Writer) Conclude(interrupted bool, images, failed int, notice func(text string)) error {
	_, err := os.Lstat(w.Path)
	replaces := !errors.Is(err, os.ErrNotExist)
	if !interrupted && replaces && failed == images {
		notice("no image was classified: " + text.Path(w.Path) + " stays as it was")
		return nil
	}
	if interrupted {
		if replaces || images == 0 {
			if replaces {
				notice("interrupted: " + text.Path(w.Path) + " stays as it was")
			}
			return nil
		}
		notice("interrupted: " + text.Path(w.Path) + " has the logits of the first " + text.Count(images, "image", "images"))
	}
	return w.Commit()
}

// Discard gives the array up; after Commit it does nothing.
func (w *Writer) Discard() { w.file.Discard() }

// wrap says in an error, which may be nil, that it is about writing the array.
func (w *Writer) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing %q: %w", w.Path, text.Reason(err))
}

// Write writes a whole float32 array of the given shape to path, or nothing. r says
// whether a file that is there may be replaced.
func Write(r *output.Replacing, path string, values []float32, shape ...int) error {
	f, err := r.Create(path)
	if err != nil {
		return err
	}
	return fill(f, values, shape...)
}

// fill makes the file a whole float32 array of the given shape and puts it in
// its place.
func fill(f *output.File, values []float32, shape ...int) error {
	defer f.Discard()
	buf := bufio.NewWriterSize(f, 1<<16)
	buf.Write(header(shape...))
	for _, v := range values {
		buf.Write(binary.LittleEndian.AppendUint32(buf.AvailableBuffer(), math.Float32bits(v)))
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("writing %q: %w", f.Target, text.Reason(err))
	}
	return f.Commit()
}

// header is the magic number, version 1.0, the length of what follows
// (uint16, little-endian) and a Python dict padded with spaces and ended by a
// newline.
func header(shape ...int) []byte {
	dims := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(shape)), ", "), "[]")
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims)
	h := append(make([]byte, 0, headerSize), magic+"\x01\x00"...)
	h = binary.LittleEndian.AppendUint16(h, headerSize-10)
	h = append(h, dict...)
	h = append(h, strings.Repeat(" ", headerSize-1-len(h))...)
	return append(h, '\n')
}
