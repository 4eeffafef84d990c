package metadata

import (
	"reflect"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/images"
	"bagnet/internal/weights"
)

func TestMetadataRoundTrip(t *testing.T) {
	p := images.ImageNet()
	p.Resize.Short, p.Interpolation = 0, images.Bicubic
	want := Metadata{
		Family: "v2", PatchSize: 17, Strides: [4]int{2, 2, 1, 1}, Preprocessing: &p,
		Classes: []class.Class{{Index: 0, ID: "n1", Label: "<a> & \"b\""}, {Index: 1, ID: "", Label: "ö, \u2028"}},
		Name:    "x", Training: "long\nago",
	}
	text, err := want.Text()
	if err != nil {
		t.Fatal(err)
	}
	if text["strides"] != "[2,2,1,1]" || text["patch_size"] != "17" || text["format"] != "bagnet" {
		t.Errorf("written as %v", text)
	}
	if _, ok := text["license"]; ok {
		t.Error("an empty remark was written")
	}
	got, err := Parse(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// Files say how to resize with a number, or with both sides in torchvision's
// order.
func TestMetadataOfBothSides(t *testing.T) {
	for resize, want := range map[string]images.Resize{"256": {Short: 256}, "0": {}, "[384, 512]": {Width: 512, Height: 384}} {
		text := `{"resize": ` + resize + `, "crop": 0, "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1]}`
		got, err := Parse(map[string]string{"format": "bagnet", "preprocessing": text})
		if err != nil || got.Preprocessing.Resize != want {
			t.Errorf("%s: %+v, %v, want %+v", resize, got.Preprocessing, err, want)
		}
	}
}

func TestMalformedMetadata(t *testing.T) {
	for key, values := range map[string][]string{
		"patch_size": {"", "x", "3.5", "33 34"},
		"strides":    {"2,2,2,1", `"2"`, "[2,2,2.5,1]"},
		"classes":    {"[", `{"id":"a"}`, `["tench"]`, `[{"id":1}]`, `[{"label":"a","colour":"b"}]`},
		"preprocessing": {"", "{}", `{"resize":-1}`, `{"resize":[256],"crop":1,"interpolation":"bilinear","mean":[0,0,0],"std":[1,1,1]}`,
			`{"resize":1,"crop":1,"interpolation":"bilinear","mean":[0,0,0],"std":[0,1,1]}`},
	} {
		for _, value := range values {
			got, err := Parse(map[string]string{"format": "bagnet", key: value})
			if err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s = %q: %+v, error %v", key, value, got, err)
			}
			if _, err := Parse(map[string]string{"format": "pt", key: value}); err != nil {
				t.Errorf("%s = %q of somebody else's file: %v", key, value, err)
			}
		}
	}
}

func TestMetadataThatContradictsTheWeights(t *testing.T) {
	a := weights.Architecture{Family: "v1", Patch: 33}
	for _, m := range []Metadata{{Family: "v2"}, {PatchSize: 17}} {
		if m.Check(a) == nil {
			t.Errorf("%+v passes for %+v", m, a)
		}
	}
	if err := (Metadata{}).Check(a); err != nil {
		t.Error(err)
	}
}

func TestClassesOfForeignCheckpoints(t *testing.T) {
	got, err := Parse(map[string]string{"classes": `["n03445777","my cat","n00000000"]`})
	want := []class.Class{{Index: 0, ID: "n03445777", Label: "golf ball"}, {Index: 1, Label: "my cat"}, {Index: 2, Label: "n00000000"}}
	if err != nil || !reflect.DeepEqual(got.Classes, want) {
		t.Errorf("got %+v, %v, want %+v", got.Classes, err, want)
	}
}
