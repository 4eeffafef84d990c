package cli

import (
	"testing"

	"bagnet/internal/flagvalue"
	"bagnet/internal/images"
)

func TestPreprocessingFlagsChangeOnlyWhatTheySay(t *testing.T) {
	var none preprocessingFlags
	if got, err := none.apply(images.ImageNet()); err != nil || got != images.ImageNet() {
		t.Errorf("without flags: %+v, %v", got, err)
	}
	f := preprocessingFlags{resize: flagvalue.Size{Given: true}, std: flagvalue.Channels{Value: [3]float64{1, 2, 3}, Given: true}}
	f.interpolation.Value = "bicubic"
	want := images.ImageNet()
	want.Resize.Short, want.Std, want.Interpolation = 0, [3]float64{1, 2, 3}, images.Bicubic
	if got, err := f.apply(images.ImageNet()); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
