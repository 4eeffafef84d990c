package images

import (
	"encoding/json"
	"image"
	"strings"
	"testing"
)

func TestResizeJSON(t *testing.T) {
	for text, want := range map[string]Resize{
		"0": {}, "256": {Short: 256}, "[375,500]": {Width: 500, Height: 375}, "null": {},
	} {
		var got Resize
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
		if text == "null" {
			continue
		}
		if back, err := json.Marshal(want); err != nil || string(back) != text {
			t.Errorf("%+v: written as %s, %v", want, back, err)
		}
	}
	for _, text := range []string{`"256"`, "[]", "[256]", "[1,2,3]", "[0,0]", "[1.5,2]", `["1","2"]`, "2.5", "{}", "[null]", "true"} {
		var got Resize
		if err := json.Unmarshal([]byte(text), &got); err == nil || !strings.Contains(err.Error(), "resize") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestResizeText(t *testing.T) {
	for want, r := range map[string]Resize{"none": {}, "256": {Short: 256}, "500x375": {Width: 500, Height: 375}} {
		if got := r.String(); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
		if r.None() != (want == "none") {
			t.Errorf("%+v: None is %v", r, r.None())
		}
	}
}

func TestResizeSides(t *testing.T) {
	for _, c := range []struct {
		resize Resize
		valid  bool
	}{
		{Resize{}, true},
		{Resize{Short: 14142}, true},
		{Resize{Width: 1, Height: 14142}, true},
		{Resize{Short: 14143}, false},
		{Resize{Width: 14143, Height: 1}, false},
		{Resize{Width: 1, Height: 14143}, false},
		{Resize{Width: 5}, false},
		{Resize{Height: 5}, false},
		{Resize{Width: -1, Height: 5}, false},
		{Resize{Short: 5, Width: 5, Height: 5}, false},
	} {
		p := ImageNet()
		p.Resize = c.resize
		if err := p.Validate(); (err == nil) != c.valid || err != nil && !strings.Contains(err.Error(), "resize of") {
			t.Errorf("%+v: %v", c.resize, err)
		}
	}
}

// Between its passes a very long picture can be enormous though both ends are
// small.
func TestExactResizeOfLongPictures(t *testing.T) {
	p := ImageNet()
	p.Resize = Resize{Width: 512, Height: 512}
	for _, c := range []struct {
		w, h  int
		fits  bool
		large int64
	}{
		{14000, 14000, true, 14000 * 14000},
		{1, 390_000, false, 512 * 390_000}, // with its weights
		{1, 387_000, true, 512 * 387_000},
		{1, 10_000_000, false, 512 * 10_000_000},
		{40_000_000, 1, true, 40_000_000}, // reduced first
		{60_000_000, 1, false, 60_000_000},
	} {
		if err := p.CheckSize(c.w, c.h); (err == nil) != c.fits || err != nil && !isResize(err) {
			t.Errorf("%dx%d: %v", c.w, c.h, err)
		}
		if got := p.Largest(c.w, c.h); got != c.large {
			t.Errorf("%dx%d: the largest picture has %d pixels, want %d", c.w, c.h, got, c.large)
		}
	}
	if _, err := p.Apply(image.NewNRGBA(image.Rect(0, 0, 1, 390_000))); err == nil {
		t.Error("applied all the same")
	}
}

func TestFixedSize(t *testing.T) {
	for _, c := range []struct {
		resize Resize
		crop   int
		w, h   int
		fixed  bool
	}{
		{Resize{}, 0, 0, 0, false},
		{Resize{Short: 256}, 0, 0, 0, false},
		{Resize{Short: 256}, 224, 224, 224, true},
		{Resize{}, 224, 224, 224, true},
		{Resize{Width: 300, Height: 200}, 0, 300, 200, true},
		{Resize{Width: 300, Height: 200}, 224, 224, 224, true},
	} {
		p := Preprocessing{Resize: c.resize, Crop: c.crop}
		if w, h, fixed := p.FixedSize(); w != c.w || h != c.h || fixed != c.fixed {
			t.Errorf("%v, crop %d: %d x %d, %v", c.resize, c.crop, w, h, fixed)
		}
	}
}
