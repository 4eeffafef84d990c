package metadata

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/images"
	"bagnet/internal/testkit"
	"bagnet/internal/weights"
	"bagnet/models"
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

// TestComplete keeps what the file says and takes the rest from what is registered.
func TestComplete(t *testing.T) {
	registered := models.Model{Name: "n", Family: "v1", Patch: 33, Source: "s", License: "l",
		Preprocessing: `{"resize":160,"crop":128,"interpolation":"bicubic","mean":[0.1,0.2,0.3],"std":[1,2,3]}`}
	p := images.Preprocessing{Resize: images.Resize{Short: 160}, Crop: 128, Interpolation: images.Bicubic, Mean: [3]float64{0.1, 0.2, 0.3}, Std: [3]float64{1, 2, 3}}
	own, same := images.ImageNet(), images.ImageNet()
	for _, c := range []struct{ m, want Metadata }{
		{Metadata{}, Metadata{Family: "v1", PatchSize: 33, Preprocessing: &p, Name: "n", Source: "s", License: "l"}},
		{Metadata{Family: "v2", PatchSize: 9, Preprocessing: &own, Name: "N", Source: "S", License: "L"},
			Metadata{Family: "v2", PatchSize: 9, Preprocessing: &same, Name: "N", Source: "S", License: "L"}},
	} {
		got := c.m
		if err := got.Complete(registered); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v became %+v (%v), want %+v", c.m, got, err, c.want)
		}
	}
	var nothing Metadata
	if err := nothing.Complete(models.Model{}); err != nil || !reflect.DeepEqual(nothing, Metadata{}) {
		t.Errorf("of nothing became %+v (%v)", nothing, err)
	}
	registered.Preprocessing = `{"resise":160}`
	if err := new(Metadata).Complete(registered); err == nil || !strings.Contains(err.Error(), "registered for model n") {
		t.Errorf("misspelt: error %v", err)
	}
}

// TestWrongPreprocessing is read from a file of this program, as it must be right.
func TestWrongPreprocessing(t *testing.T) {
	const right = `{"resize": 256, "crop": 224, "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1]}`
	for _, wrong := range []string{
		strings.Replace(right, "1, 1, 1", "1, 0, 1", 1),
		strings.Replace(right, "224", "-1", 1),
		right + right,
	} {
		if _, err := Parse(map[string]string{"format": "bagnet", "preprocessing": wrong}); err == nil || !strings.HasPrefix(err.Error(), `reading metadata "preprocessing": `) {
			t.Errorf("%s: error %v", wrong, err)
		}
	}
}

// TestTextOfLittle leaves out what a network does not have.
func TestTextOfLittle(t *testing.T) {
	text, err := Metadata{Family: "resnet"}.Text()
	if want := map[string]string{"format": "bagnet", "family": "resnet", "preprocessing": "null"}; err != nil || !reflect.DeepEqual(text, want) {
		t.Errorf("%v (%v), want %v", text, err, want)
	}
}

// TestReadLabels reads names from a file, as many as the network has outputs.
func TestReadLabels(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) string { return testkit.Put(t, dir, name, []byte(content)) }
	got, err := ReadLabels("--labels", put("ids", "n01440764\nn03445777\n"), 2)
	want := []class.Class{{Index: 0, ID: "n01440764", Label: "tench, Tinca tinca"}, {Index: 1, ID: "n03445777", Label: "golf ball"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	got, err = ReadLabels("--labels", put("names", "cat\ndog\n"), 2)
	want = []class.Class{{Index: 0, Label: "cat"}, {Index: 1, Label: "dog"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	for name, c := range map[string]struct {
		path string
		want string
	}{
		"missing":  {filepath.Join(dir, "none"), `--labels: opening "` + filepath.Join(dir, "none") + `": no such file or directory`},
		"empty":    {put("empty", ""), "--labels: reading labels"},
		"too many": {put("three", "a\nb\nc\n"), `three" names 3 classes, but the model has 2`},
		"too few":  {put("one", "a\n"), `one" names 1 class, but the model has 2`},
	} {
		if _, err := ReadLabels("--labels", c.path, 2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
