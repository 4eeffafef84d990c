package certificate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Sticker is how large a square sticker is: Pixels a side, or Percent of the area of the
// image that the network sees.
type Sticker struct {
	Name    string // as it was asked for
	Pixels  int    // 0 for Percent
	Percent float64
}

// maxSticker bounds a sticker's side, pixels: more than any image has.
const maxSticker = 1_000_000

// ParseSticker reads a number of pixels, or a percentage with its sign.
func ParseSticker(name string) (Sticker, error) {
	s := Sticker{Name: name}
	number, share := strings.CutSuffix(name, "%")
	var err error
	if share {
		s.Percent, err = strconv.ParseFloat(number, 64)
	} else {
		s.Pixels, err = strconv.Atoi(number)
	}
	if err != nil || share && !(s.Percent > 0 && s.Percent <= 100) || !share && (s.Pixels < 1 || s.Pixels > maxSticker) {
		return s, fmt.Errorf("%q: want a number of pixels, 1 to %d, or a share of the image's area such as 2%%", name, maxSticker)
	}
	return s, nil
}

// Side returns the sticker's side in pixels for an image of w x h. A share is rounded up:
// it is that of the smallest sticker that covers so much.
func (s Sticker) Side(w, h int) int {
	if s.Pixels > 0 {
		return s.Pixels
	}
	area := s.Percent / 100 * float64(w) * float64(h)
	area -= 1e-9 * area // 1 % of 160 x 160 is 16 x 16, whatever the division leaves
	return int(math.Ceil(math.Sqrt(area)))
}
