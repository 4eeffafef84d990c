package cli

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"bagnet/internal/heatmap"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// replacing watches over files that are there already where results are to go:
// --no-clobber keeps them, and maps of other images, as jobs side by side with
// images of one name make them, are not replaced without a word.
type replacing struct {
	keep     bool   // --no-clobber
	sheets   bool   // results are sheets of many images, not maps of one
	replaced int    // results that show other images
	first    string // what to say of one of them
}

// check refuses to write to path if that is there and to be kept.
func (r *replacing) check(path string) error {
	if r.keep && exists(path) {
		return errKept(path)
	}
	return nil
}

func errKept(path string) error {
	return fmt.Errorf("%q is there already, and --no-clobber keeps it: give another name or directory", path)
}

// create starts the file of a result. One that is to be kept and appears before
// the result is finished, as another job's may, is kept as well.
func (r *replacing) create(path string) (*atomicFile, error) {
	if err := r.check(path); err != nil {
		return nil, err
	}
	f, err := createAtomic(path)
	if err == nil {
		f.keep = r.keep
	}
	return f, err
}

// write writes a whole file or nothing.
func (r *replacing) write(path string, data []byte) error {
	f, err := r.create(path)
	if err != nil {
		return err
	}
	return f.writeAll(data)
}

// writeNPY writes a whole array or nothing.
func (r *replacing) writeNPY(path string, values []float32, shape ...int) error {
	f, err := r.create(path)
	if err != nil {
		return err
	}
	return f.writeNPY(values, shape...)
}

// Texts of a map's file by which its image is known again.
const (
	textSource   = "Source"           // its path, as it was named
	textContents = "bagnet:image-crc" // of the file's bytes, CRC-32 (IEEE) in hexadecimal digits
)

// fingerprint is an image file's contents as textContents has them.
func fingerprint(data []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) }

// note remembers if path, which is about to be replaced, shows another image than
// the one from source with these contents, "" if they are not known. One file may
// be called by several paths.
func (r *replacing) note(path, source, contents string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	texts, err := heatmap.ReadTexts(f)
	if err != nil {
		return
	}
	was := map[string]string{}
	for _, t := range texts {
		was[t.Key] = t.Value
	}
	other := was[textSource] != "" && filepath.Clean(was[textSource]) != filepath.Clean(text.OneLine(source)) && !sameFile(was[textSource], source)
	if !other && (was[textSource] == "" || was[textContents] == "" || contents == "" || was[textContents] == contents) {
		return
	}
	if r.replaced++; r.replaced == 1 {
		r.first = fmt.Sprintf("%s, which showed %s and now shows %s", text.Path(path), text.Path(was[textSource]), text.Path(source))
		if !other {
			r.first = fmt.Sprintf("%s, which showed another %s", text.Path(path), text.Path(source))
		}
	}
}

// report says at the end which results that show other images were replaced.
func (r *replacing) report(s *terminal.Streams) {
	switch {
	case r.replaced == 1 && r.sheets:
		s.Warnf("replaced the sheet of other images: %s (--no-clobber keeps what is there)", r.first)
	case r.replaced > 1 && r.sheets:
		s.Warnf("replaced %d sheets of other images: %s, ... (--no-clobber keeps what is there)", r.replaced, r.first)
	case r.replaced == 1:
		s.Warnf("replaced the map of another image: %s (--no-clobber keeps what is there)", r.first)
	case r.replaced > 1:
		s.Warnf("replaced the maps of %d other images: %s, ... (--no-clobber keeps what is there)", r.replaced, r.first)
	}
}

// checkFirst refuses a file that is named, before anything is computed for it.
func (r *replacing) checkFirst(places ...*places) error {
	for _, p := range places {
		if p == nil || p.file == "" || p.file == "-" {
			continue
		}
		if err := r.check(p.file); err != nil {
			return &exitError{code: exitFailed, err: err}
		}
	}
	return nil
}

const noClobberUsage = "keep files that are there already: what would replace them fails"
