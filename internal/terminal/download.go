package terminal

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// Download shows on stderr how far a download has come, once it has
// taken a while: bytes, rate and time left. It shows nothing unless stderr is a
// terminal.
type Download struct {
	Streams *Streams
	Name    string
	start   time.Time
	bar     *progressbar.ProgressBar // nil if nothing is to be shown
	before  int64                    // bytes that were there when the bar was made
	done    int64
}

// Set says that done of total bytes are there; total is -1 if nobody knows it.
// The bar counts what is fetched now, so that its rate is right for a download
// that goes on where an earlier one ended.
func (p *Download) Set(done, total int64) {
	if !p.Streams.canAnimate() {
		return
	}
	if p.bar == nil || done < p.done {
		p.Hide()
		p.start, p.before = time.Now(), done
		p.bar = progressbar.NewOptions64(max(total-done, -1),
			progressbar.OptionSetWriter(p),
			progressbar.OptionSetDescription(p.Name),
			progressbar.OptionShowBytes(true),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetWidth(20),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetRenderBlankState(false),
			progressbar.OptionSetSpinnerChangeInterval(0), // else a goroutine draws it anew, over what is printed while it is hidden
		)
	}
	p.done = done
	// Errors are those of the terminal, which are no reason to stop.
	p.bar.Set64(done - p.before)
}

// Write passes the bar's drawing on to stderr once the work has proved long.
func (p *Download) Write(drawing []byte) (int, error) {
	if time.Since(p.start) < progressDelay {
		return len(drawing), nil
	}
	return p.Streams.Err.Write(drawing)
}

// Hide clears the bar so that other text can be printed.
func (p *Download) Hide() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
