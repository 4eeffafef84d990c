package images

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	if err := ImageNet().Validate(); err != nil {
		t.Fatal(err)
	}
	none := Preprocessing{Interpolation: Bicubic, Std: [3]float64{1, 1, 1}}
	if err := none.Validate(); err != nil {
		t.Errorf("neither resize nor crop: %v", err)
	}
	for _, c := range []struct {
		want   string
		change func(p *Preprocessing)
	}{
		{"resize of -1", func(p *Preprocessing) { p.Resize.Short = -1 }},
		{"resize of 1000000", func(p *Preprocessing) { p.Resize.Short = 1000000 }},
		{"crop of -224", func(p *Preprocessing) { p.Crop = -224 }},
		{"crop of 14143", func(p *Preprocessing) { p.Crop = 14143 }},
		{`interpolation "lanczos"`, func(p *Preprocessing) { p.Interpolation = "lanczos" }},
		{`interpolation ""`, func(p *Preprocessing) { p.Interpolation = "" }},
		{"mean NaN of channel 1", func(p *Preprocessing) { p.Mean[1] = math.NaN() }},
		{"mean 1e+300", func(p *Preprocessing) { p.Mean[0] = 1e300 }},
		{"deviation 0 of channel 2", func(p *Preprocessing) { p.Std[2] = 0 }},
		{"deviation -0.2", func(p *Preprocessing) { p.Std[0] = -0.2 }},
		{"deviation 1e-60", func(p *Preprocessing) { p.Std[0] = 1e-60 }},
		{"deviation 1e-40", func(p *Preprocessing) { p.Std[0] = 1e-40 }},
		{"deviation +Inf", func(p *Preprocessing) { p.Std[0] = math.Inf(1) }},
		{"deviation NaN", func(p *Preprocessing) { p.Std[0] = math.NaN() }},
	} {
		p := ImageNet()
		c.change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
		if _, err := p.Apply(image.NewNRGBA(image.Rect(0, 0, 4, 4))); err == nil {
			t.Errorf("%s: applied all the same", c.want)
		}
	}
}

// Sizes by torchvision's Resize and CenterCrop.
func TestOutputSize(t *testing.T) {
	for _, c := range []struct{ resize, crop, w, h, rw, rh, ow, oh int }{
		{256, 224, 500, 375, 341, 256, 224, 224}, // int(341.33)
		{256, 224, 375, 500, 256, 341, 224, 224},
		{256, 0, 500, 334, 383, 256, 383, 256}, // int(383.23)
		{256, 0, 256, 900, 256, 900, 256, 900}, // already there
		{0, 224, 500, 375, 500, 375, 224, 224},
		{0, 0, 500, 375, 500, 375, 500, 375},
		{3, 0, 7, 5, 4, 3, 4, 3}, // int(4.2)
	} {
		p := ImageNet()
		p.Resize.Short, p.Crop = c.resize, c.crop
		rw, rh, ow, oh := p.OutputSize(c.w, c.h)
		if rw != c.rw || rh != c.rh || ow != c.ow || oh != c.oh {
			t.Errorf("%+v gave %d %d %d %d", c, rw, rh, ow, oh)
		}
	}
}

// Offsets by Python's int(round((size-crop)/2)): halves go to even numbers.
func TestCropOffset(t *testing.T) {
	for _, c := range []struct{ size, crop, src, dst int }{
		{10, 10, 0, 0}, {11, 10, 0, 0}, {12, 10, 1, 0}, {13, 10, 2, 0}, {14, 10, 2, 0}, {15, 10, 2, 0}, {17, 10, 4, 0},
		{341, 224, 58, 0}, {256, 224, 16, 0},
		{9, 10, 0, 0}, {8, 10, 0, 1}, {7, 10, 0, 1}, {1, 10, 0, 4},
	} {
		if src, dst := cropOffset(c.size, c.crop); src != c.src || dst != c.dst {
			t.Errorf("%d of %d: %d, %d, want %d, %d", c.crop, c.size, src, dst, c.src, c.dst)
		}
	}
}

func TestRefusesEnormousOutput(t *testing.T) {
	p := ImageNet()
	for _, size := range [][2]int{{1, 60000}, {60000, 1}, {2, 65535}} {
		_, err := p.Apply(image.NewNRGBA(image.Rect(0, 0, size[0], size[1])))
		if !isResize(err) {
			t.Errorf("%v: %v", size, err)
		}
	}
	if err := p.CheckSize(1, 3000); err != nil { // 256x768000: large, but possible
		t.Error(err)
	}
	if err := p.CheckSize(20000, 15000); err != nil { // large, but made smaller
		t.Error(err)
	}
	if err := p.CheckSize(0, 0); err == nil {
		t.Error("no pixels, no error")
	}
}

func TestApplyNothingIsNoCopy(t *testing.T) {
	img := readPNG(t, "apply", "source_41x30.png")
	p := ImageNet()
	p.Resize.Short, p.Crop = 30, 0
	got, err := p.Apply(img)
	if err != nil || got != img {
		t.Errorf("got %p (%v), want %p itself", got, err, img)
	}
}

func TestPreprocessingJSON(t *testing.T) {
	b, err := json.Marshal(ImageNet())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"resize":256,"crop":224,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

// hidden hides a picture's type, so that only its At method can be used.
type hidden struct{ image.Image }

// Every fast path of opaque gives what color conversion gives, up to rounding:
// premultiplied colours are divided with 8 bits, as PIL does, which at alpha
// 128 and more moves them by 2 levels at most.
func TestOpaque(t *testing.T) {
	r := image.Rect(-3, 2, 8, 9)
	palette := color.Palette{color.NRGBA{10, 20, 30, 40}, color.RGBA{50, 60, 70, 255}, color.RGBA64{0x1234, 0x5678, 0x9abc, 0xffff}, color.Gray{77}}
	pictures := []interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		image.NewNRGBA(r), image.NewRGBA(r), image.NewGray(r), image.NewGray16(r), image.NewNRGBA64(r),
		image.NewRGBA64(r), image.NewPaletted(r, palette),
	}
	for _, m := range pictures {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				v := uint8(31*x + 57*y)
				m.Set(x, y, color.NRGBA{v, v + 80, v * 3, 0x80 | v})
			}
		}
		want := opaque(hidden{m})
		sub := m.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(image.Rect(-1, 3, 6, 8))
		wantSub := opaque(hidden{sub})
		gotSub := opaque(sub)
		got := opaque(m) // last: it may take over the pixels
		for _, c := range []struct{ got, want *image.NRGBA }{{got, want}, {gotSub, wantSub}} {
			sameImage(t, c.got, c.want, 2)
		}
		if t.Failed() {
			t.Fatalf("%T", m)
		}
	}
}

// BenchmarkPipeline is the way of one 224x224 4:2:0 JPEG to a tensor, apart from
// reading the file.
func BenchmarkPipeline(b *testing.B) {
	m := image.NewRGBA(image.Rect(0, 0, 224, 224))
	for i := range m.Pix {
		x, y := i/4%224, i/4/224
		m.Pix[i] = uint8(128 + 100*math.Sin(float64(x*(i%4+1))/9)*math.Cos(float64(y)/7) + 20*math.Sin(float64(x*y)))
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 90}); err != nil { // 4:2:0
		b.Fatal(err)
	}
	data := file.Bytes()
	p := ImageNet()
	p.Resize.Short, p.Crop = 160, 160
	b.ReportAllocs()
	for b.Loop() {
		img, err := Decode(data, DecodeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if img, err = p.Apply(img); err != nil {
			b.Fatal(err)
		}
		p.Normalize(img).Tensor()
	}
}
