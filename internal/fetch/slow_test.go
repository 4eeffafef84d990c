package fetch

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// trickling sends data in pieces after pauses, the first one before the answer.
func trickling(pieces int, pause time.Duration) answer {
	return func(w http.ResponseWriter, _ *http.Request, data []byte) {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		time.Sleep(pause)
		w.(http.Flusher).Flush()
		for i := range pieces {
			time.Sleep(pause)
			if _, err := w.Write(data[i*len(data)/pieces : (i+1)*len(data)/pieces]); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
}

// TestSlowIsNotStalled downloads for longer than a connection may be silent: as
// long as something comes, one request is enough.
func TestSlowIsNotStalled(t *testing.T) {
	for name, c := range map[string]struct {
		pieces int
		pause  time.Duration
	}{
		"many pieces":               {60, 25 * time.Millisecond},
		"answer and body come late": {1, 650 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := noise(total)
			s := newServer(t, data, trickling(c.pieces, c.pause))
			f := fileOf(t.TempDir(), s.URL, data)
			client := Client{Stall: time.Second, Pause: time.Millisecond}
			start := time.Now()
			if _, _, err := client.Get(t.Context(), f, false); err != nil || !checkNothingWrong(t, f, data) {
				t.Errorf("error %v", err)
			}
			if took := time.Since(start); took < client.Stall {
				t.Errorf("it took %v, less than a stall", took)
			}
			if n := len(s.asked("Range")); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
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
