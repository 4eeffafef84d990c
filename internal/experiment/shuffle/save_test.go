package shuffle

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
)

// TestSave writes the pictures of images that were chosen of more, but for one that failed, with
// the colours that they have before they are normalised.
func TestSave(t *testing.T) {
	p := images.Preprocessing{Mean: [3]float64{0.5, 0.5, 0.5}, Std: [3]float64{0.25, 0.25, 0.25}}
	img := experiment.NewImage(8, 8)
	for i := range img.Values {
		img.Values[i] = (float32(i)/255 - 0.5) / 0.25
	}
	dir := t.TempDir()
	places, err := output.NewPlaces("to", dir, ".png", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := Settings{Tiles: []int{2, 4}, Repeats: 1}
	of := []dataset.Image{{Path: "set/bad.jpg", Ordinal: 2}, {Path: "set/good.jpg", Ordinal: 7}}
	pictures := []pipeline.Picture{{Image: dataset.Image{Err: context.DeadlineExceeded}}, {Pixels: img.Pixels()}}
	written, err := x.Save(Where{places, &output.Replacing{}, "us"}, p, of, slices.Values(pictures), 5)
	if err != nil || written != 2 {
		t.Fatalf("%d written, %v", written, err)
	}
	shown, err := x.Pictures(img, experiment.Chance(5, 7))
	if err != nil {
		t.Fatal(err)
	}
	names := map[int]string{2: "good.2px.png", 4: "good.4px.png"}
	for tile, want := range shown {
		file, err := os.Open(filepath.Join(dir, names[tile]))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		got, err := png.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 64 {
			r, g, b, _ := got.At(i%8, i/8).RGBA()
			for c, v := range []uint32{r, g, b} {
				if level := int(want.Values[3*i+c]*0.25*255 + 127.5 + 0.5); int(v>>8) != level {
					t.Fatalf("tiles of %d: pixel %d has %d, want %d", tile, i, v>>8, level)
				}
			}
		}
	}
}
