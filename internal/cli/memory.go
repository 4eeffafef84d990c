package cli

import (
	"os"
	"runtime/debug"
)

// usualMemory is what the program may use before its garbage collector works
// harder.
const usualMemory = 800 << 20

// limitMemory makes the garbage collector work harder when the program uses
// much memory: of a large image several copies come and go, and collecting only
// when the heap has doubled would take twice as much. pixels are those of the
// image at hand, which must fit, beside what passes that run at once need, bytes.
// It leaves alone what $GOMEMLIMIT says.
func limitMemory(pixels, passes int) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(usualMemory, 7*int64(pixels)+64<<20) + int64(passes))
	}
}
