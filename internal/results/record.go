// Package results keeps records of images, a line each, that a later run goes on from.
package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Head is how every line of a file of results begins: the image that it is about, and
// what stands for everything that the rest depends on beside it.
type Head struct {
	Path string `json:"path"`
	Run  string `json:"run"`
}

// mismatch says why a record that begins with h is not the one that should begin with
// want; "" if it is.
func (h Head) mismatch(want Head, k Kind) string {
	if h.Run != want.Run {
		return fmt.Sprintf("%s were others (run %s, now %s)", k.Basis, h.Run, want.Run)
	}
	if path := string([]rune(want.Path)); path != h.Path { // JSON cannot have bytes that are not UTF-8 either
		return fmt.Sprintf("it is about %q, but the image there is %q", h.Path, path)
	}
	return ""
}

// maxLine bounds a line, bytes: a path may have a megabyte, which escapes in JSON make six
// times as long, and a record may hold the pictures of an image's patches.
const maxLine = 64 << 20

var errLongLine = fmt.Errorf("a line is longer than %d bytes", maxLine)

// ReadLine returns the next line of r with its end. A file may end without one:
// then, as at the end, the error is io.EOF.
func ReadLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, errLongLine
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// LastLine returns the last line of a file of that many bytes, if it is complete; io.EOF
// if it is not.
func LastLine(r io.ReaderAt, size int64) ([]byte, error) {
	var tail []byte
	for start := size; start > 0 && len(tail) <= maxLine; {
		n := min(start, max(1<<16, int64(len(tail))))
		start -= n
		block := make([]byte, n, int(n)+len(tail))
		if _, err := r.ReadAt(block, start); err != nil {
			return nil, err
		}
		if tail = append(block, tail...); tail[len(tail)-1] != '\n' {
			return nil, io.EOF
		}
		if i := bytes.LastIndexByte(tail[:len(tail)-1], '\n'); i >= 0 {
			return tail[i+1:], nil
		}
		if start == 0 && len(tail) <= maxLine {
			return tail, nil
		}
	}
	if size == 0 {
		return nil, io.EOF
	}
	return nil, errLongLine
}

// recordStart begins every line of a file of results.
const recordStart = `{"path":`

var runPattern = regexp.MustCompile(`^[0-9a-f]{8}$`)

// Parse reads one line: its Head, and the whole of it as an R.
func Parse[R any](line []byte) (head Head, record *R, err error) {
	record = new(R)
	if json.Unmarshal(line, &head) != nil || json.Unmarshal(line, record) != nil {
		return head, nil, errors.New("it is no JSON of this program")
	}
	if !runPattern.MatchString(head.Run) {
		return head, nil, errors.New(`it has no "run" of 8 hexadecimal digits`)
	}
	return head, record, nil
}

// check refuses a file at path that is no file of results: it would be overwritten. It
// reports whether there is a file.
func check(path string, k Kind) (there bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil {
		err = checkFirstLine(path, k)
	}
	if err != nil {
		return false, hint.Refuse("%s: reading %q: %w", k.Flag, path, text.Reason(err))
	}
	return true, nil
}

// checkFirstLine refuses a file whose first line is no record.
func checkFirstLine(path string, k Kind) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	foreign := fmt.Errorf("this file exists and is not one of %s: give another name", k.Name)
	r := bufio.NewReader(f)
	if start, _ := r.Peek(len(recordStart)); !strings.HasPrefix(recordStart, string(start)) {
		return foreign
	}
	line, err := ReadLine(r)
	switch {
	case err != nil && err != io.EOF:
		return err
	case err == io.EOF && !json.Valid(line):
		return nil // empty, or cut off within the first line
	}
	if _, _, err := Parse[Head](line); err != nil {
		return foreign
	}
	return nil
}

// CompleteLines returns how many complete lines a file has and how many bytes
// these are.
func CompleteLines(r io.Reader) (lines int, size int64, err error) {
	buf := make([]byte, 1<<16)
	for offset := int64(0); ; {
		n, err := r.Read(buf)
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			lines += bytes.Count(buf[:n], []byte{'\n'})
			size = offset + int64(i) + 1
		}
		offset += int64(n)
		if err == io.EOF {
			return lines, size, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}
