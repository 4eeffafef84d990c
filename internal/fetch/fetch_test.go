package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLeftovers begins with what processes may have left that were killed at
// any moment, or machines that lost power.
func TestLeftovers(t *testing.T) {
	data := noise(50_000)
	record, _ := json.Marshal(Digest{int64(len(data)), hashOf(data)})
	origin := func(url, tag string) string {
		return fmt.Sprintf(`{"url":%q,"validator":%q}`, url+"/model.bin", tag)
	}
	long := append(slices.Clone(data), 1)
	tests := []struct {
		name   string
		part   []byte
		origin func(url string) string
		record string
		final  []byte
		ranges []string // what the server is asked for
		ifs    []string // and under which condition
	}{
		{name: "nothing", ranges: []string{""}, ifs: []string{""}},
		{name: "an empty part", part: []byte{}, ranges: []string{""}, ifs: []string{""}},
		{name: "half", part: data[:1000], origin: func(url string) string { return origin(url, `"one"`) },
			ranges: []string{"bytes=1000-"}, ifs: []string{`"one"`}},
		{name: "half of another version", part: noise(999), origin: func(url string) string { return origin(url, `"zero"`) },
			ranges: []string{"bytes=999-"}, ifs: []string{`"zero"`}},
		{name: "half from elsewhere", part: data[:1000], origin: func(string) string { return origin("http://elsewhere", `"x"`) },
			ranges: []string{"bytes=1000-"}, ifs: []string{""}},
		{name: "half, wrong, of unknown origin", part: noise(999), ranges: []string{"bytes=999-", ""}, ifs: []string{"", ""}},
		{name: "damaged origin", part: data[:1000], origin: func(string) string { return `{"url":` },
			ranges: []string{"bytes=1000-"}, ifs: []string{""}},
		{name: "all", part: data, ranges: []string{"bytes=50000-"}, ifs: []string{""}},
		{name: "all, and the record", part: data, record: string(record)},
		{name: "holes, and the record", part: make([]byte, len(data)), record: string(record), ranges: []string{""}, ifs: []string{""}},
		{name: "too much", part: long, ranges: []string{"bytes=50001-", ""}, ifs: []string{"", ""}},
		{name: "too much, and the record", part: long, record: string(record), ranges: []string{""}, ifs: []string{""}},
		{name: "a record of another file", record: `{"size":3,"sha256":"` + hashOf([]byte("abc")) + `"}`, ranges: []string{""}, ifs: []string{""}},
		{name: "a damaged record", record: "{", ranges: []string{""}, ifs: []string{""}},
		{name: "the file", final: data},
		{name: "the file and a part", final: data, part: data[:10], origin: func(url string) string { return origin(url, "x") }},
		{name: "another file", final: noise(50_001), ranges: []string{""}, ifs: []string{""}},
		{name: "half the file", final: data[:20_000], ranges: []string{""}, ifs: []string{""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, data, honest)
			f := fileOf(t.TempDir(), s.URL, data)
			write := func(suffix string, content []byte) {
				if content == nil {
					return
				}
				if err := os.WriteFile(f.Path+suffix, content, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Dir(f.Path), 0o777); err != nil {
				t.Fatal(err)
			}
			write(".part", test.part)
			if test.origin != nil {
				write(".part.origin", []byte(test.origin(s.URL)))
			}
			if test.record != "" {
				write(".json", []byte(test.record))
			}
			write("", test.final)
			d, downloaded, err := quick().Get(t.Context(), f, false)
			if err != nil || !checkNothingWrong(t, f, data) || d.SHA256 != hashOf(data) {
				t.Fatalf("got %+v, %v", d, err)
			}
			if untouched := test.final != nil && len(test.ranges) == 0; downloaded == untouched {
				t.Errorf("downloaded: %v", downloaded)
			}
			if got := s.asked("Range"); !slices.Equal(got, test.ranges) {
				t.Errorf("asked for %q, want %q", got, test.ranges)
			}
			if got := s.asked("If-Range"); !slices.Equal(got, test.ifs) {
				t.Errorf("If-Range %q, want %q", got, test.ifs)
			}
			if exists(f.Path+".part") || exists(f.Path+".part.origin") {
				t.Error("something was left beside the file")
			}
		})
	}
}

