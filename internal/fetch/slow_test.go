package fetch

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// TestSlowIsNotStalled has a server that needs three times the stall time for one
// answer, never a quarter of it without a byte.
func TestSlowIsNotStalled(t *testing.T) {
	const pieces = 12
	data := noise(pieces * 1000)
	s := newServer(t, data, func(w http.ResponseWriter, _ *http.Request, data []byte) {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		for i := range pieces {
			w.Write(data[i*1000:][:1000])
			w.(http.Flusher).Flush()
			time.Sleep(250 * time.Millisecond)
		}
	})
	f := fileOf(t.TempDir(), s.URL, data)
	c := quick()
	c.Stall, c.Attempts = time.Second, 1
	if _, downloaded, err := c.Get(t.Context(), f, false); err != nil || !downloaded || !checkNothingWrong(t, f, data) {
		t.Errorf("downloaded: %v, %v", downloaded, err)
	}
	if n := len(s.asked("Range")); n != 1 {
		t.Errorf("%d requests, want one", n)
	}
}

// TestSizeCounts has the right hash and another size.
func TestSizeCounts(t *testing.T) {
	d := Digest{3, hashOf([]byte("abc"))}
	for size, ok := range map[int64]bool{0: true, 3: true, 2: false, 4: false} {
		if err := (File{SHA256: d.SHA256[:8], Size: size}).compare(d); (err == nil) != ok {
			t.Errorf("3 bytes where %d are expected: %v", size, err)
		}
	}
}
