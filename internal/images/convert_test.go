package images

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFromImage has pictures of every type that decoders of Go's make, also parts of larger
// ones: colours stay, alpha is dropped, 16 bits give their high byte.
func TestFromImage(t *testing.T) {
	const w, h = 5, 3 // an odd number of pixels
	rng := rand.New(rand.NewPCG(1, 2))
	bounds := image.Rect(-2, 7, -2+w, 7+h)
	palette := color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 50, 128}, color.RGBA{9, 8, 7, 255}, color.Gray{77}}
	straighten := func(v, a uint32) uint8 { return uint8(min(v*255/a, 255)) } // PIL truncates
	for name, c := range map[string]struct {
		img  draw.Image
		want func(img image.Image, x, y int) [3]uint8
	}{
		"NRGBA": {image.NewNRGBA(bounds), func(img image.Image, x, y int) [3]uint8 {
			c := img.(*image.NRGBA).NRGBAAt(x, y)
			return [3]uint8{c.R, c.G, c.B}
		}},
		"RGBA": {image.NewRGBA(bounds), func(img image.Image, x, y int) [3]uint8 {
			c := img.(*image.RGBA).RGBAAt(x, y)
			a := uint32(c.A)
			return [3]uint8{straighten(uint32(c.R), a), straighten(uint32(c.G), a), straighten(uint32(c.B), a)}
		}},
		"NRGBA64": {image.NewNRGBA64(bounds), func(img image.Image, x, y int) [3]uint8 {
			c := img.(*image.NRGBA64).NRGBA64At(x, y)
			return [3]uint8{uint8(c.R >> 8), uint8(c.G >> 8), uint8(c.B >> 8)}
		}},
		"RGBA64": {image.NewRGBA64(bounds), func(img image.Image, x, y int) [3]uint8 {
			c := img.(*image.RGBA64).RGBA64At(x, y)
			a := uint32(c.A >> 8)
			return [3]uint8{straighten(uint32(c.R>>8), a), straighten(uint32(c.G>>8), a), straighten(uint32(c.B>>8), a)}
		}},
		"Gray": {image.NewGray(bounds), func(img image.Image, x, y int) [3]uint8 {
			v := img.(*image.Gray).GrayAt(x, y).Y
			return [3]uint8{v, v, v}
		}},
		"Gray16": {image.NewGray16(bounds), func(img image.Image, x, y int) [3]uint8 {
			v := uint8(img.(*image.Gray16).Gray16At(x, y).Y >> 8)
			return [3]uint8{v, v, v}
		}},
		"Paletted": {image.NewPaletted(bounds, palette), func(img image.Image, x, y int) [3]uint8 {
			return [][3]uint8{{1, 2, 3}, {200, 100, 50}, {9, 8, 7}, {77, 77, 77}}[img.(*image.Paletted).ColorIndexAt(x, y)]
		}},
		"CMYK": {image.NewCMYK(bounds), func(img image.Image, x, y int) [3]uint8 {
			c := img.(*image.CMYK).CMYKAt(x, y)
			r, g, b := color.CMYKToRGB(c.C, c.M, c.Y, c.K)
			return [3]uint8{r, g, b}
		}},
	} {
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			for x := bounds.Min.X; x < bounds.Max.X; x++ {
				c.img.Set(x, y, color.NRGBA64{uint16(rng.Uint32()), uint16(rng.Uint32()), uint16(rng.Uint32()), uint16(rng.UintN(1<<16-1<<10) + 1<<10)})
				if p, ok := c.img.(*image.Paletted); ok {
					p.SetColorIndex(x, y, uint8(rng.IntN(len(palette))))
				}
			}
		}
		part := bounds.Inset(1)
		for what, img := range map[string]image.Image{"whole": c.img, "part": c.img.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(part)} {
			got := FromImage(img)
			b := img.Bounds()
			if got.Rect != image.Rect(0, 0, b.Dx(), b.Dy()) || got.Stride != 4*b.Dx() || len(got.Pix) != got.Stride*b.Dy() {
				t.Fatalf("%s, %s: bounds %v, stride %d, %d bytes", name, what, got.Rect, got.Stride, len(got.Pix))
			}
			for y := range b.Dy() {
				for x := range b.Dx() {
					rgb := c.want(img, b.Min.X+x, b.Min.Y+y)
					if p := got.NRGBAAt(x, y); p != (color.NRGBA{rgb[0], rgb[1], rgb[2], 255}) {
						t.Errorf("%s, %s: pixel (%d,%d) of %v is %v, want %v", name, what, x, y, img.At(b.Min.X+x, b.Min.Y+y), p, rgb)
					}
				}
			}
		}
	}
}

// TestFromImageKeeps takes a picture as it is only if it is as Decode's are.
func TestFromImageKeeps(t *testing.T) {
	for n := 1; n <= 4; n++ {
		img := image.NewNRGBA(image.Rect(0, 0, n, 1))
		for i := range img.Pix {
			img.Pix[i] = 0xff
		}
		if FromImage(img) != img {
			t.Errorf("an opaque picture of %d pixels was copied", n)
		}
		for at := range n {
			img.Pix[4*at+3] = 0xfe
			if got := FromImage(img); got == img || got.Pix[4*at+3] != 0xff || img.Pix[4*at+3] != 0xfe {
				t.Errorf("of %d pixels number %d is not opaque: it stayed so, or the picture was changed", n, at)
			}
			img.Pix[4*at+3] = 0xff
		}
	}
}

// TestLimitOfPixels has every format's width and height, of the canvas where there is one.
func TestLimitOfPixels(t *testing.T) {
	if _, err := Decode(readFile(t, "decode", "2x3.webp"), DecodeOptions{MaxPixels: 1}); err == nil || !strings.Contains(err.Error(), "2x3 pixels are more than the limit of 1") {
		t.Errorf("a limit of one pixel: %v", err)
	}
	picture, frame := lossless(t)
	w, h := frame.Rect.Dx(), frame.Rect.Dy()
	if _, err := Decode(webpOf(extended(0, 2*w, 2*h), picture), DecodeOptions{MaxPixels: int64(4*w*h - 1)}); err == nil || !strings.Contains(err.Error(), "are more than the limit") {
		t.Errorf("a canvas larger than its frame: %v", err)
	}
	for _, f := range loadFixtures(t).Decode {
		data, want := readFile(t, "decode", f.File), readPNG(t, "decode", f.File+".png").Rect.Size()
		pixels := int64(want.X) * int64(want.Y)
		if _, err := Decode(data, DecodeOptions{MaxPixels: pixels}); err != nil {
			t.Errorf("%s: as many pixels as are allowed: %v", f.File, err)
		}
		if pixels == 1 {
			continue // 0 is the default
		}
		_, err := Decode(data, DecodeOptions{MaxPixels: pixels - 1})
		var limit *LimitError
		turned := strings.HasPrefix(f.File, "orientation") // PIL turns TIFF
		if !errors.As(err, &limit) || *limit != (LimitError{want.X, want.Y, pixels - 1}) && (!turned || *limit != LimitError{want.Y, want.X, pixels - 1}) {
			t.Errorf("%s: of %v pixels one more than allowed: %v", f.File, want, err)
		}
	}
}
