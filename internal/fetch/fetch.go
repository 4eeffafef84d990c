// Package fetch gets files whose hash is known beforehand. Downloads are
// resumed, retried and verified, and appear under their names whole or not at
// all, whatever the server does and whenever the process ends.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"bagnet/internal/filelock"
)

// minDigits is how many digits of a hash must be known: torch's convention
// puts so many into file names.
const minDigits = 8

// progressStep is how many new bytes make an attempt no failure.
const progressStep = 1 << 18

// File is a file to be had from the network. Beside it lie, while it is
// downloaded, PATH.part (what is there of it) and PATH.part.origin (whose answer
// that is), and for good PATH.lock (empty) and PATH.json (size and hash, recorded
// when it was first verified).
type File struct {
	URL    string // https, or http
	Path   string // where it is kept; directories are made as needed
	SHA256 string // of the whole file: all or the first of its digits, lower case, at least 8
	Size   int64  // bytes, 0 if not known
}

// Client says how to download. Its zero value does it as programs usually do.
// It may be used from several goroutines at once if its functions may.
type Client struct {
	Stall    time.Duration // a connection without a byte for so long is dropped; 0 means 30 s
	Pause    time.Duration // before the second attempt, twice as long before each further one; 0 means 1 s
	MaxPause time.Duration // a server that asks for a longer one has the last word; 0 means 60 s
	Attempts int           // attempts without progress after which to give up; 0 means 5
	Limit    int64         // bytes, of files whose size is not known; 0 means 1 GiB

	Progress func(done, total int64) // called as bytes arrive, which may start over; total is -1 if not known
	Notice   func(text string)       // called with what a waiting user may want to know

	lock func(path string) (*os.File, error) // tryLock, but in tests
}

// withDefaults is c with every field set.
func (c Client) withDefaults() Client {
	if c.Stall == 0 {
		c.Stall = 30 * time.Second
	}
	if c.Pause == 0 {
		c.Pause = time.Second
	}
	if c.MaxPause == 0 {
		c.MaxPause = time.Minute
	}
	if c.Attempts == 0 {
		c.Attempts = 5
	}
	if c.Limit == 0 {
		c.Limit = 1 << 30
	}
	if c.Progress == nil {
		c.Progress = func(int64, int64) {}
	}
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	if c.lock == nil {
		c.lock = tryLock
	}
	return c
}

