package flagvalue

import (
	"testing"

	"bagnet/internal/images"
)

func TestPixels(t *testing.T) {
	for text, want := range map[string]int{"none": 0, "1": 1, "224": 224} {
		var p Pixels
		if err := p.Set(text); err != nil || !p.Given || p.Value != want || p.String() != text {
			t.Errorf("%q: %+v, %q, %v", text, p, p.String(), err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5", "None", "224px", "99999999999999999999"} {
		var p Pixels
		if err := p.Set(text); err == nil || p.Given {
			t.Errorf("%q: %+v", text, p)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]images.Resize{
		"none": {}, "224": {Short: 224}, "640x480": {Width: 640, Height: 480}, "1x1": {Width: 1, Height: 1},
	} {
		var z Size
		if err := z.Set(text); err != nil || !z.Given || z.Value != want || z.String() != text {
			t.Errorf("%q: %+v, %q, %v", text, z, z.String(), err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5", "x", "5x", "x5", "0x5", "5x0", "5x-1", "nonex5", "5xnone", "5x5x5", "5X5", "5 x 5", "99999999999999999999x5"} {
		var z Size
		if err := z.Set(text); err == nil || z.Given {
			t.Errorf("%q: %+v", text, z)
		}
	}
}

func TestChannels(t *testing.T) {
	var c Channels
	if err := c.Set(".5, 0.25,-1e-1"); err != nil || c.Value != [3]float64{0.5, 0.25, -0.1} {
		t.Errorf("%+v, %v", c, err)
	}
	for _, text := range []string{"", "1", "1,2", "1,2,3,4", "1,2,x", "1,,3", "NaN,1,1", "1,inf,1"} {
		var c Channels
		if err := c.Set(text); err == nil || c.Given {
			t.Errorf("%q: %+v", text, c)
		}
	}
}
