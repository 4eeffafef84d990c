package images

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// fixtures are pictures, and what PIL and torchvision make of them; written by
// testdata/make_fixtures.py.
type fixtures struct {
	Decode []struct {
		File      string `json:"file"`
		Tolerance int    `json:"tolerance"` // levels
		Upright   bool   `json:"upright"`   // there is an EXIF-turned picture too
	} `json:"decode"`
	Apply []struct {
		File          string        `json:"file"`
		Resize        Resize        `json:"resize"`
		Crop          int           `json:"crop"`
		Interpolation Interpolation `json:"interpolation"`
		Want          string        `json:"want"`
	} `json:"apply"`
}

func loadFixtures(t testing.TB) fixtures {
	t.Helper()
	var f fixtures
	if err := json.Unmarshal(readFile(t, "fixtures.json"), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Decode) == 0 || len(f.Apply) == 0 {
		t.Fatal("no fixtures")
	}
	return f
}

func readFile(t testing.TB, name ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", filepath.Join(name...)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readPNG reads an opaque 8-bit PNG with image/png alone, without the code
// under test.
func readPNG(t testing.TB, name ...string) *image.NRGBA {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", filepath.Join(name...)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(m.Bounds())
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

// sameImage fails unless got is packed, opaque, of want's size and within
// tolerance levels of it everywhere.
func sameImage(t *testing.T, got, want *image.NRGBA, tolerance int) {
	t.Helper()
	if got.Rect != want.Rect {
		t.Fatalf("bounds %v, want %v", got.Rect, want.Rect)
	}
	if w := got.Rect.Dx(); got.Stride != 4*w || len(got.Pix) != 4*w*got.Rect.Dy() {
		t.Fatalf("rows are not packed: stride %d, %d bytes", got.Stride, len(got.Pix))
	}
	worst, at := 0, 0
	for i, v := range got.Pix {
		if i%4 == 3 && v != 0xff {
			t.Fatalf("alpha %d at byte %d", v, i)
		}
		if d := max(int(v)-int(want.Pix[i]), int(want.Pix[i])-int(v)); d > worst {
			worst, at = d, i
		}
	}
	if worst > tolerance {
		p := at / 4
		t.Errorf("%d levels off at (%d,%d): %v, want %v (within %d)", worst, p%got.Rect.Dx(), p/got.Rect.Dx(), got.Pix[4*p:4*p+3], want.Pix[4*p:4*p+3], tolerance)
	}
}

func TestDecodeEqualsPIL(t *testing.T) {
	for _, f := range loadFixtures(t).Decode {
		t.Run(f.File, func(t *testing.T) {
			data := readFile(t, "decode", f.File)
			got, err := Decode(data, DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			sameImage(t, got, readPNG(t, "decode", f.File+".png"), f.Tolerance)

			want := f.File + ".png"
			if f.Upright {
				want = f.File + ".upright.png"
			}
			got, err = Decode(data, DecodeOptions{AutoOrient: true})
			if err != nil {
				t.Fatal(err)
			}
			sameImage(t, got, readPNG(t, "decode", want), f.Tolerance)
		})
	}
}

func TestApplyEqualsTorchvision(t *testing.T) {
	for _, f := range loadFixtures(t).Apply {
		t.Run(f.Want, func(t *testing.T) {
			img := readPNG(t, "apply", f.File)
			before := string(img.Pix)
			p := ImageNet()
			p.Resize, p.Crop, p.Interpolation = f.Resize, f.Crop, f.Interpolation
			got, err := p.Apply(img)
			if err != nil {
				t.Fatal(err)
			}
			sameImage(t, got, readPNG(t, "apply", f.Want), 0)
			if string(img.Pix) != before {
				t.Error("the source was changed")
			}
			_, _, w, h := p.OutputSize(img.Rect.Dx(), img.Rect.Dy())
			if got.Rect != image.Rect(0, 0, w, h) {
				t.Errorf("OutputSize says %dx%d, got %v", w, h, got.Rect)
			}
		})
	}
}

func TestTensorEqualsTorch(t *testing.T) {
	img := readPNG(t, "decode", "ramp.png")
	got := ImageNet().Normalize(img).Tensor()
	if s := got.Shape(); len(s) != 3 || s[0] != img.Rect.Dy() || s[1] != img.Rect.Dx() || s[2] != 3 {
		t.Fatalf("shape %v of a picture of %v", s, img.Rect)
	}
	values, want := got.Data().([]float32), readFile(t, "tensor.f32")
	if len(want) != 4*len(values) {
		t.Fatalf("%d values, want %d", len(values), len(want)/4)
	}
	for i, v := range values {
		if w := math.Float32frombits(binary.LittleEndian.Uint32(want[4*i:])); v != w {
			t.Fatalf("value %d is %v, want %v", i, v, w)
		}
	}
}

// TestPhotographs runs JPEG files of photographs' sizes through, landscape and
// portrait.
func TestPhotographs(t *testing.T) {
	for _, size := range [][2]int{{500, 375}, {375, 500}, {500, 333}, {334, 500}, {256, 256}, {1024, 683}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			drawn := image.NewNRGBA(image.Rect(0, 0, size[0], size[1]))
			for i := range drawn.Pix {
				drawn.Pix[i] = uint8(i * i >> 7)
			}
			var file bytes.Buffer
			if err := jpeg.Encode(&file, drawn, nil); err != nil {
				t.Fatal(err)
			}
			img, err := Decode(file.Bytes(), DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := img.Rect.Size(); got != image.Pt(size[0], size[1]) {
				t.Fatalf("decoded to %v", got)
			}
			for _, p := range []Preprocessing{ImageNet(), {Resize: Resize{Short: 512}, Interpolation: Bicubic, Std: [3]float64{1, 1, 1}}} {
				w, h := img.Rect.Dx(), img.Rect.Dy()
				_, _, outW, outH := p.OutputSize(w, h)
				out, err := p.Apply(img)
				if err != nil {
					t.Fatal(err)
				}
				if out.Rect != image.Rect(0, 0, outW, outH) {
					t.Errorf("%dx%d became %v, want %dx%d", w, h, out.Rect, outW, outH)
				}
				if s := p.Normalize(out).Tensor().Shape(); s[0] != outH || s[1] != outW || s[2] != 3 {
					t.Errorf("tensor of shape %v, want %d x %d x 3", s, outH, outW)
				}
			}
		})
	}
}
