package bagnet

import (
	"errors"
	"fmt"
	"image"
	"io"
	"slices"

	"gorgonia.org/tensor"

	"bagnet/internal/images"
	"bagnet/internal/inference"
)

// Preprocessing is what a network expects to be done with a picture: torchvision's
// Resize, CenterCrop, ToTensor and Normalize, in that order.
type Preprocessing struct {
	Resize        Resize
	Crop          int        // side of the central square, pixels; 0 for none
	Interpolation string     // "bilinear" or "bicubic", both antialiased
	Mean, Std     [3]float64 // of R, G, B on a scale of 0 to 1
}

// Resize is the size that pictures are given, in pixels: Short for the shorter side, as
// torchvision's Resize(int), or Width and Height for both, whatever the shape, as its
// Resize((height, width)). The zero value leaves them as they are.
type Resize struct{ Short, Width, Height int }

// preprocessingOf is p as this package has it.
func preprocessingOf(p images.Preprocessing) Preprocessing {
	return Preprocessing{Resize(p.Resize), p.Crop, string(p.Interpolation), p.Mean, p.Std}
}

// images is p as package images has it.
func (p Preprocessing) images() images.Preprocessing {
	return images.Preprocessing{Resize: images.Resize(p.Resize), Crop: p.Crop, Interpolation: images.Interpolation(p.Interpolation), Mean: p.Mean, Std: p.Std}
}

// Preprocessing returns what Prepare does.
func (m *Model) Preprocessing() Preprocessing { return m.preprocessing }

// WithPreprocessing returns the model with another preprocessing, such as m's own with
// another Crop. m keeps its own; the two share the weights. One that makes all pictures
// smaller than the network can take is an error.
func (m *Model) WithPreprocessing(p Preprocessing) (*Model, error) {
	if err := p.images().Validate(); err != nil {
		return nil, fmt.Errorf("preprocessing: %w", err)
	}
	if w, h, fixed := p.images().FixedSize(); fixed {
		if err := m.net.CheckSize(h, w); err != nil {
			return nil, fmt.Errorf("preprocessing: %w", err)
		}
	}
	other := *m
	other.preprocessing = p
	return &other, nil
}

// DecodeOptions say how Decode treats a file. Nil stands for the zero value.
type DecodeOptions struct {
	MaxPixels  int64 // larger pictures are refused (ErrTooLarge) before memory is taken; 0 for 200 million
	AutoOrient bool  // turn the picture upright as its EXIF data says; networks are usually tested without
}

// maxFile bounds how much of an image file Decode reads, bytes.
const maxFile = 1 << 30

// Decode reads a JPEG, PNG, GIF, WebP, BMP, TIFF, PPM, PGM or PBM file to its end and
// returns the 8-bit pixels that PIL's convert("RGB") gives: opaque, origin (0, 0). Use it
// instead of image.Decode where a network is to see what it saw in training. A file that
// is damaged or cut short is an error, never a part of a picture. One that is none of
// these is image.ErrFormat, one of more than 1 GiB ErrTooLarge.
func Decode(r io.Reader, o *DecodeOptions) (*image.NRGBA, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, kindError{fmt.Errorf("the file is larger than %d MiB, too large for an image", maxFile>>20), ErrTooLarge}
	}
	if err := images.Detect(data); err != nil && len(data) > 0 {
		return nil, kindError{err, image.ErrFormat}
	}
	if o == nil {
		o = &DecodeOptions{}
	}
	picture, err := images.Decode(data, images.DecodeOptions{MaxPixels: o.MaxPixels, AutoOrient: o.AutoOrient})
	if _, large := errors.AsType[*images.LimitError](err); large {
		return nil, kindError{err, ErrTooLarge}
	}
	return picture, err
}

// An Image is what a network sees: resized, cropped, normalised pixels. It never
// changes, and suits every model that wants the same preprocessing.
type Image struct {
	pixels  inference.Pixels
	picture *image.NRGBA // nil if only the tensor is known
}

// Prepare makes a picture ready for the model. It may keep the picture, which must not
// be modified afterwards. Alpha is dropped, not blended, as PIL does. A picture that is
// smaller than a patch in the end is an error.
func (m *Model) Prepare(picture image.Image) (*Image, error) {
	if picture == nil || picture.Bounds().Empty() {
		return nil, errors.New("preparing a picture without pixels")
	}
	b, p := picture.Bounds(), m.preprocessing.images()
	_, _, w, h := p.OutputSize(b.Dx(), b.Dy())
	if err := m.net.CheckSize(h, w); err != nil {
		return nil, err
	}
	prepared, err := p.Apply(images.FromImage(picture))
	if _, large := errors.AsType[*images.ResizeError](err); large {
		return nil, kindError{err, ErrTooLarge}
	}
	if err != nil {
		return nil, err
	}
	return &Image{p.Normalize(prepared), prepared}, nil
}

// FromTensor returns the image whose normalised pixels are in t, [H, W, 3] float32. It
// keeps t, whose values must not change while passes read the image. A view whose values
// do not lie row by row, as slices and transposes have, is an error.
func FromTensor(t *tensor.Dense) (*Image, error) {
	if err := checkPacked(t); err != nil {
		return nil, fmt.Errorf("making an image of a tensor: %w", err)
	}
	pixels, err := inference.FromTensor(t)
	if err != nil {
		return nil, err
	}
	return &Image{pixels: pixels}, nil
}

// checkPacked refuses tensors of three dimensions whose values do not lie row by row:
// passes read them as they lie.
func checkPacked(t *tensor.Dense) error {
	if t == nil {
		return errors.New("there is no tensor")
	}
	shape, strides := t.Shape(), t.Strides()
	if len(shape) == 3 && !slices.Equal(strides, []int{shape[1] * shape[2], shape[2], 1}) {
		return fmt.Errorf("a view of shape %v and strides %v: copy it with Materialize first", []int(shape), strides)
	}
	return nil
}

// read returns the pixels of an image. One that neither Prepare nor FromTensor has made is
// an error.
func (img *Image) read() (inference.Pixels, error) {
	if img == nil || img.pixels == nil {
		return nil, errors.New("there is no image: Prepare and FromTensor make one")
	}
	return img.pixels, nil
}

// Size returns the width and height, pixels.
func (img *Image) Size() image.Point {
	h, w := img.pixels.Size()
	return image.Pt(w, h)
}

// Tensor returns a copy of the normalised pixels, [H, W, 3] float32.
func (img *Image) Tensor() *tensor.Dense {
	h, w := img.pixels.Size()
	values := make([]float32, 3*h*w)
	img.pixels.Read(values, 3*w, 0, 0, h, w)
	return tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(values))
}

// Picture returns the prepared picture in 8 bits, nil for one made by FromTensor. It
// must not be modified.
func (img *Image) Picture() *image.NRGBA { return img.picture }
