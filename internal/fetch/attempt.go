package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxRedirects bounds how often one request is sent elsewhere.
const maxRedirects = 10

// retryError is a failure that another attempt may not have.
type retryError struct {
	err   error
	after time.Duration // the server's wish, 0 if it has none
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

func retryf(format string, args ...any) error { return &retryError{err: fmt.Errorf(format, args...)} }

// errStalled is the cause of a request that was given up.
var errStalled = errors.New("the connection stalled")

// redirectError refuses to go where a server wants.
type redirectError struct{ reason string }

func (e *redirectError) Error() string { return e.reason }

// newHTTPClient makes an HTTP client for f. It goes through the proxies that the
// environment names, and never from https to anything else.
func newHTTPClient(f File) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyFromEnvironment
	plain := strings.HasPrefix(strings.ToLower(f.URL), "http:")
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			if to.URL.Scheme != "https" && !(plain && to.URL.Scheme == "http") {
				return &redirectError{fmt.Sprintf("the server sends us on to %q, and %s is not allowed", to.URL.Redacted(), to.URL.Scheme)}
			}
			if len(via) > maxRedirects {
				return &redirectError{fmt.Sprintf("the server sends us on more than %d times", maxRedirects)}
			}
			return nil
		},
	}
}

// attempt asks once for what p lacks and appends what comes. Without an error
// all is there as far as the server says; a *retryError may go away.
func (c *Client) attempt(ctx context.Context, web *http.Client, f File, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(c.Stall, func() { cancel(errStalled) })
	defer watchdog.Stop()
	alive := func() { watchdog.Reset(c.Stall) }

	err := c.exchange(ctx, web, f, p, alive)
	if err != nil && context.Cause(ctx) == errStalled {
		return retryf("the server sent nothing for %s", c.Stall)
	}
	return err
}

func (c *Client) exchange(ctx context.Context, web *http.Client, f File, p *part, alive func()) error {
	request, err := newRequest(ctx, f, p)
	if err != nil {
		return err
	}
	response, err := web.Do(request)
	if err != nil {
		return connectionError(err)
	}
	defer response.Body.Close()
	alive()
	total, err := c.accept(response, f, p)
	if err != nil || total == p.size {
		return err
	}

	limit := total
	if limit < 0 {
		limit = c.limit(f)
	}
	buffer := make([]byte, 1<<17)
	for {
		n, err := response.Body.Read(buffer)
		alive()
		if p.size+int64(n) > limit {
			if err := p.reset(); err != nil {
				return err
			}
			return fmt.Errorf("the server sends more than the %d bytes that the file can have", limit)
		}
		if err := p.append(buffer[:n]); err != nil {
			return err
		}
		c.Progress(p.size, total)
		switch {
		case err == io.EOF && (p.size == total || total < 0 && p.size >= f.Size):
			return nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return retryf("the connection ended after %d bytes", p.size)
		case err != nil:
			return retryf("the connection broke: %w", bareNetError(err))
		}
	}
}

// newRequest asks for all of f, or for what follows the bytes in p, if they are
// still the beginning of what the server has.
func newRequest(ctx context.Context, f File, p *part) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return nil, errors.New("that is no URL") // the error would show a password
	}
	if u := request.URL; u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("want a URL that begins with https:// or http:// and a host")
	}
	request.Header.Set("User-Agent", "bagnet")
	request.Header.Set("Accept-Encoding", "identity") // ranges are those of the file itself
	if p.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
		if p.follows(f) {
			request.Header.Set("If-Range", p.origin.Validator)
		}
	}
	return request, nil
}