// TestVerify finds every flipped bit that it is shown.
func TestVerify(t *testing.T) {
	data := noise(5000)
	s := newServer(t, data, honest)
	f := fileOf(t.TempDir(), s.URL, data)
	if _, err := f.Verify(t.Context()); !errors.Is(err, fs.ErrNotExist) || f.Present() {
		t.Errorf("without a file: %v, present: %v", err, f.Present())
	}
	if _, _, err := quick().Get(t.Context(), f, false); err != nil {
		t.Fatal(err)
	}
	for _, place := range []int{0, 2500, 4999} {
		flipped := slices.Clone(data)
		flipped[place] ^= 1
		if err := os.WriteFile(f.Path, flipped, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Verify(t.Context()); !mismatched(err) {
			t.Errorf("a flipped bit at %d: %v", place, err)
		}
	}
	// A file that was never verified is not present, however much is known of it.
	whole := File{Path: f.Path + ".copy", SHA256: hashOf(data), Size: 5000}
	os.WriteFile(whole.Path, data, 0o666)
	if whole.Present() {
		t.Error("present before it was verified")
	}
	if _, err := whole.Verify(t.Context()); err != nil || !whole.Present() {
		t.Errorf("not present after it was verified (%v)", err)
	}
	// Its first digits are right, but it is not what was recorded.
	other := File{Path: f.Path, SHA256: hashOf(data)[:8]}
	os.WriteFile(f.Path, data, 0o666)
	os.WriteFile(f.recordPath(), []byte(`{"size":5000,"sha256":"`+hashOf(data)[:63]+`x"}`), 0o666)
	if _, err := other.Verify(t.Context()); err != nil {
		t.Errorf("with a record that is no hash: %v", err)
	}
	last := byte('0')
	if hashOf(data)[63] == last {
		last = '1'
	}
	os.WriteFile(f.recordPath(), []byte(`{"size":5000,"sha256":"`+hashOf(data)[:63]+string(last)+`"}`), 0o666)
	if _, err := other.Verify(t.Context()); !mismatched(err) {
		t.Errorf("with another file's record: %v", err)
	}
	if err := os.Truncate(f.Path, 4999); err != nil || f.Present() {
		t.Errorf("present with a byte missing (%v)", err)
	}
	os.Remove(f.Path)
	os.Mkdir(f.Path, 0o777)
	if _, err := f.Verify(t.Context()); err == nil || mismatched(err) {
		t.Errorf("a directory: %v", err)
	}
}

// TestKnownSize refuses a server's other file before it costs what is there.
func TestKnownSize(t *testing.T) {
	data := noise(5000)
	s := newServer(t, data, failing(200))
	f := fileOf(t.TempDir(), s.URL, data)
	f.Size = 5000
	os.Mkdir(filepath.Dir(f.Path), 0o777)
	os.WriteFile(f.Path+".part", data[:100], 0o666)
	if _, _, err := quick().Get(t.Context(), f, false); err == nil || !strings.Contains(err.Error(), "which has 5000") {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadFile(f.Path + ".part"); err != nil || len(left) != 100 {
		t.Errorf("the part has %d bytes, %v", len(left), err)
	}
	// A range of another file is not taken for the rest of this one.
	s = newServer(t, data, partial("bytes 100-199/200", 100, 200), honest)
	f.URL = s.URL
	if _, _, err := quick().Get(t.Context(), f, false); err != nil || !slices.Equal(s.asked("Range"), []string{"bytes=100-", ""}) {
		t.Errorf("%v, asked for %q", err, s.asked("Range"))
	}
}

func TestValidator(t *testing.T) {
	const date = "Sun, 06 Nov 1994 08:49:37 GMT"
	for _, test := range []struct{ tag, date, want string }{
		{`"strong"`, date, `"strong"`}, {`W/"weak"`, date, date}, {`W/"weak"`, "", ""}, {"", "", ""},
	} {
		h := http.Header{"Etag": {test.tag}, "Last-Modified": {test.date}}
		if got := validator(h); got != test.want {
			t.Errorf("%q and %q: %q, want %q", test.tag, test.date, got, test.want)
		}
	}
}

// TestPartInUse leaves alone what another process is downloading anew.
func TestPartInUse(t *testing.T) {
	data := noise(5000)
	f := fileOf(t.TempDir(), "http://nowhere.invalid", data)
	os.Mkdir(filepath.Dir(f.Path), 0o777)
	for suffix, content := range map[string][]byte{"": data, ".part": data[:10]} {
		if err := os.WriteFile(f.Path+suffix, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	lock, err := tryLock(f.Path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	for _, inUse := range []bool{true, false} {
		if _, _, err := quick().Get(t.Context(), f, false); err != nil || exists(f.Path+".part") != inUse {
			t.Errorf("in use %v: part there %v, %v", inUse, exists(f.Path+".part"), err)
		}
		lock.Close()
	}
}

func TestForce(t *testing.T) {
	data := noise(5000)
	s := newServer(t, data, honest, honest, failing(404))
	f := fileOf(t.TempDir(), s.URL, data)
	for range 2 {
		if _, downloaded, err := quick().Get(t.Context(), f, true); err != nil || !downloaded {
			t.Errorf("downloaded %v, %v", downloaded, err)
		}
	}
	if _, _, err := quick().Get(t.Context(), f, true); err == nil || !checkNothingWrong(t, f, data) {
		t.Errorf("a good file did not outlive a failure (%v)", err)
	}
	if _, downloaded, err := quick().Get(t.Context(), f, false); err != nil || downloaded {
		t.Errorf("downloaded %v, %v", downloaded, err)
	}
}

// TestCancel interrupts a download at every kind of moment.
func TestCancel(t *testing.T) {
	data := noise(total)
	for name, a := range map[string]answer{
		"before the answer": stalling(0, func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.Write([]byte("x")) }),
		"in the body":       stalling(total/2, honest),
		"in a pause":        failing(503, "Retry-After", "30"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, data, a)
			f := fileOf(t.TempDir(), s.URL, data)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, cancel)
			start := time.Now()
			_, _, err := Client{}.Get(ctx, f, false)
			if err != context.Canceled || time.Since(start) > 5*time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
			if checkNothingWrong(t, f, data) || exists(f.Path+".part") != (name == "in the body") {
				t.Errorf("a part is left: %v", exists(f.Path+".part"))
			}
		})
	}
}

// TestRetryAfter waits as long as the server wants.
func TestRetryAfter(t *testing.T) {
	data := noise(100)
	s := newServer(t, data, failing(503, "Retry-After", "1"), honest)
	start := time.Now()
	if _, _, err := quick().Get(t.Context(), fileOf(t.TempDir(), s.URL, data), false); err != nil || time.Since(start) < time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	soon := time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
	for text, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "99999999999": 0, "Sun, 06 Nov 1994 08:49:37 GMT": 0} {
		if got := retryAfter(http.Header{"Retry-After": {text}}); got != want {
			t.Errorf("Retry-After %q: %v, want %v", text, got, want)
		}
	}
	if got := retryAfter(http.Header{"Retry-After": {soon}}); got < 18*time.Second || got > 20*time.Second {
		t.Errorf("Retry-After %q: %v", soon, got)
	}
}

