package results

import (
	"fmt"
	"time"

	"bagnet/internal/text"
)

// Times are what the trials of a run took.
type Times struct {
	Measured int // that were good and went through the network in this run

	start       time.Time
	decoding    time.Duration // summed over pictures, which are decoded side by side
	inference   time.Duration // the same
	first, last time.Time     // when the first of Measured began to be decoded, and the last one's result was there
}

// Start says that the run begins.
func (s *Times) Start() { s.start = time.Now() }

// Add counts what a trial took. good says whether it has a result.
func (s *Times) Add(t *Trial, good bool) {
	s.decoding += t.Picture.Took
	if !good || t.Ended.IsZero() {
		return
	}
	if s.Measured++; s.Measured == 1 {
		s.first = t.Picture.Began
	}
	s.inference += t.Ended.Sub(t.Began)
	if t.Ended.After(s.last) {
		s.last = t.Ended
	}
}

// Span is how long it took from the first measured picture's decoding to the last result.
func (s *Times) Span() time.Duration { return s.last.Sub(s.first) }

// Text says what the run took, in which that many images are done.
func (s *Times) Text(done int) string {
	return fmt.Sprintf("%s in %s: %s decoding (side by side), %s in the network", text.Count(done, "image", "images"),
		time.Since(s.start).Round(time.Millisecond), s.decoding.Round(time.Millisecond), s.inference.Round(time.Millisecond))
}
