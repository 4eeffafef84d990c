package cli

import (
	"image"
	"strings"
	"testing"

	"bagnet/internal/images"
	"bagnet/internal/pipeline"
)

func TestCheckArray(t *testing.T) {
	p := pipeline.Picture{Pixels: images.ImageNet().Normalize(image.NewNRGBA(image.Rect(0, 0, 4000, 2000)))}
	for _, test := range []struct {
		stride, channels int
		fits             bool
	}{{1, 1, true}, {1, 134, true}, {1, 135, false}, {8, 1000, true}, {1, 100_000, false}} {
		err := checkArray(p, test.stride, test.channels)
		if (err == nil) != test.fits {
			t.Errorf("stride %d, %d channels: %v", test.stride, test.channels, err)
		}
		if err != nil && !strings.Contains(err.Error(), "more than 4096: use a larger --stride") {
			t.Errorf("it says %q", err)
		}
	}
}
