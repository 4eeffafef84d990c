package cli

import (
	"bufio"
	"encoding/binary"
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

// npyHeaderSize leaves room for any shape; the format wants a multiple of 64.
const npyHeaderSize = 128

// npyWriter writes a float32 array [rows, cols] in NumPy's format, version 1.0
// (numpy.lib.format), row by row. How many rows there are is known only at the
// end, when the header is filled in.
type npyWriter struct {
	file *output.File
	buf  *bufio.Writer
	path string
	rows int
	cols int
	row  []byte // one encoded row, reused
}

// npyMagic begins every NumPy array file.
const npyMagic = "\x93NUMPY"

// checkNPY refuses to replace a file that neither is an array nor is named like
// one: with the name after --npy forgotten, that would be the first image.
func checkNPY(flag, path string) error {
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
	begin := make([]byte, len(npyMagic))
	if n, _ := io.ReadFull(f, begin); n == 0 || string(begin) == npyMagic {
		return nil
	}
	return hint.Refuse("%s %q: this file exists and is no NumPy array; give another name, or one that ends in .npy", flag, path)
}

// createNPY starts an array of cols columns that will appear at path.
func createNPY(path string, cols int) (*npyWriter, error) {
	f, err := output.Create(path)
	if err != nil {
		return nil, err
	}
	w := &npyWriter{file: f, buf: bufio.NewWriterSize(f, 1<<16), path: path, cols: cols, row: make([]byte, 4*cols)}
	w.buf.Write(make([]byte, npyHeaderSize)) // fits the buffer; filled in by commit
	return w, nil
}

// append adds a row of cols values; nil adds a row of NaN.
func (w *npyWriter) append(values []float32) error {
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

// commit writes the header and puts the file in its place.
func (w *npyWriter) commit() error {
	if err := w.buf.Flush(); err != nil {
		return w.wrap(err)
	}
	if _, err := w.file.WriteAt(npyHeader(w.rows, w.cols), 0); err != nil {
		return w.wrap(err)
	}
	return w.file.Commit()
}

// discard gives the array up; after commit it does nothing.
func (w *npyWriter) discard() { w.file.Discard() }

func (w *npyWriter) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("writing %q: %w", w.path, text.Reason(err))
}

// writeNPY writes a whole float32 array of the given shape to path, or nothing.
func writeNPY(r *output.Replacing, path string, values []float32, shape ...int) error {
	f, err := r.Create(path)
	if err != nil {
		return err
	}
	return fillNPY(f, values, shape...)
}

// fillNPY makes the file a whole float32 array of the given shape and puts it in
// its place.
func fillNPY(f *output.File, values []float32, shape ...int) error {
	defer f.Discard()
	buf := bufio.NewWriterSize(f, 1<<16)
	buf.Write(npyHeader(shape...))
	for _, v := range values {
		buf.Write(binary.LittleEndian.AppendUint32(buf.AvailableBuffer(), math.Float32bits(v)))
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("writing %q: %w", f.Target, text.Reason(err))
	}
	return f.Commit()
}

// npyHeader is the magic number, version 1.0, the length of what follows
// (uint16, little-endian) and a Python dict padded with spaces and ended by a
// newline.
func npyHeader(shape ...int) []byte {
	dims := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(shape)), ", "), "[]")
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims)
	h := append(make([]byte, 0, npyHeaderSize), npyMagic+"\x01\x00"...)
	h = binary.LittleEndian.AppendUint16(h, npyHeaderSize-10)
	h = append(h, dict...)
	h = append(h, strings.Repeat(" ", npyHeaderSize-1-len(h))...)
	return append(h, '\n')
}
