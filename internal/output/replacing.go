package output

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"bagnet/internal/heatmap"
	"bagnet/internal/text"
)

// Replacing watches over files that are already where results are to go. They are kept
// if Keep says so. Otherwise they are replaced, and Report says which of them showed other
// images: two images of one name, in different directories, have results of one name.
type Replacing struct {
	Keep     string // why files stay that are there; "" if they do not
	Sheets   bool   // results are sheets of many images, not maps of one
	replaced int    // results that show other images
	first    string // what Report says of the first of them
}

// Check refuses to write to path if that is there and to be kept.
func (r *Replacing) Check(path string) error {
	if r.Keep != "" && Exists(path) {
		return errKept(path, r.Keep)
	}
	return nil
}

// errKept is the error about a file that is kept.
func errKept(path, why string) error {
	return fmt.Errorf("%q is there already, and %s: give another name or directory", path, why)
}

// Create starts the file of a result. One that is to be kept and appears before
// the result is finished, as another job's may, is kept as well.
func (r *Replacing) Create(path string) (*File, error) {
	if err := r.Check(path); err != nil {
		return nil, err
	}
	f, err := Create(path)
	if err == nil {
		f.keep = r.Keep
	}
	return f, err
}

// Write writes a whole file or nothing.
func (r *Replacing) Write(path string, data []byte) error {
	f, err := r.Create(path)
	if err != nil {
		return err
	}
	return f.writeAll(data)
}

// Keys of the texts in a picture's PNG file that say which image it shows.
const (
	TextSource   = "Source"           // its path, as it was named
	TextContents = "bagnet:image-crc" // of the file's bytes, CRC-32 (IEEE) in hexadecimal digits
)

// Fingerprint is an image file's contents as TextContents has them.
func Fingerprint(data []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) }

// Note remembers if path, which is about to be replaced, shows another image than
// the one from source with these contents, "" if they are not known. One file may
// be called by several paths.
func (r *Replacing) Note(path, source, contents string) {
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
	other := was[TextSource] != "" && filepath.Clean(was[TextSource]) != filepath.Clean(text.OneLine(source)) && !same(was[TextSource], source)
	if !other && (was[TextSource] == "" || was[TextContents] == "" || contents == "" || was[TextContents] == contents) {
		return
	}
	if r.replaced++; r.replaced == 1 {
		r.first = fmt.Sprintf("%s, which showed %s and now shows %s", text.Path(path), text.Path(was[TextSource]), text.Path(source))
		if !other {
			r.first = fmt.Sprintf("%s, which showed another %s", text.Path(path), text.Path(source))
		}
	}
}

// Report says which results that show other images were replaced; "" if none were.
func (r *Replacing) Report() string {
	switch {
	case r.replaced == 1 && r.Sheets:
		return fmt.Sprintf("replaced the sheet of other images: %s", r.first)
	case r.replaced > 1 && r.Sheets:
		return fmt.Sprintf("replaced %d sheets of other images: %s, ...", r.replaced, r.first)
	case r.replaced == 1:
		return fmt.Sprintf("replaced the map of another image: %s", r.first)
	case r.replaced > 1:
		return fmt.Sprintf("replaced the maps of %d other images: %s, ...", r.replaced, r.first)
	}
	return ""
}

// CheckFirst refuses a file that is named, before anything is computed for it.
func (r *Replacing) CheckFirst(places ...*Places) error {
	for _, p := range places {
		if p == nil || p.File == "" || p.File == "-" {
			continue
		}
		if err := r.Check(p.File); err != nil {
			return err
		}
	}
	return nil
}
