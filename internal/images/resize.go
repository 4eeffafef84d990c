package images

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// A Resize says what size a picture gets, in pixels. The zero value leaves it as
// it is; at most one of the two kinds may be set.
type Resize struct {
	Short         int // its shorter side: torchvision's Resize(n)
	Width, Height int // both sides, whatever its shape: torchvision's Resize((h, w))
}

// None reports whether pictures keep their size.
func (r Resize) None() bool { return r == Resize{} }

// exact reports whether both sides are given.
func (r Resize) exact() bool { return r.Width != 0 || r.Height != 0 }

// String is r as --resize takes it: a number, WxH or none.
func (r Resize) String() string {
	switch {
	case r.exact():
		return fmt.Sprintf("%dx%d", r.Width, r.Height)
	case r.Short != 0:
		return strconv.Itoa(r.Short)
	}
	return "none"
}

// validate says what is wrong with r.
func (r Resize) validate() error {
	if r.exact() {
		if r.Short != 0 {
			return errors.New("resize of the shorter side and of both sides: want one of them")
		}
		if min(r.Width, r.Height) < 1 || max(r.Width, r.Height) > maxSide {
			return fmt.Errorf("resize of %v pixels: want sides of 1 to %d", r, maxSide)
		}
		return nil
	}
	return checkSide("resize", r.Short)
}

// of returns the size of a picture of w x h pixels once it is resized. The longer
// side is torchvision's int(n*long/short), truncated.
func (r Resize) of(w, h int) (resizedW, resizedH int) {
	n := r.Short
	switch {
	case r.exact():
		return r.Width, r.Height
	case n <= 0:
		return w, h
	case w <= h:
		return n, int(int64(n) * int64(h) / int64(w))
	}
	return int(int64(n) * int64(w) / int64(h)), n
}

// MarshalJSON writes a number, 0 for none, or [height, width], which are what
// torchvision's Resize takes.
func (r Resize) MarshalJSON() ([]byte, error) {
	if r.exact() {
		return json.Marshal([2]int{r.Height, r.Width})
	}
	return json.Marshal(r.Short)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Resize) UnmarshalJSON(data []byte) error {
	var n int
	if json.Unmarshal(data, &n) == nil {
		*r = Resize{Short: n}
		return nil
	}
	var sides []int
	if json.Unmarshal(data, &sides) != nil || len(sides) != 2 {
		return errors.New("resize: want a number of pixels, or [height, width]")
	}
	*r = Resize{Width: sides[1], Height: sides[0]}
	if !r.exact() {
		return errors.New("resize [0,0]: want sides of 1 or more; 0 is none")
	}
	return nil
}