// Get returns what f is once it lies under its path, verified, and whether it
// had to be downloaded for that, which with force it always is. Errors of ctx
// come back as they are; a *MismatchError means that what the server sent is not
// f. After an error nothing but f itself is under its path: what was there and
// right, or nothing; what came over an interrupted connection stays for resuming.
func (c Client) Get(ctx context.Context, f File, force bool) (d Digest, downloaded bool, err error) {
	c = c.withDefaults()
	if len(f.SHA256) < minDigits {
		return Digest{}, false, fmt.Errorf("downloading %q: its hash is not known", redacted(f.URL))
	}
	if !force {
		// A file that is there needs no lock, nor a directory that can be written.
		if d, err = f.Verify(ctx); err == nil {
			c.sweep(f)
			return d, false, nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o777); err != nil {
		return Digest{}, false, fileError("making directory", filepath.Dir(f.Path), err)
	}
	partPath := f.Path + ".part"
	lock, err := c.wait(ctx, f.Path+".lock")
	switch {
	case err == nil:
		defer lock.Close()
	case errors.Is(err, errors.ErrUnsupported):
		// Without locks (some network file systems) everybody has a file of
		// their own; nobody could tell whether one is in use, so none is resumed.
		partPath = fmt.Sprintf("%s.%08x.part", f.Path, rand.Uint32())
	default:
		return Digest{}, false, err
	}

	// The process that was waited for may have done the work.
	switch d, err := f.Verify(ctx); {
	case err == nil && !force:
		return d, false, nil
	case mismatched(err):
		c.Notice(err.Error() + "; downloading it again")
		if err := os.Remove(f.Path); err != nil {
			return Digest{}, false, fileError("removing", f.Path, err)
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Digest{}, false, err
	}

	p, err := openPart(partPath)
	if err != nil {
		return Digest{}, false, err
	}
	if lock == nil {
		defer p.discard()
	}
	defer p.Close()
	if force {
		if err := p.reset(); err != nil {
			return Digest{}, false, err
		}
	}
	d, err = c.download(ctx, f.Known(), p)
	if err != nil {
		if p.size == 0 {
			p.discard()
		}
		return Digest{}, false, err
	}
	return d, true, p.publish(f, d)
}

// sweep removes what an interrupted download has left beside f, which is there,
// unless one is going on.
func (c *Client) sweep(f File) {
	p := part{path: f.Path + ".part"}
	if !exists(p.path) && !exists(p.originPath()) {
		return
	}
	if lock, err := c.lock(f.Path + ".lock"); err == nil {
		defer lock.Close()
		os.Remove(p.path)
		os.Remove(p.originPath())
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// wait takes the lock at path, however long others hold it.
func (c *Client) wait(ctx context.Context, path string) (*os.File, error) {
	for told := false; ; told = true {
		lock, err := c.lock(path)
		if !errors.Is(err, filelock.ErrLocked) {
			return lock, err
		}
		if !told {
			c.Notice("another process is downloading it; waiting for that")
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// download fills p until it is f, and returns what that is. If pieces of
// several answers turn out not to be, all of it is asked for once more.
func (c *Client) download(ctx context.Context, f File, p *part) (Digest, error) {
	web := newHTTPClient(f)
	defer web.CloseIdleConnections()
	for again := false; ; again = true {
		if err := c.transfer(ctx, web, f, p); err != nil {
			return Digest{}, err
		}
		d, err := sum(ctx, p, p.path)
		if err != nil {
			return Digest{}, err
		}
		if err = f.compare(d); err == nil {
			return d, nil
		}
		pieced := p.pieced
		if resetErr := p.reset(); resetErr != nil {
			return Digest{}, resetErr
		}
		if !pieced || again {
			return Digest{}, fmt.Errorf("downloading %q: %w", redacted(f.URL), err)
		}
		c.Notice("what was put together from several answers is not the file; starting over")
	}
}

// transfer asks for what p lacks until it is there as far as the server says.
func (c *Client) transfer(ctx context.Context, web *http.Client, f File, p *part) error {
	if f.Size > 0 && p.size > f.Size {
		if err := p.reset(); err != nil {
			return err
		}
	}
	c.Notice(start(f, p))
	failures, furthest := 0, p.size
	for pause := c.Pause; ; pause *= 2 {
		if f.Size > 0 && p.size == f.Size {
			p.pieced = true // who knows what an earlier process left
			return nil
		}
		err := c.attempt(ctx, web, f, p)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		again, ok := errors.AsType[*retryError](err)
		if !ok {
			return fmt.Errorf("downloading %q: %w", redacted(f.URL), err)
		}
		// Progress is what was never reached before, or a server that ignores
		// ranges and cuts every answer could go on for ever.
		if p.size >= furthest+progressStep {
			failures, furthest, pause = 0, p.size, c.Pause
		}
		if failures++; failures >= c.Attempts {
			return fmt.Errorf("downloading %q: %w, after %d attempts", redacted(f.URL), err, c.Attempts)
		}
		wait := max(pause, again.after)
		if wait > max(pause, c.MaxPause) {
			return fmt.Errorf("downloading %q: %w and asks to wait %s", redacted(f.URL), err, again.after)
		}
		c.Notice(fmt.Sprintf("%v; trying again in %s", err, wait))
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// start says what transfer is about to do.
func start(f File, p *part) string {
	if p.size > 0 {
		return fmt.Sprintf("downloading %s, of which %d bytes are there", redacted(f.URL), p.size)
	}
	return "downloading " + redacted(f.URL)
}

// sleep waits for d, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// FileError is trouble with a file or directory of this computer.
type FileError struct {
	Op   string // what was being done
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s %q: %v", e.Op, e.Path, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// fileError makes a FileError of err without the operation and the paths that
// package os adds.
func fileError(op, path string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	if linkErr, ok := errors.AsType[*os.LinkError](err); ok {
		err = linkErr.Err
	}
	return &FileError{op, path, err}
}
