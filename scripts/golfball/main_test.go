package main

import (
	"testing"

	"github.com/disintegration/imaging"
)

// TestPictureIsCurrent fails when docs/golf-ball.png is not what this program draws. Some architectures fuse
// multiplications and additions, which may move an edge by a fraction of a pixel: hence the tolerance.
func TestPictureIsCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing takes seconds")
	}
	committed, err := imaging.Open("../../docs/golf-ball.png")
	if err != nil {
		t.Fatal(err)
	}
	want := imaging.Clone(committed)
	got := imaging.Clone(draw(want.Rect.Dx(), views[0]))
	if got.Rect != want.Rect {
		t.Fatalf("the picture has bounds %v, %v drawn", want.Rect, got.Rect)
	}
	sum := 0
	for i, v := range want.Pix {
		sum += max(int(v), int(got.Pix[i])) - min(int(v), int(got.Pix[i]))
	}
	if mean := float64(sum) / float64(len(want.Pix)); mean > 0.1 {
		t.Errorf("the picture differs from the drawing by %.2f levels a channel; run go run ./scripts/golfball", mean)
	}
}
