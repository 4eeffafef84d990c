package results

import (
	"strings"
	"testing"
	"time"

	"bagnet/internal/pipeline"
)

// TestTimes counts what was measured, and neither what an earlier run recorded nor what
// failed.
func TestTimes(t *testing.T) {
	zero := time.Now()
	at := func(seconds int) time.Time { return zero.Add(time.Duration(seconds) * time.Second) }
	var s Times
	s.Start()
	s.Add(&Trial{}, true) // an earlier run's
	s.Add(&Trial{Picture: pipeline.Picture{Began: at(0), Took: time.Second}, Began: at(1), Ended: at(20)}, false)
	s.Add(&Trial{Picture: pipeline.Picture{Began: at(2), Took: 2 * time.Second}, Began: at(5), Ended: at(9)}, true)
	s.Add(&Trial{Picture: pipeline.Picture{Began: at(1), Took: 3 * time.Second}, Began: at(5), Ended: at(8)}, true)
	if s.Measured != 2 || s.Span() != 7*time.Second {
		t.Errorf("%d measured in %v, want 2 in 7s", s.Measured, s.Span())
	}
	if got := s.Text(4); !strings.HasPrefix(got, "4 images in ") || !strings.HasSuffix(got, ": 6s decoding (side by side), 7s in the network") {
		t.Errorf("%q", got)
	}
}
