package flagvalue

import "bagnet/internal/images"

// Preprocessing are the flags that change the preprocessing which comes with a model.
type Preprocessing struct {
	Resize        Size
	Crop          Pixels
	Interpolation Choice
	Mean, Std     Channels
}

// Any reports whether a flag changes the preprocessing.
func (f *Preprocessing) Any() bool {
	return f.Resize.Given || f.Crop.Given || f.Interpolation.Value != "" || f.Mean.Given || f.Std.Given
}

// All reports whether the flags leave nothing of the preprocessing open.
func (f *Preprocessing) All() bool {
	interpolated := f.Interpolation.Value != "" || f.Resize.Given && f.Resize.Value.None()
	return f.Resize.Given && f.Crop.Given && interpolated && f.Mean.Given && f.Std.Given
}

// Apply is p, which came with the model, changed as the flags say.
func (f *Preprocessing) Apply(p images.Preprocessing) (images.Preprocessing, error) {
	if f.Resize.Given {
		p.Resize = f.Resize.Value
	}
	if f.Crop.Given {
		p.Crop = f.Crop.Value
	}
	if f.Interpolation.Value != "" {
		p.Interpolation = images.Interpolation(f.Interpolation.Value)
	}
	if f.Mean.Given {
		p.Mean = f.Mean.Value
	}
	if f.Std.Given {
		p.Std = f.Std.Value
	}
	return p, p.Validate()
}
