package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/evaluation"
	"bagnet/internal/images"
	"bagnet/internal/text"
)

// recordHead is how every line of such a file begins: the image that it is
// about, and what stands for everything that the rest depends on beside it.
type recordHead struct {
	Path string `json:"path"`
	Run  string `json:"run"`
}

// mismatch says why a record is not the one that want begins; "" if it is.
func (h recordHead) mismatch(want recordHead, k resultsKind) string {
	if h.Run != want.Run {
		return fmt.Sprintf("%s were others (run %s, now %s)", k.basis, h.Run, want.Run)
	}
	if path := string([]rune(want.Path)); path != h.Path { // JSON cannot have bytes that are not UTF-8 either
		return fmt.Sprintf("it is about %q, but the image there is %q", h.Path, path)
	}
	return ""
}

// savedResult is a line of evaluate's --predictions.
type savedResult struct {
	recordHead
	Label       *class.Class        `json:"label"` // the truth; null if not known
	Predictions []bagnet.Prediction `json:"predictions,omitempty"`
	Error       string              `json:"error,omitempty"`
}

// of returns the result as an answer to that trial, its classes by their places.
func (r *savedResult) of(t trial, places []int) evaluation.Result {
	result := evaluation.Result{Path: t.Path, Class: places[t.class]}
	for _, p := range r.Predictions {
		result.Predictions = append(result.Predictions, evaluation.Prediction{Class: places[p.Index], Probability: p.Probability})
	}
	return result
}

// maxResultLine bounds a line: the path may have maxListLine bytes, of which JSON
// can make six times as many.
const maxResultLine = 8 << 20

// readLine returns the next line of r with its end. A file may end without one:
// then, as at the end, the error is io.EOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxResultLine {
			return nil, fmt.Errorf("a line is longer than %d bytes", maxResultLine)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// recordStart begins every line of such a file.
const recordStart = `{"path":`

var runPattern = regexp.MustCompile(`^[0-9a-f]{8}$`)

// parseRecord reads one line.
func parseRecord[R any](line []byte) (head recordHead, record *R, err error) {
	record = new(R)
	if json.Unmarshal(line, &head) != nil || json.Unmarshal(line, record) != nil {
		return head, nil, errors.New("it is no JSON of this program")
	}
	if !runPattern.MatchString(head.Run) {
		return head, nil, errors.New(`it has no "run" of 8 hexadecimal digits`)
	}
	return head, record, nil
}

// mismatch says why a record about the image of a trial is no answer to it, of the
// classes that have a place; "" if it is one.
func (r *savedResult) mismatch(t trial, classes class.Choice) string {
	if r.Error != "" {
		return ""
	}
	if r.Label == nil || r.Label.Index != t.class {
		return fmt.Sprintf("the true class of %q was another", r.Path)
	}
	valid := len(r.Predictions) == min(evaluation.TopFive, len(classes.Classes))
	for _, p := range r.Predictions {
		valid = valid && p.Index >= 0 && p.Index < len(classes.Places) && classes.Places[p.Index] != class.None && p.Probability >= 0 && p.Probability <= 1
	}
	if !valid {
		return "it is damaged"
	}
	return ""
}

// checkResults refuses a file that is there and is something else than such
// results: it would be lost. It reports whether there is one.
func checkResults(path string, k resultsKind) (there bool, err error) {
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
		return false, usageErrorf("%s: reading %q: %w", k.flag, path, text.Reason(err))
	}
	return true, nil
}

func checkFirstLine(path string, k resultsKind) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	foreign := fmt.Errorf("this file exists and is not one of %s: give another name", k.name)
	r := bufio.NewReader(f)
	if start, _ := r.Peek(len(recordStart)); !strings.HasPrefix(recordStart, string(start)) {
		return foreign
	}
	line, err := readLine(r)
	switch {
	case err != nil && err != io.EOF:
		return err
	case err == io.EOF && !json.Valid(line):
		return nil // empty, or cut off within the first line
	}
	if _, _, err := parseRecord[recordHead](line); err != nil {
		return foreign
	}
	return nil
}

// completeLines returns how many complete lines a file has and how many bytes
// these are.
func completeLines(r io.Reader) (lines int, size int64, err error) {
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

// identity returns what stands for everything that a network's answers to given
// images depend on, and for settings, if those matter too: 8 hexadecimal digits.
func (n *opened) identity(ctx context.Context, decoding images.DecodeOptions, settings any) (string, error) {
	digest, err := n.source.Digest(ctx)
	if err != nil {
		return "", modelError(err)
	}
	all, err := json.Marshal(struct {
		Weights       string
		Preprocessing images.Preprocessing
		Decoding      images.DecodeOptions
		Classes       []class.Class
		Settings      any    `json:",omitempty"`
		Network       string `json:",omitempty"`
	}{digest.SHA256, n.preprocessing, decoding, n.classes, settings, n.chosen})
	if err != nil {
		return "", errors.New("encoding JSON: " + err.Error())
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:4]), nil
}
