package certificate

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"bagnet"
	"bagnet/internal/certify"
	"bagnet/internal/class"
	"bagnet/internal/testkit"
	"bagnet/models"
)

// TestCertify certifies the answer to a photograph, and compares with what certify says of
// the array of its patches, and where the weakest window lies with the patches' squares.
func TestCertify(t *testing.T) {
	data, _ := models.Embedded("bagnet17-imagenette")
	m, err := bagnet.Read(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := bagnet.Decode(bytes.NewReader(testkit.GolfBall(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = m.WithPreprocessing(func() bagnet.Preprocessing { p := m.Preprocessing(); p.Crop = 131; return p }()); err != nil {
		t.Fatal(err)
	}
	img, err := m.Prepare(picture)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: m.Classes()})
	if err != nil {
		t.Fatal(err)
	}
	grid := certify.Grid{Rows: p.Rows, Cols: p.Cols, Classes: 10, Logits: p.Values.Float32s()}
	s := Settings{Methods: []certify.Method{certify.PatchGuard, certify.Detect}, Tau: 0.9, Stickers: []Sticker{{Name: "20", Pixels: 20}, {Name: "30%", Percent: 30}}, Attacks: 6}
	golf := class.Class(m.Classes()[8])
	for _, label := range []*class.Class{nil, &golf, {Index: 3}} {
		found, err := s.Certify(t.Context(), m, img, label)
		if err != nil {
			t.Fatal(err)
		}
		if found.Plain.Index != 8 || found.Label != label || len(found.Results) != 4 {
			t.Fatalf("%+v", found)
		}
		for k, r := range found.Results {
			side, w := 20, 5
			if k%2 == 1 {
				side, w = 72, 11 // 30 % of 131 x 131 pixels are 71.75 a side, and 72+17-1 are 11 strides
			}
			o := certify.New(s.Methods[k/2], 0.9, grid).Outcome(w)
			if r.Patch != side || r.Window != w || r.Answer.Index != o.Answer || r.Certified != o.Certified || r.Alert != o.Alert || r.Method != s.Methods[k/2] {
				t.Errorf("%+v, want %d pixels, windows of %d, %+v", r, side, w, o)
			}
			if (r.Correct != nil) != (label != nil) || r.Correct != nil && *r.Correct != (!o.Alert && label.Index == o.Answer) {
				t.Errorf("%+v of %v is said to be right: %v", r, label, r.Correct)
			}
			if (r.Broken != nil) == o.Alert || r.Broken != nil && o.Certified && *r.Broken != 0 {
				t.Errorf("attacks on %+v: %v", r, r.Broken)
			}
		}
		d := certify.New(certify.PatchGuard, 0, grid)
		w := d.Largest(3)
		row, col, rows, cols := d.Weakest(w + 1)
		seen := image.Rect(8*col, 8*row, 8*(col+cols-1)+17, 8*(row+rows-1)+17)
		if *found.Largest != 8*w-16 || w < 3 || found.Window() != seen || !slices.Equal(found.Weakest[2:], []int{seen.Dx(), seen.Dy()}) {
			t.Errorf("largest %d, weakest %v, want %d and %v", *found.Largest, *found.Weakest, 8*w-16, seen)
		}
	}
}

// TestNoPatches has networks that are no BagNets.
func TestNoPatches(t *testing.T) {
	for name, want := range map[string]error{"resnet-basic": ErrWide, "densenet": ErrWide, "vgg": bagnet.ErrNoPatches} {
		m, err := bagnet.Open("../convnet/testdata/"+name+".safetensors", nil)
		if err != nil {
			t.Fatal(err)
		}
		img, err := m.Prepare(image.NewNRGBA(image.Rect(0, 0, 300, 300)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Settings{}).Certify(t.Context(), m, img, nil); err != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAlertIsNotRight has two cells that disagree: without the first one another class is
// ahead, so that the plain answer is withheld, right as it is.
func TestAlertIsNotRight(t *testing.T) {
	g := &grid{
		Grid:     certify.Grid{Rows: 1, Cols: 2, Classes: 2, Logits: []float32{5, 0, 0, 3}},
		Geometry: certify.Geometry{Patch: 8, Stride: 8}, classes: []bagnet.Class{{Index: 0}, {Index: 1}}, size: image.Pt(16, 8),
	}
	s := Settings{Attacks: 3}
	result := func(m certify.Method) Result {
		found := Image{Results: []Result{s.result(certify.New(m, 0, g.Grid), m, g, Sticker{Name: "1", Pixels: 1})}}
		found.Judge(&class.Class{Index: 0})
		return found.Results[0]
	}
	r := result(certify.Detect)
	if r.Window != 1 || r.Answer.Index != 0 || !r.Alert || r.Certified || r.Correct == nil || *r.Correct || r.Broken != nil {
		t.Errorf("%+v", r)
	}
	if r = result(certify.Clipped); r.Alert || !*r.Correct || r.Certified || *r.Broken == 0 {
		t.Errorf("%+v", r)
	}
}
