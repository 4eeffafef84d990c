package fetch

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"bagnet/internal/filelock"
)

// part is the beginning of a file that is being downloaded.
type part struct {
	*os.File
	path   string
	size   int64  // bytes that are there
	origin origin // of them
	pieced bool   // they came in more than one answer
}

// origin is the answer that bytes came from, for If-Range.
type origin struct {
	URL       string `json:"url"`       // without its password
	Validator string `json:"validator"` // an entity tag or a date, "" if the server gave none
}

func (p *part) originPath() string { return p.path + ".origin" }

// openPart opens what there is at path, or an empty file.
func openPart(path string) (*part, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fileError("writing", path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		file.Close()
		return nil, fileError("writing", path, err)
	}
	p := &part{File: file, path: path, size: info.Size()}
	if data, err := os.ReadFile(p.originPath()); err == nil && json.Unmarshal(data, &p.origin) != nil {
		p.origin = origin{}
	}
	return p, nil
}

// follows reports whether p's origin can tell if f's server has the same file still.
func (p *part) follows(f File) bool {
	return p.origin.Validator != "" && p.origin.URL == redacted(f.URL)
}

// append adds bytes that came next.
func (p *part) append(b []byte) error {
	n, err := p.WriteAt(b, p.size)
	p.size += int64(n)
	if err != nil {
		return fileError("writing", p.path, err)
	}
	return nil
}

// reset empties p.
func (p *part) reset() error {
	p.size, p.origin, p.pieced = 0, origin{}, false
	if err := p.Truncate(0); err != nil {
		return fileError("writing", p.path, err)
	}
	return nil
}

// begin empties p for the bytes of another answer. Should the process end
// between the two steps, no bytes are left that could be taken for from's.
func (p *part) begin(from origin) error {
	if err := p.reset(); err != nil {
		return err
	}
	p.origin = from
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return writeFile(p.originPath(), data)
}

// discard removes p.
func (p *part) discard() {
	p.Close()
	os.Remove(p.path)
	os.Remove(p.originPath())
}

// publish gives p, which was verified to be d, the name of f.
func (p *part) publish(f File, d Digest) error {
	if err := p.Sync(); err != nil {
		return fileError("writing", p.path, err)
	}
	// If somebody cleaned up meanwhile, the name may be another process's.
	mine, err := p.Stat()
	if err != nil {
		return fileError("writing", p.path, err)
	}
	if named, err := os.Lstat(p.path); err != nil || !os.SameFile(mine, named) {
		return fileError("writing", p.path, errors.New("somebody removed it during the download: try again"))
	}
	if err := f.record(d); err != nil {
		return err
	}
	if err := p.Close(); err != nil { // Windows renames no open file
		return fileError("writing", p.path, err)
	}
	if err := os.Rename(p.path, f.Path); err != nil {
		return fileError("writing", f.Path, err)
	}
	filelock.SyncDirectory(filepath.Dir(f.Path))
	if err := os.Remove(p.originPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileError("removing", p.originPath(), err)
	}
	return nil
}
