package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"bagnet/internal/fetch"
	"bagnet/internal/network"
	"bagnet/internal/text"
	"bagnet/models"
)

// A Verification is what was found out about a model.
type Verification struct {
	Name    string `json:"name"`    // as it was given, or as it is registered
	Path    string `json:"path"`    // "" for an embedded model
	Model   string `json:"model"`   // the registered model that it is, "" if none
	Size    int64  `json:"size"`    // bytes
	SHA256  string `json:"sha256"`  // "" if it could not be read
	Checked string `json:"checked"` // what the hash was compared with
	Good    bool   `json:"good"`
	Error   string `json:"error,omitempty"`
}

// What hashes are compared with.
const (
	checkedWhole    = "whole SHA-256"
	checkedFirst    = "first digits of SHA-256"
	checkedFileName = "digits in its name"
	checkedLoading  = "loading only"
)

// nameDigits finds the beginning of a file's SHA-256 in its name by torch's
// convention (torch.hub.HASH_REGEX, with at least eight digits).
var nameDigits = regexp.MustCompile(`-([0-9a-f]{8,64})\.`)

// Every names the embedded models, the downloaded ones, and the paths of
// other files in the cache.
func (l Library) Every() ([]string, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading directory %q: %w", dir, text.Reason(err))
	}
	var names []string
	byFile := make(map[string]string)
	for _, m := range l.Models {
		switch KindOf(m) {
		case Embedded:
			names = append(names, m.Name)
		case Downloadable:
			byFile[m.File] = m.Name
		}
	}
	for _, e := range entries {
		if name, ok := byFile[e.Name()]; ok {
			names = append(names, name)
			continue
		}
		switch filepath.Ext(e.Name()) {
		case ".part", ".origin", ".lock", ".json": // what fetch keeps beside a file
		default:
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, nil
}

// Verify checks a model given by name or path. What was found out is returned
// even with an error.
func (l Library) Verify(ctx context.Context, nameOrPath string) (Verification, error) {
	m, kind := l.Lookup(nameOrPath)
	switch kind {
	case Embedded:
		return verifyEmbedded(ctx, m)
	case Downloadable:
		return verifyDownloaded(ctx, m)
	}
	return l.verifyFile(ctx, nameOrPath)
}

func verifyEmbedded(ctx context.Context, m models.Model) (Verification, error) {
	v := Verification{Name: m.Name, Model: m.Name, Checked: checkedWhole}
	d, err := Source{Name: m.Name}.Digest(ctx)
	v.Size, v.SHA256 = d.Size, d.SHA256
	if err == nil && d.SHA256 != m.SHA256 {
		err = &fetch.MismatchError{Got: d, Size: m.Size, SHA256: m.SHA256}
	}
	return v, err
}

func verifyDownloaded(ctx context.Context, m models.Model) (Verification, error) {
	v := Verification{Name: m.Name, Model: m.Name, Checked: checkedFirst}
	f, err := Cached(m)
	if err != nil {
		return v, err
	}
	v.Path = f.Path
	if f.Known().Size > 0 {
		v.Checked = checkedWhole
	}
	d, err := f.Verify(ctx)
	v.Size, v.SHA256 = d.Size, d.SHA256
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("it is not downloaded")
	}
	return v, err
}

func (l Library) verifyFile(ctx context.Context, path string) (Verification, error) {
	v := Verification{Name: path, Path: path, Checked: checkedLoading}
	if err := l.checkFile(path); err != nil {
		return v, err
	}
	d, err := Source{Path: path}.Digest(ctx)
	if err != nil {
		return v, err
	}
	v.Size, v.SHA256 = d.Size, d.SHA256
	for _, m := range l.Models {
		if m.SHA256 != "" && strings.HasPrefix(d.SHA256, m.SHA256) {
			v.Model, v.Checked = m.Name, checkedFirst
			if m.SHA256 == d.SHA256 {
				v.Checked = checkedWhole
			}
			break
		}
	}
	if digits := nameDigits.FindStringSubmatch(filepath.Base(path)); digits != nil {
		if v.Checked == checkedLoading {
			v.Checked = checkedFileName
		}
		if !strings.HasPrefix(d.SHA256, digits[1]) {
			return v, &fetch.MismatchError{Got: d, SHA256: digits[1]}
		}
	}
	n, err := network.Open(path, network.Options{Threads: 1})
	if err == nil {
		n.Close()
	}
	return v, err
}
