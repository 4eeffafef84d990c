package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// blockSize is what the length of everything in a tar is a multiple of.
const blockSize = 512

// A cursor reads a tar and knows where it is. In a file it skips what is not needed.
type cursor struct {
	r      *bufio.Reader
	file   *os.File // nil for a stream
	at     int64    // bytes read or skipped
	zeros  int64    // where the zeros begin that end at at
	end    int64    // of the last member's data, where that is known
	sparse bool     // the last member is stored without its zeros: it is read to find its end
	broken error    // of r, but its end
}

// Bytes read ahead: of a file as much as the headers from one image to the next
// usually take.
const (
	fileAhead   = 4 << 10
	streamAhead = 256 << 10
)

func (c *cursor) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.at += int64(n)
	if kept := len(bytes.TrimRight(p[:n], "\x00")); kept > 0 {
		c.zeros = c.at - int64(n-kept)
	}
	if err != nil && err != io.EOF {
		c.broken = err
	}
	return n, err
}

// Seek goes forward from where c is, which is all that tar.Reader asks for.
func (c *cursor) Seek(offset int64, whence int) (int64, error) {
	if c.file == nil || c.sparse || whence != io.SeekCurrent || offset < 0 || c.at+offset < 0 {
		return -1, errors.ErrUnsupported
	}
	if offset <= int64(c.r.Buffered()) {
		c.r.Discard(int(offset))
	} else {
		if _, err := c.file.Seek(c.at+offset, io.SeekStart); err != nil {
			return -1, err
		}
		c.r.Reset(c.file)
	}
	if c.at += offset; offset > 0 {
		c.zeros = c.at
	}
	return c.at, nil
}

// ended reports whether there are zeros before this place, as at the end of a tar, that
// are not the last member's.
func (c *cursor) ended() bool {
	padded := (c.end + blockSize - 1) / blockSize * blockSize
	return c.at-max(c.zeros, padded) >= blockSize
}

// maxPadding bounds the zeros behind the end of a tar that are looked through for
// another one.
const maxPadding = 64 << 20

// another reports whether another tar follows the end of one, as where tars were put
// one after the other.
func (c *cursor) another() bool {
	for range maxPadding / blockSize {
		block, _ := c.r.Peek(blockSize)
		if len(bytes.TrimRight(block, "\x00")) > 0 {
			return true
		}
		c.r.Discard(len(block))
		c.at += int64(len(block))
		if len(block) < blockSize {
			return false
		}
	}
	return false
}
