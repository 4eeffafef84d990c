package bagnet_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// noise returns random pixels, transparent ones among them, within larger bounds that
// do not begin at (0, 0).
func noise(w, h int) *image.NRGBA {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	all := image.NewNRGBA(image.Rect(-7, 5, w+4, h+11))
	for i := range all.Pix {
		all.Pix[i] = uint8(rng.Uint32())
	}
	return all.SubImage(image.Rect(-3, 8, w-3, h+8)).(*image.NRGBA)
}

// in returns a picture in another colour model, with the same bounds.
func in[P draw.Image](picture image.Image, empty func(image.Rectangle) P) P {
	all := empty(picture.Bounds().Inset(-2))
	draw.Draw(all, picture.Bounds(), picture, picture.Bounds().Min, draw.Src)
	return any(all).(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(picture.Bounds()).(P)
}

// pil are the rules by which PIL's convert("RGB") drops alpha: that of mode RGBa divides
// by it first, and truncates.
func pil(c color.Color) (rgb [3]int) {
	switch c := c.(type) {
	case color.NRGBA:
		return [3]int{int(c.R), int(c.G), int(c.B)}
	case color.Gray:
		return [3]int{int(c.Y), int(c.Y), int(c.Y)}
	case color.RGBA:
		if c.A == 0 {
			return rgb
		}
		for i, v := range []uint8{c.R, c.G, c.B} {
			rgb[i] = min(255, 255*int(v)/int(c.A))
		}
	case color.YCbCr: // JFIF
		y, cb, cr := float64(c.Y), float64(c.Cb)-128, float64(c.Cr)-128
		for i, v := range []float64{y + 1.402*cr, y - 0.344136*cb - 0.714136*cr, y + 1.772*cb} {
			rgb[i] = int(math.Round(max(0, min(255, v))))
		}
	}
	return rgb
}

func ycbcr(w, h int) image.Image {
	rng := rand.New(rand.NewPCG(3, 3))
	all := image.NewYCbCr(image.Rect(2, 3, w+8, h+9), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]uint8{all.Y, all.Cb, all.Cr} {
		for i := range plane {
			plane[i] = uint8(rng.Uint32())
		}
	}
	return all.SubImage(image.Rect(4, 6, w+4, h+6))
}

func TestPrepareTakesAnyPicture(t *testing.T) {
	_, m, _ := bagNet(t, "v1-q9")
	straight := noise(31, 23)
	for _, c := range []struct {
		name    string
		picture image.Image
		off     int // of 255
	}{
		{"NRGBA", straight, 0},
		{"RGBA", in(straight, image.NewRGBA), 0},
		{"Gray", in(straight, image.NewGray), 0},
		{"YCbCr", ycbcr(31, 23), 1},
	} {
		img := must(m.Prepare(c.picture))(t)
		got, b := img.Picture(), c.picture.Bounds()
		if img.Size() != image.Pt(31, 23) || got.Rect != image.Rect(0, 0, 31, 23) {
			t.Fatalf("%s: prepared as %v in %v", c.name, img.Size(), got.Rect)
		}
		values := img.Tensor().Float32s()
		for y := range 23 {
			for x := range 31 {
				p, want := got.NRGBAAt(x, y), pil(c.picture.At(b.Min.X+x, b.Min.Y+y))
				for i, v := range []uint8{p.R, p.G, p.B} {
					if d := int(v) - want[i]; d < -c.off || d > c.off || p.A != 255 {
						t.Fatalf("%s: pixel %d, %d is %v, want %v", c.name, x, y, p, want)
					}
					if n := (float64(v)/255 - plain.Mean[i]) / plain.Std[i]; math.Abs(float64(values[3*(y*31+x)+i])-n) > 1e-6 {
						t.Fatalf("%s: value %d of pixel %d, %d is %v, want %v", c.name, i, x, y, values[3*(y*31+x)+i], n)
					}
				}
			}
		}
	}
}

// A picture in memory gives what its file gives, resized and cropped, and stays as it is.
func TestPrepareEqualsDecode(t *testing.T) {
	_, m, _ := bagNet(t, "v1-q9")
	small := plain
	small.Resize.Short, small.Crop, small.Interpolation = 40, 36, "bicubic"
	cut := must(m.WithPreprocessing(small))(t)
	if m.Preprocessing() != plain || cut.Preprocessing() != small {
		t.Errorf("preprocessing %+v and %+v", m.Preprocessing(), cut.Preprocessing())
	}
	for _, picture := range []image.Image{noise(71, 50), in(noise(71, 50), image.NewGray)} {
		var file bytes.Buffer
		if err := png.Encode(&file, picture); err != nil {
			t.Fatal(err)
		}
		want := must(cut.Prepare(must(bagnet.Decode(&file, nil))(t)))(t)
		got := must(cut.Prepare(picture))(t)
		if want.Size() != image.Pt(36, 36) || !slices.Equal(got.Picture().Pix, want.Picture().Pix) || !slices.Equal(got.Tensor().Float32s(), want.Tensor().Float32s()) {
			t.Errorf("%T gives other pixels than its file", picture)
		}
	}
	picture := noise(71, 50)
	must(cut.Prepare(picture))(t)
	if !slices.Equal(picture.Pix, noise(71, 50).Pix) {
		t.Error("the picture has changed")
	}
}

func TestFromTensor(t *testing.T) {
	want, m, img := bagNet(t, "v2-q17")
	values := img.Tensor()
	same := must(bagnet.FromTensor(values))(t)
	if same.Picture() != nil || same.Size() != img.Size() {
		t.Errorf("image of %v with picture %v", same.Size(), same.Picture())
	}
	a, b := must(m.Classify(t.Context(), same))(t), must(m.Classify(t.Context(), img))(t)
	checkAnswer(t, a, want)
	if !slices.Equal(a.Outputs, b.Outputs) {
		t.Error("a tensor gives other bits than the picture")
	}
	turned, sliced := values.Clone().(*tensor.Dense), must(values.Slice(nil, tensor.S(3, 40)))(t).(*tensor.Dense)
	if err := turned.T(1, 0, 2); err != nil {
		t.Fatal(err)
	}
	float64s := tensor.New(tensor.WithShape(40, 40, 3), tensor.Of(tensor.Float64))
	grey := tensor.New(tensor.WithShape(40, 40, 1), tensor.Of(tensor.Float32))
	columns := tensor.New(tensor.WithShape(40, 40, 3), tensor.AsFortran(make([]float32, 4800)))
	for name, bad := range map[string]*tensor.Dense{"transpose": turned, "slice": sliced, "float64": float64s, "grey": grey, "columns": columns, "none": nil} {
		if _, err := bagnet.FromTensor(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := m.Head(t.Context(), bad); err == nil {
			t.Errorf("%s: no error of the head", name)
		}
	}
	rows := must(values.Slice(tensor.S(2, 44)))(t).(*tensor.Dense) // lies row by row
	cut := must(bagnet.FromTensor(rows))(t)
	copied := must(bagnet.FromTensor(rows.Materialize().(*tensor.Dense)))(t)
	if x, y := must(m.Classify(t.Context(), cut))(t), must(m.Classify(t.Context(), copied))(t); !slices.Equal(x.Outputs, y.Outputs) {
		t.Error("rows of a tensor give other bits than their copy")
	}
	small := must(bagnet.FromTensor(tensor.New(tensor.WithShape(16, 40, 3), tensor.Of(tensor.Float32))))(t)
	if _, err := m.Classify(t.Context(), small); err == nil || !strings.Contains(err.Error(), "smaller than a patch") {
		t.Errorf("a small image: %v", err)
	}
}
