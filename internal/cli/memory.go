package cli

import (
	"fmt"
	"os"
	"runtime/debug"

	"bagnet/internal/pipeline"
)

// usualMemory is what the program may use before its garbage collector works
// harder.
const usualMemory = 800 << 20

// maxArray is the largest array of patches' values computed, bytes: it exists in
// memory as a whole.
const maxArray = 4 << 30

// checkArray refuses a picture whose patches, with so many values each, would
// take more than maxArray.
func checkArray(p pipeline.Picture, stride, channels int) error {
	h, w := p.Pixels.Size()
	if bytes := 4 * int64(h/stride+1) * int64(w/stride+1) * int64(channels); bytes > maxArray {
		return fmt.Errorf("an array of %d channels for every %d pixels of %d x %d takes %d MB, more than %d: use a larger --stride, a smaller image, or name fewer classes",
			channels, stride, w, h, bytes>>20, maxArray>>20)
	}
	return nil
}

// limitMemory makes the garbage collector work harder when the program uses
// much memory: of a large image several copies come and go, and collecting only
// when the heap has doubled would take twice as much. pixels are those of the
// image at hand, which must fit. It leaves alone what $GOMEMLIMIT says.
func limitMemory(pixels int) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(max(usualMemory, 7*int64(pixels)+64<<20))
	}
}
