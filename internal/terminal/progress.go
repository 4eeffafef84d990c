package terminal

import (
	"math"
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
func newProgressOf(s *Streams, total int, things string, more ...progressbar.Option) *Progress {
	p := &Progress{streams: s, start: time.Now()}
	if !s.canAnimate() || total == 0 || total == 1 {
		return p
	}
	p.bar = progressbar.NewOptions(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(p),
		progressbar.OptionSetDescription("bagnet"),
		progressbar.OptionSetItsString(things),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionSetSpinnerChangeInterval(0), // else a goroutine draws it anew, over what is printed while it is hidden
	}, more...)...)
	p.bar.StartWithoutRender() // else its clock starts when the first of them is done
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
	tiles *Progress // nil while a bar shows the images
}

// NewTileProgress starts the clock for the tiles of an image. It shows nothing while images does.
func NewTileProgress(images *Progress) *TileProgress {
	t := &TileProgress{}
	if images.bar == nil {
		t.tiles = newProgressOf(images.streams, math.MaxInt32, "tiles", progressbar.OptionThrottle(0)) // Set says how many
		t.tiles.start = images.start
	}
	return t
}

// Tiles is a TileProgress under p, as what is told of it and what hides it.
func (p *Progress) Tiles() (set func(done, total int), hide func()) {
	t := NewTileProgress(p)
	return t.Set, t.Hide
}

// Set says how many tiles of how many are done.
func (t *TileProgress) Set(done, total int) {
	if t.tiles == nil || t.tiles.bar == nil {
		return
	}
	if done == 1 {
		t.tiles.bar.ChangeMax(total)
	}
	t.tiles.Step()
}

// Hide clears the bar so that other text can be printed.
func (t *TileProgress) Hide() {
	if t.tiles != nil {
		t.tiles.Hide()
	}
}
