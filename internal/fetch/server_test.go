package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// answer is how a server treats one request for data.
type answer func(w http.ResponseWriter, r *http.Request, data []byte)

// server gives its answers in order, the last one again and again, and notes
// what it was asked.
type server struct {
	*httptest.Server
	data    []byte
	answers []answer

	mu       sync.Mutex
	requests []http.Header
}

func newServer(t *testing.T, data []byte, answers ...answer) *server {
	s := &server{data: data, answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := min(len(s.requests), len(s.answers)-1)
	s.requests = append(s.requests, r.Header)
	s.mu.Unlock()
	s.answers[n](w, r, s.data)
}

// asked returns the value of a header in every request so far.
func (s *server) asked(header string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var values []string
	for _, h := range s.requests {
		values = append(values, h.Get(header))
	}
	return values
}

// honest serves data as it should be, with an entity tag.
func honest(w http.ResponseWriter, r *http.Request, data []byte) {
	tagged(`"one"`)(w, r, data)
}

func tagged(tag string) answer {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// dated has a date and a weak entity tag, which If-Range cannot use.
func dated(w http.ResponseWriter, r *http.Request, data []byte) {
	w.Header().Set("ETag", `W/"weak"`)
	http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(data))
}

// ignoringRanges always sends everything.
func ignoringRanges(w http.ResponseWriter, _ *http.Request, data []byte) { w.Write(data) }

// cutting breaks the connection after n bytes of what inner sends.
func cutting(n int, inner answer) answer {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		inner(&limitedWriter{w, n, func() { panic(http.ErrAbortHandler) }}, r, data)
	}
}

// stalling sends nothing more after n bytes.
func stalling(n int, inner answer) answer {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		inner(&limitedWriter{w, n, func() {
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}}, r, data)
	}
}

// limitedWriter lets n bytes through and then calls end.
type limitedWriter struct {
	http.ResponseWriter
	left int
	end  func()
}

func (w *limitedWriter) Write(b []byte) (int, error) {
	if len(b) < w.left {
		w.left -= len(b)
		return w.ResponseWriter.Write(b)
	}
	w.ResponseWriter.Write(b[:w.left])
	w.Flush()
	w.end()
	return len(b), nil
}

func (w *limitedWriter) Flush() { w.ResponseWriter.(http.Flusher).Flush() }

// wrong serves bytes that differ from data in one bit.
func wrong(inner answer) answer {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		other := append([]byte(nil), data...)
		other[len(other)/2] ^= 4
		inner(w, r, other)
	}
}

// shortened says that data is shorter than it is.
func shortened(w http.ResponseWriter, _ *http.Request, data []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)/3))
	w.Write(data[:len(data)/3])
}

// lengthened says that data is longer than it is.
func lengthened(w http.ResponseWriter, _ *http.Request, data []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)+1000))
	w.Write(data)
}

// chunked says nothing of the length.
func chunked(w http.ResponseWriter, _ *http.Request, data []byte) {
	w.(http.Flusher).Flush()
	w.Write(data)
}

// chunkedAndMore never ends.
func chunkedAndMore(w http.ResponseWriter, r *http.Request, data []byte) {
	for r.Context().Err() == nil {
		if _, err := w.Write(data); err != nil {
			return
		}
	}
}

// partial answers 206 with these bytes of data under this Content-Range.
func partial(contentRange string, from, to int) answer {
	return func(w http.ResponseWriter, _ *http.Request, data []byte) {
		w.Header().Set("Content-Range", contentRange)
		w.WriteHeader(http.StatusPartialContent)
		w.Write(data[from:min(to, len(data))])
	}
}

// piecemeal answers a range with at most n bytes of it.
func piecemeal(n int) answer {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		var from int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err != nil {
			cutting(n, honest)(w, r, data)
			return
		}
		to := min(from+n, len(data))
		partial(fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)), from, to)(w, r, data)
	}
}

func failing(code int, headers ...string) answer {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, "an error page")
	}
}

// noise returns n bytes that are the same in every run.
func noise(n int) []byte {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

func hashOf(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

// fileOf is data as a file of which only the first digits of the hash are known.
func fileOf(dir, url string, data []byte) File {
	return File{URL: url + "/model.bin", Path: filepath.Join(dir, "cache", "model.bin"), SHA256: hashOf(data)[:8]}
}

// quick is a client that does not pause long; a busy machine is no stalled server.
func quick() Client {
	return Client{Stall: 5 * time.Second, Pause: time.Millisecond}
}

// checkNothingWrong fails unless the file's name stands for data or for nothing.
func checkNothingWrong(t *testing.T, f File, data []byte) (there bool) {
	t.Helper()
	got, err := os.ReadFile(f.Path)
	if err != nil {
		return false
	}
	if string(got) != string(data) {
		t.Errorf("%s holds %d wrong bytes", f.Path, len(got))
	}
	return true
}
