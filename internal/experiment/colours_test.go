package experiment

import (
	"math"
	"slices"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
)

// TestColours goes there and back, and to 8 bits, by a preprocessing whose three channels
// differ.
func TestColours(t *testing.T) {
	p := images.ImageNet()
	m := NewImage(1, 2)
	colours := m.Colours(p)
	for i, v := range colours.Values { // zeros are the mean colour
		if math.Abs(float64(v)-p.Mean[i%3]) > 1e-7 {
			t.Errorf("value %d: %v, want %v", i, v, p.Mean[i%3])
		}
	}
	m.Values = []float32{1, -1, 2, 0.5, 0, -2}
	for i, v := range m.Colours(p).Values {
		if want := p.Mean[i%3] + p.Std[i%3]*float64(m.Values[i]); math.Abs(float64(v)-want) > 1e-6 {
			t.Errorf("value %d: %v, want %v", i, v, want)
		}
	}
	for i, v := range m.Colours(p).Normalised(p).Values {
		if math.Abs(float64(v-m.Values[i])) > 1e-6 {
			t.Errorf("value %d: %v comes back as %v", i, m.Values[i], v)
		}
	}
	picture := Image{Values: []float32{0, 1, 0.5, -0.1, 1.1, 100.4 / 255}, H: 1, W: 2}.Picture()
	if want := []uint8{0, 255, 128, 255, 0, 255, 100, 255}; !slices.Equal(picture.Pix, want) || picture.Rect.Dx() != 2 {
		t.Errorf("%v, want %v", picture.Pix, want)
	}
	whole, part := NewImage(3, 4), Image{Values: []float32{1, 2, 3}, H: 1, W: 1}
	whole.Paste(part, 2, 1)
	if !slices.Equal(whole.Values[3*(2*4+1):][:3], part.Values) || whole.Values[0] != 0 {
		t.Errorf("%v", whole.Values)
	}
}

// TestKnown has a run that knows the class of one image, and the truth of the other.
func TestKnown(t *testing.T) {
	truth, err := dataset.NewTruth([]class.Class{{Label: "a"}, {Index: 1, Label: "b"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	run := &Run[int]{Chosen: []dataset.Image{{Path: "x/b/1.png"}, {Path: "x/b/2.png"}}, Known: func(path string) int {
		if path == "x/b/1.png" {
			return 0
		}
		return class.None
	}}
	if labels, err := run.Labels(truth); err != nil || !slices.Equal(labels, []int{0, 1}) {
		t.Errorf("%v, %v", labels, err)
	}
}
