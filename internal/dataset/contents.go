package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"bagnet/internal/images"
	"bagnet/internal/text"
)

// maxFileBytes bounds how much of one image file is held in memory.
const maxFileBytes = 1 << 30

// Contents reads the bytes of an image file. The error is Err if that is set.
func (m Image) Contents() ([]byte, error) {
	switch {
	case m.Err != nil:
		return nil, m.Err
	case m.Data != nil:
		return m.Data, nil
	case m.stdin != nil:
		data, err := readLimited(m.stdin, 0)
		if err == nil && len(data) == 0 {
			err = errors.New("standard input is empty")
		}
		return data, err
	case m.tar != "":
		return m.fromTar()
	}
	f, err := os.Open(m.Path)
	if err != nil {
		return nil, text.Reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, text.Reason(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory")
	}
	return readLimited(f, info.Size())
}

// fromTar reads the image's part of the tar that has it.
func (m Image) fromTar() ([]byte, error) {
	f, err := os.Open(m.tar)
	if err != nil {
		return nil, fmt.Errorf("opening the tar: %w", text.Reason(err))
	}
	defer f.Close()
	data, err := readLimited(io.NewSectionReader(f, m.offset, m.size), m.size)
	if err == nil && int64(len(data)) < m.size {
		err = errors.New("the tar has become shorter since its images were found")
	}
	return data, err
}

// readLimited reads an image from r to its end, which must come within
// maxFileBytes. size is how many bytes to expect, 0 if unknown. Of what does not
// begin like an image only the beginning is read.
func readLimited(r io.Reader, size int64) ([]byte, error) {
	var buf bytes.Buffer
	if size <= maxFileBytes {
		if _, err := io.CopyN(&buf, r, images.MagicBytes); err == io.EOF {
			return buf.Bytes(), nil // whatever is wrong with it, Decode says it
		} else if err != nil {
			return nil, fmt.Errorf("reading: %w", text.Reason(err))
		}
		if err := images.Detect(buf.Bytes()); err != nil {
			return nil, err
		}
		buf.Grow(int(size) + bytes.MinRead)
		if _, err := buf.ReadFrom(io.LimitReader(r, maxFileBytes+1)); err != nil {
			return nil, fmt.Errorf("reading: %w", text.Reason(err))
		}
	}
	if size > maxFileBytes || buf.Len() > maxFileBytes {
		return nil, fmt.Errorf("the file is larger than %d MiB, too large for an image", maxFileBytes>>20)
	}
	return buf.Bytes(), nil
}
