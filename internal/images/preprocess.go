package images

import (
	"errors"
	"fmt"
	"image"
	"math"

	"gorgonia.org/tensor"
)

// Interpolation names the filter that a picture is resized with.
type Interpolation string

// The filters of torchvision that are known here, both antialiased.
const (
	Bilinear Interpolation = "bilinear" // triangle filter
	Bicubic  Interpolation = "bicubic"  // Keys' cubic filter, a = -0.5
)

// Preprocessing is what a network expects to be done with a picture:
// torchvision's Resize, CenterCrop, ToTensor and Normalize, in that order.
type Preprocessing struct {
	Resize        Resize        `json:"resize"`
	Crop          int           `json:"crop"` // side of the central square in pixels; 0 = none
	Interpolation Interpolation `json:"interpolation"`
	Mean          [3]float64    `json:"mean"` // of R, G, B on a scale of 0 to 1
	Std           [3]float64    `json:"std"`
}

// ImageNet is the preprocessing of the original BagNets and of most networks
// trained on ImageNet.
func ImageNet() Preprocessing {
	return Preprocessing{
		Resize: Resize{Short: 256}, Crop: 224, Interpolation: Bilinear,
		Mean: [3]float64{0.485, 0.456, 0.406},
		Std:  [3]float64{0.229, 0.224, 0.225},
	}
}

const (
	maxOutputPixels = DefaultMaxPixels
	maxSide         = 14142 // of a square of maxOutputPixels
)

// Validate says what is wrong with p: sizes that are negative or beyond
// reason, an unknown interpolation, statistics that float32 cannot divide by.
func (p Preprocessing) Validate() error {
	if err := p.Resize.validate(); err != nil {
		return err
	}
	if err := checkSide("crop", p.Crop); err != nil {
		return err
	}
	if p.Interpolation != Bilinear && p.Interpolation != Bicubic {
		return fmt.Errorf("unknown interpolation %q: want %q or %q", p.Interpolation, Bilinear, Bicubic)
	}
	for c := range p.Mean {
		if m := float64(float32(p.Mean[c])); math.IsNaN(m) || math.IsInf(m, 0) {
			return fmt.Errorf("mean %v of channel %d: want a finite number", p.Mean[c], c)
		}
		if s := float32(p.Std[c]); !(s > 0) || math.IsInf(float64(1/s), 0) || math.IsInf(float64(s), 0) {
			return fmt.Errorf("standard deviation %v of channel %d: want a finite number above zero", p.Std[c], c)
		}
	}
	return nil
}

// checkSide refuses lengths beyond reason; 0 is none.
func checkSide(name string, side int) error {
	if side < 0 || side > maxSide {
		return fmt.Errorf("%s of %d pixels: want 1 to %d, or none", name, side, maxSide)
	}
	return nil
}

// OutputSize returns the size in pixels that Apply gives a picture of w x h
// pixels (both at least 1): after resizing and in the end.
func (p Preprocessing) OutputSize(w, h int) (resizedW, resizedH, outW, outH int) {
	resizedW, resizedH = p.Resize.of(w, h)
	if p.Crop > 0 {
		return resizedW, resizedH, p.Crop, p.Crop
	}
	return resizedW, resizedH, resizedW, resizedH
}

// FixedSize returns the size that every picture has in the end; false if that
// depends on the picture.
func (p Preprocessing) FixedSize() (w, h int, fixed bool) {
	switch {
	case p.Crop > 0:
		return p.Crop, p.Crop, true
	case p.Resize.exact():
		return p.Resize.Width, p.Resize.Height, true
	}
	return 0, 0, false
}

// Largest returns how many pixels the largest picture has that Apply sees or
// makes on the way, of one of w x h pixels.
func (p Preprocessing) Largest(w, h int) int64 {
	rw, _, outW, outH := p.OutputSize(w, h)
	return max(int64(w)*int64(h), int64(rw)*int64(h), int64(outW)*int64(outH))
}

// CheckSize returns the error that Apply would give for a picture of w x h
// pixels: p is invalid, there are no pixels, or resizing it would make an
// enormous one, be it in between, as it does with a picture a few pixels wide and
// very long.
func (p Preprocessing) CheckSize(w, h int) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if w < 1 || h < 1 {
		return errors.New("preprocessing a picture without pixels")
	}
	rw, rh := p.Resize.of(w, h)
	if p.Resize.exact() {
		if held := resizeHolds(w, h, rw, rh); held > maxOutputPixels {
			return &ResizeError{fmt.Sprintf("resizing %dx%d to %dx%d pixels: it would take the room of %d pixels, more than the limit of %d",
				w, h, rw, rh, held, maxOutputPixels)}
		}
		return nil
	}
	if p.Resize.Short > 0 && int64(max(rw, rh)) > maxOutputPixels/int64(min(rw, rh)) && min(rw, rh) > min(w, h) {
		return &ResizeError{fmt.Sprintf("resizing %dx%d to %dx%d pixels: more than the limit of %d", w, h, rw, rh, maxOutputPixels)}
	}
	return nil
}