// accept decides what an answer means and makes p ready for its body. total is
// the size of the whole file by the server's account, -1 if it does not say;
// total == p.size means that p is complete and the body of no interest.
func (c *Client) accept(r *http.Response, f File, p *part) (total int64, err error) {
	switch code := r.StatusCode; {
	case code == http.StatusOK:
		if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
			return 0, fmt.Errorf("the server sends the file compressed (%s)", encoding)
		}
		if err := c.checkTotal(r.ContentLength, f); err != nil {
			return 0, err
		}
		if r.ContentLength == 0 {
			return 0, errors.New("the server sends an empty file")
		}
		return r.ContentLength, p.begin(origin{redacted(f.URL), validator(r.Header)})

	case code == http.StatusPartialContent && p.size > 0:
		start, total, ok := parseContentRange(r.Header.Get("Content-Range"))
		if now := validator(r.Header); now != "" && p.follows(f) && now != p.origin.Validator {
			ok = false
		}
		if !ok || start != p.size || c.checkTotal(total, f) != nil {
			return 0, startOver(p, "the server sent another part than it was asked for")
		}
		p.pieced = true
		return total, nil

	case code == http.StatusRequestedRangeNotSatisfiable && p.size > 0:
		size, found := strings.CutPrefix(r.Header.Get("Content-Range"), "bytes */")
		if n, err := strconv.ParseInt(size, 10, 64); found && err == nil && n == p.size && c.checkTotal(n, f) == nil {
			p.pieced = true
			return n, nil
		}
		return 0, startOver(p, "the server has no bytes after those that are there")

	case code == http.StatusTooManyRequests || code >= 500:
		return 0, &retryError{fmt.Errorf("the server answered %s", status(r)), retryAfter(r.Header)}
	}
	return 0, fmt.Errorf("the server answered %s", status(r))
}

// startOver empties p for an attempt that asks for everything.
func startOver(p *part, reason string) error {
	if err := p.reset(); err != nil {
		return err
	}
	return retryf("%s", reason)
}

// limit is how many bytes f can have.
func (c *Client) limit(f File) int64 {
	if f.Size > 0 {
		return f.Size
	}
	return c.Limit
}

// checkTotal refuses sizes that f cannot have.
func (c *Client) checkTotal(total int64, f File) error {
	if total >= 0 && f.Size > 0 && total != f.Size {
		return fmt.Errorf("the server has %d bytes for the file, which has %d", total, f.Size)
	}
	if total > c.limit(f) {
		return fmt.Errorf("the server has %d bytes for the file, which can have %d", total, c.limit(f))
	}
	return nil
}

// status is an answer's code and what it means; the server's own words are not
// for a terminal.
func status(r *http.Response) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.StatusCode, http.StatusText(r.StatusCode)))
}

// validator is what If-Range takes: a strong entity tag, or else a date.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

// parseContentRange reads "bytes START-END/TOTAL", where TOTAL may be * (-1).
func parseContentRange(s string) (start, total int64, ok bool) {
	s, isBytes := strings.CutPrefix(s, "bytes ")
	span, size, hasSize := strings.Cut(s, "/")
	from, to, hasEnd := strings.Cut(span, "-")
	if !isBytes || !hasSize || !hasEnd {
		return 0, 0, false
	}
	start, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	end, err := strconv.ParseInt(to, 10, 64)
	if err != nil || start < 0 || end < start {
		return 0, 0, false
	}
	if size == "*" {
		return start, -1, true
	}
	total, err = strconv.ParseInt(size, 10, 64)
	return start, total, err == nil && end < total
}

// retryAfter is how long the server wants to be left alone.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(date).Round(time.Second))
	}
	return 0
}

// connectionError sorts what went wrong before there was an answer: another
// attempt helps unless the host does not exist or cannot be trusted.
func connectionError(err error) error {
	if refused, ok := errors.AsType[*redirectError](err); ok {
		return refused
	}
	bare := bareNetError(err)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return bare
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return bare
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return bare
	}
	return &retryError{err: bare}
}

// bareNetError is err without the method and URL that net/http adds.
func bareNetError(err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		return urlErr.Err
	}
	return err
}

// redacted is a URL without its password.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an invalid URL"
	}
	return u.Redacted()
}
