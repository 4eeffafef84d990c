package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"bagnet/internal/fetch"
	"bagnet/internal/hint"
	"bagnet/internal/text"
	"bagnet/models"
)

// Dir is where downloaded models are kept.
func Dir() (string, error) {
	dir := os.Getenv("XDG_CACHE_HOME")
	if dir != "" && !filepath.IsAbs(dir) {
		return "", fmt.Errorf("$XDG_CACHE_HOME is %q: want an absolute path", dir)
	}
	if dir == "" {
		var err error
		if dir, err = os.UserCacheDir(); err != nil {
			return "", hint.Add(fmt.Errorf("nobody knows where to keep models: %w", err), "name a directory in $XDG_CACHE_HOME")
		}
	}
	return filepath.Join(dir, "bagnet"), nil
}

// Cached is the file of a model that can be downloaded. A mirror named in
// $BAGNET_MODEL_BASE_URL takes the place of the publisher.
func Cached(m models.Model) (fetch.File, error) {
	dir, err := Dir()
	if err != nil {
		return fetch.File{}, err
	}
	f := fetch.File{URL: m.URL, Path: filepath.Join(dir, m.File), SHA256: m.SHA256, Size: m.Size}
	if base := os.Getenv("BAGNET_MODEL_BASE_URL"); base != "" {
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return fetch.File{}, errors.New("$BAGNET_MODEL_BASE_URL: want a URL that begins with https:// or http:// and a host")
		}
		f.URL = u.JoinPath(m.File).String()
	}
	return f, nil
}

// Local is the file of a model that was downloaded, verified then or now.
func Local(ctx context.Context, m models.Model) (fetch.File, error) {
	f, err := Cached(m)
	if err != nil || f.Present() {
		return f, err
	}
	return verified(ctx, m)
}

// verified is the file of a model that was downloaded, verified now.
func verified(ctx context.Context, m models.Model) (fetch.File, error) {
	f, err := Cached(m)
	if err != nil {
		return f, err
	}
	switch _, err := f.Verify(ctx); {
	case err == nil || ctx.Err() != nil:
		return f, ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return f, hint.Add((&MissingError{m.Name}), "run 'bagnet models pull %s', or copy %s to %s", m.Name, m.File, text.Path(f.Path))
	default:
		return f, hint.Add(fmt.Errorf("model %s: %w", m.Name, err), "run 'bagnet models pull %s' for another copy", m.Name)
	}
}

// MissingError is a model that was not downloaded yet.
type MissingError struct{ Name string }

// Error says which model is missing.
func (e *MissingError) Error() string { return fmt.Sprintf("model %s is not downloaded", e.Name) }

// A Report is told how a download comes on.
type Report struct {
	Progress func(done, total int64) // bytes; total is -1 if nobody knows it
	Done     func()                  // at the end, however it went
	Notice   func(text string)
}

// Obtain sees to it that a model which can be downloaded is there, downloading it if
// need be and allowed. Other names and paths are left to Resolve.
func (l Library) Obtain(ctx context.Context, name string, offline bool, r func(models.Model) Report) error {
	m, kind := l.Lookup(name)
	if kind != Downloadable {
		return nil
	}
	f, err := Local(ctx, m)
	if err == nil || offline || f.Path == "" || ctx.Err() != nil {
		return err
	}
	_, err = l.pull(ctx, m, f, false, r(m))
	return err
}

// PullNamed downloads the model called name, unless it is there already (force: in any
// case) or that is not allowed. It returns the path of its file, "" for an embedded one,
// and whether that was downloaded now.
func (l Library) PullNamed(ctx context.Context, name string, force, offline bool, r func(models.Model) Report) (path string, downloaded bool, err error) {
	m, err := l.Obtainable(name)
	if err != nil || KindOf(m) == Embedded {
		return "", false, err
	}
	var f fetch.File
	if offline {
		f, err = verified(ctx, m)
	} else if f, err = Cached(m); err == nil {
		downloaded, err = l.pull(ctx, m, f, force, r(m))
	}
	return f.Path, downloaded, err
}

// pull downloads f, the file of m, unless it is there already (force: in any case).
// It reports whether it did.
func (l Library) pull(ctx context.Context, m models.Model, f fetch.File, force bool, r Report) (bool, error) {
	client := l.Client
	client.Progress, client.Notice = r.Progress, r.Notice
	d, downloaded, err := client.Get(ctx, f, force)
	r.Done()
	if err != nil {
		return false, pullError(ctx, m, f, err)
	}
	if downloaded {
		r.Notice(fmt.Sprintf("wrote %s, %s, SHA-256 %s", text.Path(f.Path), text.Bytes(d.Size), d.SHA256))
	}
	return downloaded, nil
}

// pullError says what to do about a download that failed.
func pullError(ctx context.Context, m models.Model, f fetch.File, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	wrapped := fmt.Errorf("model %s: %w", m.Name, err)
	if _, ok := errors.AsType[*fetch.FileError](err); ok {
		return hint.Add(wrapped, "models are kept in %s; $XDG_CACHE_HOME names another place", text.Path(filepath.Dir(f.Path)))
	}
	if _, ok := errors.AsType[*fetch.MismatchError](err); ok {
		return hint.Add(wrapped, "nothing of it was kept; name another mirror in $BAGNET_MODEL_BASE_URL, or copy the right %s to %s", m.File, text.Path(f.Path))
	}
	return hint.Add(wrapped, "try again later, name a mirror in $BAGNET_MODEL_BASE_URL, or copy %s to %s", m.File, text.Path(f.Path))
}