// ResizeError is about a picture that resizing would make enormous.
type ResizeError struct{ reason string }

func (e *ResizeError) Error() string { return e.reason }

// Apply returns the picture resized and cropped, 8-bit, opaque, with its origin
// at (0,0) and its rows packed. What a crop takes from beyond the picture is
// black. img must be as Decode returns it and is left as it is; the result is
// img itself if there is nothing to do, so neither should be modified.
//
// Sizes, offsets and values are those of torchvision on a PIL image.
func (p Preprocessing) Apply(img *image.NRGBA) (*image.NRGBA, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if err := p.CheckSize(w, h); err != nil {
		return nil, err
	}
	if rw, rh := p.Resize.of(w, h); rw != w || rh != h {
		img = resize(img, rw, rh, p.Interpolation)
	}
	if p.Crop > 0 {
		img = centerCrop(img, p.Crop)
	}
	return img, nil
}

// centerCrop is torchvision's center_crop to n x n pixels.
func centerCrop(img *image.NRGBA, n int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if w == n && h == n {
		return img
	}
	out := image.NewNRGBA(image.Rect(0, 0, n, n))
	setOpaque(out.Pix)
	srcX, dstX := cropOffset(w, n)
	srcY, dstY := cropOffset(h, n)
	for y := range min(h, n) {
		src := img.Pix[(srcY+y)*img.Stride+4*srcX:][:4*min(w, n)]
		copy(out.Pix[(dstY+y)*out.Stride+4*dstX:], src)
	}
	return out
}

// cropOffset returns where, along one side, a crop of n pixels starts in a
// picture of size pixels, and where the picture starts in the crop: one of them
// is 0. A larger picture is cut at Python's round((size-n)/2), which rounds
// halves to even numbers; a smaller one is framed by (n-size)/2, rounded down,
// before it and the rest behind it.
func cropOffset(size, n int) (src, dst int) {
	if size < n {
		return 0, (n - size) / 2
	}
	src = (size - n) / 2
	if (size-n)%2 == 1 && src%2 == 1 {
		src++
	}
	return src, 0
}

// Normalize returns the picture, which is what Apply returned, as the network
// sees it: (v/255 - mean)/std of each R, G and B value, every step rounded to
// float32 as torch does. p must be valid.
func (p Preprocessing) Normalize(img *image.NRGBA) *Normalized {
	n := &Normalized{img: img}
	for c := range n.table {
		mean, std := float32(p.Mean[c]), float32(p.Std[c])
		for v := range n.table[c] {
			unit := float32(v) / 255
			centred := unit - mean
			n.table[c][v] = centred / std
		}
	}
	return n
}

// A Normalized is a picture whose float32 values are computed as they are read:
// they take three times the memory of the bytes they come from.
type Normalized struct {
	img   *image.NRGBA
	table [3][256]float32 // of each channel's 8-bit values
}

// Size returns the height and width in pixels.
func (n *Normalized) Size() (h, w int) { return n.img.Rect.Dy(), n.img.Rect.Dx() }

// Picture returns the picture in 8 bits.
func (n *Normalized) Picture() *image.NRGBA { return n.img }

// Read fills dst, [h, w, 3], with the pixels from (y, x) on, which lie within
// the picture; rows of dst are stride floats apart.
func (n *Normalized) Read(dst []float32, stride, y, x, h, w int) {
	for i := range h {
		src := n.img.Pix[(y+i)*n.img.Stride+4*x:][:4*w]
		row := dst[i*stride:][:3*w]
		for s, d := 0, 0; s < len(src); s, d = s+4, d+3 {
			px, t := src[s:s+4:s+4], row[d:d+3:d+3]
			t[0], t[1], t[2] = n.table[0][px[0]], n.table[1][px[1]], n.table[2][px[2]]
		}
	}
}

// Tensor returns the whole picture, [H, W, 3] float32, contiguous.
func (n *Normalized) Tensor() *tensor.Dense {
	h, w := n.Size()
	values := make([]float32, h*w*3)
	n.Read(values, 3*w, 0, 0, h, w)
	return tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(values))
}

// String says what is done, in a line.
func (p Preprocessing) String() string {
	resize := "no resizing"
	switch {
	case p.Resize.Short > 0:
		resize = fmt.Sprintf("shorter side %d (%s)", p.Resize.Short, p.Interpolation)
	case !p.Resize.None():
		resize = fmt.Sprintf("%s pixels (%s)", p.Resize, p.Interpolation)
	}
	crop := "no crop"
	if p.Crop > 0 {
		crop = fmt.Sprintf("crop %d", p.Crop)
	}
	return fmt.Sprintf("%s, %s, mean %s, std %s", resize, crop, triple(p.Mean), triple(p.Std))
}

func triple(v [3]float64) string { return fmt.Sprintf("%g,%g,%g", v[0], v[1], v[2]) }
