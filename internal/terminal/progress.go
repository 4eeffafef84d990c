package terminal

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressDelay is how long work may take before a progress bar appears.
const progressDelay = 2 * time.Second

// Progress shows on stderr how far a long run has come: images, rate and time
// left. It shows nothing unless stderr is a terminal.
type Progress struct {
	streams *Streams
	start   time.Time
	bar     *progressbar.ProgressBar // nil if nothing is to be shown
}

// NewProgress starts the clock for total images, -1 if nobody knows how many.
func NewProgress(s *Streams, total int) *Progress { return newProgressOf(s, total, "images") }

// NewSteps starts the clock for total steps of one computation.
func NewSteps(s *Streams, total int) *Progress { return newProgressOf(s, total, "steps") }

// newProgressOf is NewProgress for other things than images.
func newProgressOf(s *Streams, total int, things string) *Progress {
	p := &Progress{streams: s, start: time.Now()}
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
func (p *Progress) Write(drawing []byte) (int, error) {
	if time.Since(p.start) < progressDelay {
		return len(drawing), nil
	}
	return p.streams.Err.Write(drawing)
}

// Step counts one finished image. Its errors are those of the terminal, which
// are no reason to stop.
func (p *Progress) Step() {
	if p.bar != nil {
		p.bar.Add(1)
	}
}

// Describe says before the bar how it goes.
func (p *Progress) Describe(text string) {
	if p.bar != nil {
		p.bar.Describe(text)
	}
}

// Hide clears the bar so that other text can be printed; a later step draws it
// again.
func (p *Progress) Hide() {
	if p.bar != nil {
		p.bar.Clear()
	}
}

// TileProgress shows how far the map of one large image has come, if no bar
// shows the images already.
type TileProgress struct {
	images *Progress
	tiles  *Progress
}

// NewTileProgress shows nothing while images does.
func NewTileProgress(images *Progress) *TileProgress { return &TileProgress{images: images} }

// Tiles is a TileProgress under p, as what is told of it and what hides it.
func (p *Progress) Tiles() (set func(done, total int), hide func()) {
	t := NewTileProgress(p)
	return t.Set, t.Hide
}

// Set says how many tiles are done.
func (t *TileProgress) Set(done, total int) {
	if t.images.bar != nil {
		return
	}
	if t.tiles == nil {
		t.tiles = newProgressOf(t.images.streams, total, "tiles")
		t.tiles.start = t.images.start
	}
	t.tiles.Step()
}

// Hide clears the bar so that other text can be printed.
func (t *TileProgress) Hide() {
	if t.tiles != nil {
		t.tiles.Hide()
	}
}