// TestPausesGrow looks at the notices, which say how long each pause is.
func TestPausesGrow(t *testing.T) {
	s := newServer(t, nil, failing(500))
	client := quick()
	var notices []string
	client.Notice = func(text string) { notices = append(notices, text) }
	client.Get(t.Context(), fileOf(t.TempDir(), s.URL, nil), false)
	if len(notices) != 5 {
		t.Fatalf("%q", notices)
	}
	for i, pause := range []string{"1ms", "2ms", "4ms", "8ms"} {
		if !strings.HasSuffix(notices[i+1], "trying again in "+pause) {
			t.Errorf("notice %q, want a pause of %s", notices[i+1], pause)
		}
	}
}

func TestProgress(t *testing.T) {
	data := noise(total)
	s := newServer(t, data, cutting(total/2, honest), honest)
	client := quick()
	var last int64
	client.Progress = func(done, all int64) {
		if done < last || all != total {
			t.Errorf("%d of %d after %d", done, all, last)
		}
		last = done
	}
	if _, _, err := client.Get(t.Context(), fileOf(t.TempDir(), s.URL, data), false); err != nil || last != total {
		t.Errorf("ended at %d, %v", last, err)
	}
}

// TestConcurrent has many goroutines want the same file, with locks and on a
// file system that has none.
func TestConcurrent(t *testing.T) {
	data := noise(total)
	for name, lock := range map[string]func(string) (*os.File, error){
		"locks":    tryLock,
		"no locks": func(string) (*os.File, error) { return nil, fileError("locking", "x", errors.ErrUnsupported) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, data, cutting(total/2, honest), honest)
			f := fileOf(t.TempDir(), s.URL, data)
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() {
					client := quick()
					client.lock = lock
					if d, _, err := client.Get(t.Context(), f, false); err != nil || d.SHA256 != hashOf(data) {
						t.Errorf("got %+v, %v", d, err)
					}
				})
			}
			group.Wait()
			if !checkNothingWrong(t, f, data) {
				t.Error("no file")
			}
			if n := len(s.asked("Range")); name == "locks" && n != 2 {
				t.Errorf("%d requests, want one download in two", n)
			}
			if left, _ := filepath.Glob(f.Path + "*.part*"); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestWaitingIsInterrupted(t *testing.T) {
	f := fileOf(t.TempDir(), "http://nowhere.invalid", nil)
	os.Mkdir(filepath.Dir(f.Path), 0o777)
	lock, err := tryLock(f.Path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithCancel(t.Context())
	client := quick()
	client.Notice = func(text string) {
		if !strings.HasPrefix(text, "another process") {
			t.Errorf("notice %q", text)
		}
		cancel()
	}
	if _, _, err := client.Get(ctx, f, false); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// TestCleanedUp removes the part of a running download, whose name another one
// might have by now.
func TestCleanedUp(t *testing.T) {
	data := noise(5000)
	var f File
	s := newServer(t, data, func(w http.ResponseWriter, r *http.Request, data []byte) {
		if err := os.Rename(f.Path+".part", f.Path+".gone"); err != nil {
			t.Skip(err) // a system that keeps open files from being removed
		}
		os.WriteFile(f.Path+".part", data[:10], 0o666)
		honest(w, r, data)
	})
	f = fileOf(t.TempDir(), s.URL, data)
	if _, _, err := quick().Get(t.Context(), f, false); err == nil || exists(f.Path) {
		t.Errorf("error %v, and there is a file: %v", err, exists(f.Path))
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "file"), nil, 0o666)
	os.MkdirAll(filepath.Join(dir, "model.part"), 0o777)
	for _, test := range []struct {
		f   File
		err string
	}{
		{File{URL: "http://x.invalid/", Path: filepath.Join(dir, "a"), SHA256: "0123456"}, "its hash is not known"},
		{File{URL: "ftp://x.invalid/", Path: filepath.Join(dir, "a"), SHA256: "01234567"}, "begins with https://"},
		{File{URL: "https:///a", Path: filepath.Join(dir, "a"), SHA256: "01234567"}, "and a host"},
		{File{URL: "http://u:secret@%", Path: filepath.Join(dir, "a"), SHA256: "01234567"}, "that is no URL"},
		{File{URL: "http://u:secret@127.0.0.1:1/", Path: filepath.Join(dir, "a"), SHA256: "01234567"}, "after 5 attempts"},
		{File{URL: "http://x.invalid/", Path: filepath.Join(dir, "file", "a"), SHA256: "01234567"}, "file"},
		{File{URL: "http://x.invalid/", Path: filepath.Join(dir, "model"), SHA256: "01234567"}, "model.part"},
		{File{URL: "http://x.invalid/", Path: dir, SHA256: "01234567"}, "not a regular file"},
	} {
		_, _, err := quick().Get(t.Context(), test.f, false)
		if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: error %v, want %q", test.f, err, test.err)
		}
	}
}
