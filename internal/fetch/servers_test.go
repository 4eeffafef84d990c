package fetch

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const total = 3 << 20

// TestServers downloads from servers of every kind.
func TestServers(t *testing.T) {
	size := fmt.Sprint(total)
	tests := []struct {
		name     string
		answers  []answer
		requests int
		err      string // in the error; "" if the file must be there
		part     bool   // what came stays for resuming
	}{
		{name: "honest", answers: []answer{honest}, requests: 1},
		{name: "no length", answers: []answer{chunked}, requests: 1},
		{name: "cut at once", answers: []answer{cutting(0, honest), honest}, requests: 2},
		{name: "cut twice", answers: []answer{cutting(1, honest), cutting(total/2, honest), honest}, requests: 3},
		{name: "cut before the last byte", answers: []answer{cutting(total-1, honest), honest}, requests: 2},
		{name: "cut, known by date", answers: []answer{cutting(total/2, dated), dated}, requests: 2},
		{name: "cut, no ranges", answers: []answer{cutting(total/2, ignoringRanges), ignoringRanges}, requests: 2},
		{name: "always cut, no ranges", answers: []answer{cutting(total/2, ignoringRanges)}, requests: 5, err: "after 5 attempts", part: true},
		{name: "always cut, but further each time", answers: []answer{cutting(progressStep, honest)}, requests: 12},
		{name: "cut, chunked", answers: []answer{cutting(total/2, chunked), honest}, requests: 2},
		{name: "pieces", answers: []answer{piecemeal(1 << 19)}, requests: 6},
		{name: "stalled", answers: []answer{stalling(0, honest), stalling(total/2, honest), honest}, requests: 3},
		{name: "always stalled", answers: []answer{stalling(0, honest)}, requests: 5, err: "sent nothing for 200ms, after 5 attempts"},
		{name: "wrong bytes", answers: []answer{wrong(honest)}, requests: 1, err: "its SHA-256 is"},
		{name: "changed between attempts", answers: []answer{cutting(total*3/4, wrong(tagged(`"old"`))), tagged(`"new"`)}, requests: 2},
		{name: "changed, but nobody says so", answers: []answer{cutting(total*3/4, wrong(honest)), honest}, requests: 3},
		{name: "changed, but If-Range is ignored", requests: 3,
			answers: []answer{cutting(1000, wrong(tagged(`"old"`))), func(w http.ResponseWriter, r *http.Request, data []byte) {
				r.Header.Del("If-Range")
				tagged(`"new"`)(w, r, data)
			}}},
		{name: "wrong after a cut, always", answers: []answer{cutting(1000, wrong(honest)), wrong(honest)}, requests: 3, err: "its SHA-256 is"},
		{name: "says it is shorter", answers: []answer{shortened}, requests: 1, err: "its SHA-256 is"},
		{name: "says it is longer", answers: []answer{lengthened, honest}, requests: 2},
		{name: "no end", answers: []answer{chunkedAndMore}, requests: 1, err: "sends more than"},
		{name: "too large", answers: []answer{failing(200, "Content-Length", "99000000000")}, requests: 1, err: "which can have"},
		{name: "empty", answers: []answer{func(http.ResponseWriter, *http.Request, []byte) {}}, requests: 1, err: "empty file"},
		{name: "compressed", answers: []answer{failing(200, "Content-Encoding", "gzip")}, requests: 1, err: "compressed (gzip)"},
		{name: "part unasked", answers: []answer{partial("bytes 0-99/"+size, 0, 100)}, requests: 1, err: "206 Partial Content"},
		{name: "another range", answers: []answer{cutting(100, honest), partial("bytes 99-"+fmt.Sprint(total-1)+"/"+size, 99, total), honest}, requests: 3},
		{name: "range of another size", answers: []answer{cutting(100, honest), partial("bytes 100-199/300", 100, 200), honest}, requests: 3},
		{name: "range without range", answers: []answer{cutting(100, honest), partial("", 100, total), honest}, requests: 3},
		{name: "range backwards", answers: []answer{cutting(100, honest), partial("bytes 100-50/"+size, 100, total), honest}, requests: 3},
		{name: "range beyond its end", answers: []answer{cutting(100, honest), partial("bytes 100-"+size+"/"+size, 100, total), honest}, requests: 3},
		{name: "range of unknown total", answers: []answer{cutting(100, honest), partial("bytes 100-"+fmt.Sprint(total-1)+"/*", 100, total)}, requests: 2},
		{name: "range with more than it says", answers: []answer{cutting(100, honest), partial("bytes 100-299/300", 100, 500)}, requests: 2, err: "sends more than"},
		{name: "416 and nothing else", answers: []answer{cutting(100, honest), failing(416), honest}, requests: 3},
		{name: "416 at the end", answers: []answer{lengthened, failing(416, "Content-Range", "bytes */"+size)}, requests: 2},
		{name: "416 of another size", answers: []answer{cutting(100, honest), failing(416, "Content-Range", "bytes */50"), honest}, requests: 3},
		{name: "416 unasked", answers: []answer{failing(416)}, requests: 1, err: "416"},
		{name: "404", answers: []answer{failing(404)}, requests: 1, err: "404 Not Found"},
		{name: "404 after a cut", answers: []answer{cutting(100, honest), failing(404)}, requests: 2, err: "404 Not Found", part: true},
		{name: "204", answers: []answer{failing(204)}, requests: 1, err: "204 No Content"},
		{name: "500, 503", answers: []answer{failing(500), failing(503), honest}, requests: 3},
		{name: "always 500", answers: []answer{failing(500)}, requests: 5, err: "500 Internal Server Error, after 5 attempts"},
		{name: "429", answers: []answer{failing(429, "Retry-After", "0"), honest}, requests: 2},
		{name: "429 for an hour", answers: []answer{failing(429, "Retry-After", "3600")}, requests: 1, err: "asks to wait 1h0m0s"},
		{name: "redirected to a file", answers: []answer{failing(302, "Location", "file:///etc/passwd")}, requests: 1, err: "file is not allowed"},
		{name: "redirected to itself", answers: []answer{failing(302, "Location", "/model.bin")}, requests: 11, err: "more than 10 times"},
		{name: "redirected", answers: []answer{failing(307, "Location", "/elsewhere"), honest}, requests: 2},
	}
	data := noise(total)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, data, test.answers...)
			f := fileOf(t.TempDir(), s.URL, data)
			client := quick()
			client.Limit = total + 5000
			if strings.Contains(test.name, "stalled") {
				client.Stall = 200 * time.Millisecond
			}
			d, downloaded, err := client.Get(t.Context(), f, false)
			there := checkNothingWrong(t, f, data)
			if (err == nil) != there || err == nil && (!downloaded || d != Digest{total, hashOf(data)}) {
				t.Errorf("got %+v, %v, %v, and the file is there: %v", d, downloaded, err, there)
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if n := len(s.asked("Range")); n != test.requests {
				t.Errorf("%d requests, want %d: %q", n, test.requests, s.asked("Range"))
			}
			if got := exists(f.Path + ".part"); got != test.part {
				t.Errorf("a part is left: %v, want %v", got, test.part)
			}
			if there && exists(f.Path+".part.origin") {
				t.Error("the part's origin is left")
			}
			if there {
				if known := f.Known(); known.Size != total || known.SHA256 != hashOf(data) || !f.Present() {
					t.Errorf("recorded as %+v", known)
				}
			}
		})
	}
}

