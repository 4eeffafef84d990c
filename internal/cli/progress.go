package cli

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressDelay is how long work may take before a progress bar appears.
const progressDelay = 2 * time.Second

// progress shows on stderr how far a long run has come: images, rate and time
// left. It shows nothing unless stderr is a terminal.
type progress struct {
	streams *streams
	start   time.Time
	bar     *progressbar.ProgressBar // nil if nothing is to be shown
}

// newProgress starts the clock for total images, -1 if nobody knows how many.
func newProgress(s *streams, total int) *progress { return newProgressOf(s, total, "images") }

// newProgressOf does so for other things than images.
func newProgressOf(s *streams, total int, things string) *progress {
	p := &progress{streams: s, start: time.Now()}
	if !s.canAnimate() || total == 0 || total == 1 {
		return p
	}
	p.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(p),
		progressbar.OptionSetDescription("bagnet"),
		progressbar.OptionSetItsString(things),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetRenderBlankState(false),
	)
	return p
}

// Write passes the bar's drawing on to stderr once the work has proved long.
func (p *progress) Write(drawing []byte) (int, error) {
	if time.Since(p.start) < progressDelay {
		return len(drawing), nil
	}
	return p.streams.err.Write(drawing)
}

// step counts one finished image. Its errors are those of the terminal, which
// are no reason to stop.
func (p *progress) step() {
	if p.bar != nil {
		p.bar.Add(1)
	}
}

// hide clears the bar so that other text can be printed; a later step draws it
// again.
func (p *progress) hide() {
	if p.bar != nil {
		p.bar.Clear()
	}
}

// tileProgress shows how far the map of one large image has come, if no bar
// shows the images already.
type tileProgress struct {
	images *progress
	tiles  *progress
}

func newTileProgress(images *progress) *tileProgress { return &tileProgress{images: images} }

// set says how many tiles are done.
func (t *tileProgress) set(done, total int) {
	if t.images.bar != nil {
		return
	}
	if t.tiles == nil {
		t.tiles = newProgressOf(t.images.streams, total, "tiles")
		t.tiles.start = t.images.start
	}
	t.tiles.step()
}

func (t *tileProgress) hide() {
	if t.tiles != nil {
		t.tiles.hide()
	}
}
