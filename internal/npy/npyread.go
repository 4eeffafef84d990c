package npy

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"bagnet/internal/answer"
	"bagnet/internal/text"
)

// dict is the header that NumPy writes for an array of two dimensions; its
// keys are sorted.
var dict = regexp.MustCompile(`^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \((\d{1,9}), (\d{1,9})\),? *\} *\n?$`)

// Read reads a float32 array [rows, cols] in NumPy's format, version 1.0, if
// check has nothing against its shape. Its values are finite.
func Read(r io.Reader, check func(rows, cols int) error) (values []float32, rows, cols int, err error) {
	buffered := bufio.NewReader(r)
	start := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(buffered, start); err != nil || string(start[:len(magic)]) != magic {
		return nil, 0, 0, cutShort(err, "it is no NumPy array")
	}
	if major, minor := start[len(magic)], start[len(magic)+1]; major != 1 || minor != 0 {
		return nil, 0, 0, fmt.Errorf("its format has version %d.%d: want 1.0", major, minor)
	}
	header := make([]byte, binary.LittleEndian.Uint16(start[len(magic)+2:]))
	if _, err := io.ReadFull(buffered, header); err != nil {
		return nil, 0, 0, cutShort(err, "it ends within its header")
	}
	dict := dict.FindSubmatch(header)
	switch {
	case dict == nil:
		return nil, 0, 0, errors.New("its header is not that of an array of two dimensions, [rows, cols]")
	case string(dict[1]) != "<f4":
		return nil, 0, 0, fmt.Errorf("its values are %q: want float32, little-endian (array.astype('<f4'))", dict[1])
	case string(dict[2]) == "True":
		return nil, 0, 0, errors.New("it is in Fortran's order: want C's (numpy.ascontiguousarray)")
	}
	rows, _ = strconv.Atoi(string(dict[3]))
	cols, _ = strconv.Atoi(string(dict[4]))
	if err := check(rows, cols); err != nil {
		return nil, 0, 0, err
	}
	values = make([]float32, rows*cols)
	if err := binary.Read(buffered, binary.LittleEndian, values); err != nil {
		return nil, 0, 0, cutShort(err, "it ends before its last value")
	}
	if _, err := buffered.ReadByte(); err != io.EOF {
		return nil, 0, 0, cutShort(err, "it goes on after its last value")
	}
	if !answer.Finite(values) {
		return nil, 0, 0, errors.New("it has values that are not finite")
	}
	return values, rows, cols, nil
}

// cutShort is what is wrong with a file that should have gone on, or err if
// reading it failed in another way.
func cutShort(err error, wrong string) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New(wrong)
	}
	return text.Reason(err)
}

// Open is Read for a file.
func Open(path string, check func(rows, cols int) error) (values []float32, rows, cols int, err error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		values, rows, cols, err = Read(f, check)
	}
	if err != nil {
		err = fmt.Errorf("reading map %q: %w", path, text.Reason(err))
	}
	return values, rows, cols, err
}