// TestRandomServers is the property that matters: whatever servers do, the name
// stands for the right bytes or for nothing, and an honest one mends all.
func TestRandomServers(t *testing.T) {
	const size = 300_000
	data := noise(size)
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 7))
		var answers []answer
		for range 12 {
			n := random.IntN(size)
			inner := []answer{honest, dated, chunked, ignoringRanges, tagged(fmt.Sprintf(`"%d"`, random.IntN(2))), piecemeal(1 + n/2)}[random.IntN(6)]
			if random.IntN(4) == 0 {
				inner = wrong(inner)
			}
			answers = append(answers, []answer{
				inner, cutting(n, inner), cutting(n, inner), cutting(n, inner), shortened, lengthened,
				failing(500), failing(416), failing(416, "Content-Range", fmt.Sprintf("bytes */%d", n)),
				partial(fmt.Sprintf("bytes %d-%d/%d", n, size-1, size), n, size),
			}[random.IntN(10)])
		}
		s := newServer(t, data, append(answers, honest)...)
		f := fileOf(t.TempDir(), s.URL, data)
		if random.IntN(2) == 0 {
			f.Size = size
		}
		client := quick()
		client.Attempts = 3
		_, _, err := client.Get(t.Context(), f, false)
		if there := checkNothingWrong(t, f, data); there != (err == nil) {
			t.Errorf("seed %d: the file is there: %v, error %v", seed, there, err)
		}
		last := newServer(t, data, honest)
		f.URL = last.URL
		if _, _, err := client.Get(t.Context(), f, false); err != nil || !checkNothingWrong(t, f, data) {
			t.Errorf("seed %d: an honest server did not help: %v", seed, err)
		}
		s.Close()
		last.Close()
	}
}

// TestRedirects never leaves https, and http only for https.
func TestRedirects(t *testing.T) {
	for _, test := range []struct {
		from, to string
		allowed  bool
	}{
		{"https://a.invalid/x", "https://b.invalid/y", true},
		{"https://a.invalid/x", "http://a.invalid/x", false},
		{"HTTPS://a.invalid/x", "ftp://a.invalid/x", false},
		{"http://a.invalid/x", "https://a.invalid/x", true},
		{"HTTP://a.invalid/x", "http://a.invalid/y", true},
		{"http://a.invalid/x", "gopher://a.invalid/y", false},
	} {
		to, err := http.NewRequest(http.MethodGet, test.to, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := newHTTPClient(File{URL: test.from}).CheckRedirect(to, nil); (err == nil) != test.allowed {
			t.Errorf("from %s to %s: %v", test.from, test.to, err)
		}
	}
}

// TestUntrusted gives up at once where another attempt cannot help.
func TestUntrusted(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := newServer(t, nil, honest)
	for url, want := range map[string]string{
		untrusted.URL: "certificate",
		"https" + strings.TrimPrefix(plain.URL, "http"): "HTTP response to HTTPS client",
	} {
		client := quick()
		notices := 0
		client.Notice = func(string) { notices++ }
		_, _, err := client.Get(t.Context(), fileOf(t.TempDir(), url, nil), false)
		if err == nil || !strings.Contains(err.Error(), want) || notices != 1 {
			t.Errorf("error %v after %d notices, want %q after 1", err, notices, want)
		}
	}
}
