package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"bagnet/internal/heatmap"
)

// registerNoClobber adds --no-clobber to a command that writes files.
func registerNoClobber(cmd *cobra.Command, noClobber *bool, what string) {
	cmd.Flags().BoolVar(noClobber, "no-clobber", false, "refuse to replace "+what+" that are there already")
}

// The texts of a PNG file that say what it was made of.
const (
	sourceText       = "Source"               // paths, as they were given
	sourceDigestText = "bagnet:source-sha256" // of the image file's bytes
)

// sourceDigest is the text for sourceDigestText.
func sourceDigest(contents []byte) string {
	sum := sha256.Sum256(contents)
	return hex.EncodeToString(sum[:])
}

// otherSource returns what the picture at path shows, if that is known and is
// something else than what texts say of the one to come: a file with another
// digest, as several images may be given by one path, or another file.
func otherSource(path string, texts []heatmap.Text) (source string, other bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	there, err := heatmap.ReadTexts(f)
	if err != nil {
		return "", false // no picture of ours
	}
	source, known := textOf(there, sourceText)
	if !known {
		return "", false
	}
	old, _ := textOf(there, sourceDigestText)
	digest, _ := textOf(texts, sourceDigestText)
	now, _ := textOf(texts, sourceText)
	same := filepath.Clean(source) == filepath.Clean(now) || sameFile(source, now)
	return source, !same || old != "" && digest != "" && old != digest
}

func textOf(texts []heatmap.Text, key string) (value string, there bool) {
	for _, t := range texts {
		if t.Key == key {
			return t.Value, true
		}
	}
	return "", false
}

// errKept is the error for a result whose place is taken.
func errKept(path string) error {
	return fmt.Errorf("writing %q: it is there already, and --no-clobber keeps it", path)
}

// keep makes the places refuse to replace files. The file that is named, or the
// first of the others that is known beforehand, may be there already: that is
// the error.
func (p *places) keep(others ...string) error {
	p.noClobber = true
	if p.file != "" {
		others = append(others, p.file)
	}
	for _, path := range others {
		if err := p.free(path); err != nil {
			return err
		}
	}
	return nil
}

// free refuses a result's path where it would replace a file that is to be kept.
func (p *places) free(path string) error {
	if p.noClobber && path != "-" && exists(path) {
		return errKept(path)
	}
	return nil
}

// create starts the file of a result.
func (p *places) create(path string) (*atomicFile, error) {
	if err := p.free(path); err != nil {
		return nil, err
	}
	f, err := createAtomic(path)
	if err == nil {
		f.keep = p.noClobber
	}
	return f, err
}

// writePicture writes a PNG file with texts. The first time that it replaces one
// that shows something else, it says so; later ones are counted.
func (p *places) writePicture(s *streams, path string, encoded []byte, texts []heatmap.Text) error {
	source, other := otherSource(path, texts)
	f, err := p.create(path)
	if err != nil {
		return err
	}
	if err := f.writeAll(encoded); err != nil || !other {
		return err
	}
	if p.replaced++; p.replaced == 1 {
		if now, _ := textOf(texts, sourceText); source == now {
			source = "another " + displayPath(source)
		} else {
			source = displayPath(source)
		}
		s.warnf("%s showed %s and was replaced; --no-clobber would have kept it", displayPath(path), source)
	}
	return nil
}

// reportReplaced says how many pictures were replaced that showed something else,
// if the first was not all.
func (p *places) reportReplaced(s *streams) {
	if p.replaced > 1 {
		s.warnf("%d pictures of something else were replaced", p.replaced)
	}
}

// moveNew gives the file from the name to, which must be free, even if another
// process wants it at the same moment.
func moveNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, os.ErrExist) {
		os.Remove(from)
		return err
	}
	// There are no links on this file system.
	if _, err := os.Lstat(to); err == nil {
		return os.ErrExist
	}
	return os.Rename(from, to)
}
