package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"bagnet/internal/fetch"
	"bagnet/internal/hint"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/models"
)

// library knows models by name.
type library struct {
	models []models.Model
	client fetch.Client // how to download; its functions are set for each download
}

// known is this program's library. Tests put another in its place.
var known = library{models: models.Registry()}

// find returns what is registered under name.
func (l library) find(name string) (models.Model, bool) {
	for _, m := range l.models {
		if m.Name == name {
			return m, true
		}
	}
	return models.Model{}, false
}

// usable are the names that --model takes: those of models that are embedded or
// can be downloaded.
func (l library) usable() []string {
	var names []string
	for _, m := range l.models {
		if m.File != "" {
			names = append(names, m.Name)
		}
	}
	return names
}

// cacheDir is where downloaded models are kept.
func cacheDir() (string, error) {
	dir := os.Getenv("XDG_CACHE_HOME")
	if dir != "" && !filepath.IsAbs(dir) {
		return "", modelError(fmt.Errorf("$XDG_CACHE_HOME is %q: want an absolute path", dir))
	}
	if dir == "" {
		var err error
		if dir, err = os.UserCacheDir(); err != nil {
			return "", hint.Add(modelError(fmt.Errorf("nobody knows where to keep models: %w", err)), "name a directory in $XDG_CACHE_HOME")
		}
	}
	return filepath.Join(dir, "bagnet"), nil
}

// cachedFile is the file of a model that can be downloaded. A mirror named in
// $BAGNET_MODEL_BASE_URL takes the place of the publisher.
func cachedFile(m models.Model) (fetch.File, error) {
	dir, err := cacheDir()
	if err != nil {
		return fetch.File{}, err
	}
	f := fetch.File{URL: m.URL, Path: filepath.Join(dir, m.File), SHA256: m.SHA256, Size: m.Size}
	if base := os.Getenv("BAGNET_MODEL_BASE_URL"); base != "" {
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return fetch.File{}, modelError(errors.New("$BAGNET_MODEL_BASE_URL: want a URL that begins with https:// or http:// and a host"))
		}
		f.URL = u.JoinPath(m.File).String()
	}
	return f, nil
}

// local is the file of a model that was downloaded, verified then or now.
func local(ctx context.Context, m models.Model) (fetch.File, error) {
	f, err := cachedFile(m)
	if err != nil || f.Present() {
		return f, err
	}
	return verified(ctx, m)
}

// verified is the file of a model that was downloaded, verified now.
func verified(ctx context.Context, m models.Model) (fetch.File, error) {
	f, err := cachedFile(m)
	if err != nil {
		return f, err
	}
	switch _, err := f.Verify(ctx); {
	case err == nil || ctx.Err() != nil:
		return f, ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return f, hint.Add(modelError(&missingError{m.Name}), "run 'bagnet models pull %s', or copy %s to %s", m.Name, m.File, text.Path(f.Path))
	default:
		return f, hint.Add(modelError(fmt.Errorf("model %s: %w", m.Name, err)), "run 'bagnet models pull %s' for another copy", m.Name)
	}
}

// modelSource is where a model's weights are.
type modelSource struct {
	name       string       // to show for the model
	path       string       // of its file, "" if it is embedded
	registered models.Model // what is known of it beforehand, zero if nothing is
}

// locate finds the model called nameOrPath: an embedded one, one that was
// downloaded or a file. Every error is a modelError.
func locate(nameOrPath string) (modelSource, error) {
	m, ok := known.find(nameOrPath)
	if _, embedded := models.Embedded(nameOrPath); embedded {
		return modelSource{nameOrPath, "", m}, nil
	}
	if ok && m.URL != "" {
		f, err := local(context.Background(), m)
		return modelSource{m.Name, f.Path, m}, err
	}
	return modelSource{name: filepath.Base(nameOrPath), path: nameOrPath}, checkModelFile(nameOrPath)
}

