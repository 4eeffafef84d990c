// Package library knows models by name: which are part of the program, which can be
// downloaded and where they are then, and which a user has to bring.
package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"bagnet/internal/fetch"
	"bagnet/internal/hint"
	"bagnet/internal/loader"
	"bagnet/internal/network"
	"bagnet/internal/text"
	"bagnet/models"
)

// A Library knows models by name.
type Library struct {
	Models []models.Model
	Client fetch.Client // how to download; its Progress and Notice are replaced by each download's Report
}

// Name returns the name of the model to use: given, if a user has named one, else the one
// in $BAGNET_MODEL, else the embedded default's.
func Name(given string) string {
	if given != "" {
		return given
	}
	if name := os.Getenv("BAGNET_MODEL"); name != "" {
		return name
	}
	return models.DefaultName
}

// Kind is how a model can be had.
type Kind int

const (
	File         Kind = iota // it is no name, but a path
	Embedded                 // it is part of the program
	Downloadable             // it is in the cache, or can be downloaded
	Manual                   // nobody may hand it on: a user has to bring the file
)

// Lookup returns what is registered under a name, and how it can be had.
func (l Library) Lookup(name string) (models.Model, Kind) {
	for _, m := range l.Models {
		if m.Name == name {
			return m, KindOf(m)
		}
	}
	return models.Model{}, File
}

// KindOf returns how a registered model can be had.
func KindOf(m models.Model) Kind {
	if _, embedded := models.Embedded(m.Name); embedded {
		return Embedded
	}
	if m.URL != "" {
		return Downloadable
	}
	return Manual
}

// Usable are the names that stand for a model by themselves: of those that are
// embedded or can be downloaded.
func (l Library) Usable() []string {
	var names []string
	for _, m := range l.Models {
		if m.File != "" {
			names = append(names, m.Name)
		}
	}
	return names
}

// A Source says where a model's weights are.
type Source struct {
	Name  string       // of the model; "" for a file, which says it
	Path  string       // of its file, "" if it is embedded
	Known models.Model // what is known of it beforehand, zero if nothing is
}

// Resolve finds the model called nameOrPath: an embedded one, one that was downloaded
// or a file.
func (l Library) Resolve(ctx context.Context, nameOrPath string) (Source, error) {
	m, kind := l.Lookup(nameOrPath)
	switch kind {
	case Embedded:
		return Source{Name: m.Name, Known: m}, nil
	case Downloadable:
		f, err := Local(ctx, m)
		return Source{m.Name, f.Path, m}, err
	}
	return Source{Path: nameOrPath}, l.checkFile(nameOrPath)
}

// Open reads the network. Name and Known of o are set here.
func (s Source) Open(o network.Options) (*network.Network, error) {
	o.Name, o.Known = s.Name, s.Known
	if s.Path == "" {
		data, _ := models.Embedded(s.Name)
		return network.Read(bytes.NewReader(data), int64(len(data)), o)
	}
	return network.Open(s.Path, o)
}

// Digest returns the SHA-256 and the size of the weights' file, or of the parts of a
// checkpoint one after the other.
func (s Source) Digest(ctx context.Context) (fetch.Digest, error) {
	if s.Path == "" {
		data, _ := models.Embedded(s.Name)
		return fetch.Sum(ctx, bytes.NewReader(data))
	}
	if parts, err := loader.Parts(s.Path); err == nil && len(parts) > 1 {
		return digestOf(ctx, parts)
	}
	f, err := os.Open(s.Path)
	if err != nil {
		return fetch.Digest{}, fmt.Errorf("opening %q: %w", s.Path, text.Reason(err))
	}
	defer f.Close()
	d, err := fetch.Sum(ctx, f)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("reading %q: %w", s.Path, text.Reason(err))
	}
	return d, err
}

// digestOf reads the parts of a checkpoint, one after the other.
func digestOf(ctx context.Context, parts []string) (fetch.Digest, error) {
	var readers []io.Reader
	for _, part := range parts {
		f, err := os.Open(part)
		if err != nil {
			return fetch.Digest{}, fmt.Errorf("opening %q: %w", part, text.Reason(err))
		}
		defer f.Close()
		readers = append(readers, f)
	}
	return fetch.Sum(ctx, io.MultiReader(readers...))
}

// checkFile explains what can be had when there is no model file at path.
func (l Library) checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("opening model %q: it is a directory; give the checkpoint file", path)
	case err == nil:
		return nil
	}
	if m, kind := l.Lookup(path); kind != File && errors.Is(err, fs.ErrNotExist) {
		return bring(m)
	}
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(path, `/\`) {
		return fmt.Errorf("opening model %q: %w", path, text.Reason(err))
	}
	return hint.Add(fmt.Errorf("no model is called %q, and there is no such file", path),
		"models known by name: %s; or give the path of a checkpoint file", strings.Join(l.Usable(), ", "))
}

// Obtainable returns the model called name, which is embedded or can be downloaded. The
// error about another says what to do instead.
func (l Library) Obtainable(name string) (models.Model, error) {
	m, kind := l.Lookup(name)
	if kind == File {
		return m, hint.Add(fmt.Errorf("no model is called %q", name), "models that can be had: %s", strings.Join(l.Usable(), ", "))
	}
	if m.File == "" {
		return m, bring(m)
	}
	return m, nil
}

// bring says how to come by a model that this program cannot fetch.
func bring(m models.Model) error {
	return hint.Add(fmt.Errorf("model %s cannot be downloaded: no licence is stated for its weights", m.Name),
		"get its checkpoint from the %s, if you may, and give the file's path: -m FILE", m.Source)
}
