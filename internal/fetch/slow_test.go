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