// open reads the weights.
func (m modelSource) open(choose loader.Select) (*loader.Checkpoint, error) {
	if m.path == "" {
		data, _ := models.Embedded(m.name)
		return loader.ReadSelected(m.name, bytes.NewReader(data), int64(len(data)), choose)
	}
	return loader.OpenSelected(m.path, choose)
}

// digest reads the weights' file without understanding it.
func (m modelSource) digest(ctx context.Context) (fetch.Digest, error) {
	if m.path == "" {
		data, _ := models.Embedded(m.name)
		return fetch.Sum(ctx, bytes.NewReader(data))
	}
	if parts, err := loader.Parts(m.path); err == nil && len(parts) > 1 {
		return digestOf(ctx, parts)
	}
	f, err := os.Open(m.path)
	if err != nil {
		return fetch.Digest{}, fmt.Errorf("opening %q: %w", m.path, text.Reason(err))
	}
	defer f.Close()
	d, err := fetch.Sum(ctx, f)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("reading %q: %w", m.path, text.Reason(err))
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

// missingError is a model that was not downloaded yet.
type missingError struct{ name string }

func (e *missingError) Error() string { return fmt.Sprintf("model %s is not downloaded", e.name) }

// obtain sees to it that a registered model which is not embedded is there,
// downloading it if need be. Paths and other names are left to openNetwork.
func (l library) obtain(ctx context.Context, s *terminal.Streams, name string, offline bool) error {
	m, ok := l.find(name)
	if !ok || m.URL == "" {
		return nil
	}
	f, err := local(ctx, m)
	if err == nil || offline || f.Path == "" || ctx.Err() != nil {
		return err
	}
	_, err = l.pull(ctx, s, m, f, false)
	return err
}

// pull downloads f, the file of m, unless it is there already (force: in any
// case) and says so on stderr. It reports whether it did.
func (l library) pull(ctx context.Context, s *terminal.Streams, m models.Model, f fetch.File, force bool) (bool, error) {
	bar := &terminal.Download{Streams: s, Name: m.Name}
	client := l.client
	client.Progress = bar.Set
	client.Notice = func(text string) {
		bar.Hide()
		s.Notef("model %s: %s", m.Name, text)
	}
	d, downloaded, err := client.Get(ctx, f, force)
	bar.Hide()
	if err != nil {
		return false, pullError(ctx, m, f, err)
	}
	if downloaded {
		s.Notef("model %s: wrote %s, %s, SHA-256 %s", m.Name, text.Path(f.Path), text.Bytes(d.Size), d.SHA256)
	}
	return downloaded, nil
}

// pullError says what to do about a download that failed.
func pullError(ctx context.Context, m models.Model, f fetch.File, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	wrapped := modelError(fmt.Errorf("model %s: %w", m.Name, err))
	if _, ok := errors.AsType[*fetch.FileError](err); ok {
		return hint.Add(wrapped, "models are kept in %s; $XDG_CACHE_HOME names another place", text.Path(filepath.Dir(f.Path)))
	}
	if _, ok := errors.AsType[*fetch.MismatchError](err); ok {
		return hint.Add(wrapped, "nothing of it was kept; name another mirror in $BAGNET_MODEL_BASE_URL, or copy the right %s to %s", m.File, text.Path(f.Path))
	}
	return hint.Add(wrapped, "try again later, name a mirror in $BAGNET_MODEL_BASE_URL, or copy %s to %s", m.File, text.Path(f.Path))
}

// maxName is the longest name that a file may give its network, bytes.
const maxName = 255

// nameOf is what to call the network in a file: what the file says, if that is
// not the name of a registered model, whose copy may have been changed.
func nameOf(m metadata.Metadata, source modelSource) string {
	_, taken := known.find(m.Name)
	if source.path == "" || source.registered.Name != "" || taken || strings.TrimSpace(m.Name) == "" || len(m.Name) > maxName {
		return source.name
	}
	return m.Name
}
