package pipeline

import (
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"testing"

	"bagnet"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/testkit"
)

// TestDecode gives a picture its size, its fingerprint and what Prepare makes of it.
func TestDecode(t *testing.T) {
	golf, made := testkit.GolfBall(t), &bagnet.Image{}
	var checked, prepared image.Point
	d := &Decoder{Preprocessing: images.ImageNet(), Options: images.DecodeOptions{MaxPixels: 1e8}}
	d.Preprocessing.Resize, d.Preprocessing.Crop = images.Resize{Width: 50, Height: 40}, 0
	d.Check = func(h, w int) error { checked = image.Pt(w, h); return nil }
	d.Prepare = func(m image.Image) (*bagnet.Image, error) { prepared = m.Bounds().Size(); return made, nil }
	p := d.Decode(dataset.Image{Path: "golf", Data: golf})
	if p.Err != nil || p.Path != "golf" || p.Pixels != made || p.Took <= 0 || p.Began.IsZero() {
		t.Errorf("%+v", p)
	}
	if checked != image.Pt(50, 40) || prepared != image.Pt(p.Width, p.Height) || p.Width < 100 {
		t.Errorf("checked %v, prepared %v, %d x %d", checked, prepared, p.Width, p.Height)
	}
	if want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(golf)); p.Fingerprint != want {
		t.Errorf("%s, want %s", p.Fingerprint, want)
	}
}

// TestDecodeErrors has each step fail: what to do about it is said of decoding and
// preparing, not of files that cannot be read or sizes that do not suit.
func TestDecodeErrors(t *testing.T) {
	golf, broken := testkit.GolfBall(t), errors.New("broken")
	for name, c := range map[string]struct {
		in        dataset.Image
		change    func(*Decoder)
		explained bool
	}{
		"unread":     {dataset.Image{Err: broken}, func(*Decoder) {}, false},
		"no picture": {dataset.Image{Data: []byte("text")}, func(*Decoder) {}, true},
		"too large":  {dataset.Image{Data: golf}, func(d *Decoder) { d.Options.MaxPixels = 10 }, true},
		"unsuitable": {dataset.Image{Data: golf}, func(d *Decoder) { d.Check = func(int, int) error { return broken } }, false},
		"unprepared": {dataset.Image{Data: golf}, func(d *Decoder) {
			d.Prepare = func(image.Image) (*bagnet.Image, error) { return nil, broken }
		}, true},
	} {
		for _, explain := range []bool{true, false} {
			d := &Decoder{Preprocessing: images.ImageNet(), Options: images.DecodeOptions{MaxPixels: 1e8}}
			d.Prepare = func(image.Image) (*bagnet.Image, error) { return &bagnet.Image{}, nil }
			asked := false
			if explain {
				d.Explain = func(err error) error { asked = true; return fmt.Errorf("explained: %w", err) }
			}
			c.change(d)
			p := d.Decode(c.in)
			if p.Err == nil || p.Pixels != nil || asked != (explain && c.explained) {
				t.Errorf("%s: %+v, explained %v", name, p, asked)
			}
			if asked && p.Err.Error()[:11] != "explained: " {
				t.Errorf("%s: %v", name, p.Err)
			}
		}
	}
}

// TestWorkers uses one where pictures are of any size or large.
func TestWorkers(t *testing.T) {
	for _, c := range []struct {
		resize     images.Resize
		crop       int
		most, want int
	}{
		{images.Resize{Short: 256}, 224, 3, 3},
		{images.Resize{Short: 256}, 224, 100, 8},
		{images.Resize{Short: 256}, 0, 3, 1},
		{images.Resize{}, 0, 3, 1},
		{images.Resize{Width: 4000, Height: 4000}, 0, 3, 3},
		{images.Resize{Width: 4000, Height: 4001}, 0, 3, 1},
	} {
		d := &Decoder{Preprocessing: images.ImageNet()}
		d.Preprocessing.Resize, d.Preprocessing.Crop = c.resize, c.crop
		if n := d.Workers(c.most); n != c.want {
			t.Errorf("%+v, crop %d: %d of %d workers, want %d", c.resize, c.crop, n, c.most, c.want)
		}
	}
}
