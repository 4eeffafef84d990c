package models

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPublished compares the registry with what the models' authors publish: how
// images are prepared, the 1000 classes of ImageNet, and how files are named.
func TestPublished(t *testing.T) {
	type preprocessing struct {
		Resize, Crop  int
		Interpolation string
		Mean, Std     [3]float64
	}
	imageNet := preprocessing{256, 224, "bilinear", [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}}
	stylized := map[string]string{ // the files in texture-vs-shape and model-vs-human
		"resnet50-sin":          "resnet50_train_60_epochs-c8e5653e.pth.tar",
		"resnet50-sin-in":       "resnet50_train_45_epochs_combined_IN_SF-2a0d100e.pth.tar",
		"resnet50-sin-in-tuned": "resnet50_finetune_60_epochs_lr_decay_after_30_start_resnet50_train_45_epochs_combined_IN_SF-ca06340c.pth.tar",
		"vgg16-sin":             "vgg16_train_60_epochs_lr0.01-6c6fcc9f.pth.tar",
		"alexnet-sin":           "alexnet_train_60_epochs_lr0.001-b4aa5238.pth.tar",
	}
	found := 0
	for _, m := range Registry() {
		if _, ok := Embedded(m.Name); ok {
			continue
		}
		var p preprocessing
		if err := json.Unmarshal([]byte(m.Preprocessing), &p); err != nil || p != imageNet {
			t.Errorf("%s prepares images by %+v (%v), want %+v", m.Name, p, err, imageNet)
		}
		if m.Classes != 1000 {
			t.Errorf("%s has %d classes", m.Name, m.Classes)
		}
		file, family, patch := m.Name+"-"+m.SHA256+".pth", strings.TrimRight(m.Name, "0123456789"), 0
		switch {
		case stylized[m.Name] != "":
			found++
			name, _, _ := strings.Cut(m.Name, "-")
			file, family = stylized[m.Name], strings.TrimRight(name, "0123456789")
		case strings.HasPrefix(m.Name, "bagnet"):
			number, v2 := strings.CutSuffix(strings.TrimPrefix(m.Name, "bagnet"), "-v2")
			fmt.Sscan(number, &patch)
			// The files of the first BagNets are numbered by patch - 1.
			file, family = fmt.Sprintf("bagnet%d-%s.pth.tar", patch-1, m.SHA256), "v1"
			if v2 {
				file, family = "", "v2"
			}
		case strings.HasPrefix(m.Name, "wide_resnet"):
			family = "resnet"
		case strings.HasSuffix(m.Name, "_bn"):
			family = "vgg_bn"
		case m.Name == "alexnet":
			file = "alexnet-owt-" + m.SHA256 + ".pth"
		}
		if m.File != file || m.Family != family || m.Patch != patch {
			t.Errorf("%s is family %q, patch %d, file %q, want %q, %d and %q", m.Name, m.Family, m.Patch, m.File, family, patch, file)
		}
	}
}

// TestEmbeddedFilesSayTheSame compares the registry with the metadata that
// training has written into the embedded files.
func TestEmbeddedFilesSayTheSame(t *testing.T) {
	if names := EmbeddedNames(); !slices.Equal(names, []string{"bagnet33-imagenette", "bagnet17-imagenette", "bagnet9-imagenette"}) {
		t.Errorf("embedded are %q", names)
	}
	for _, m := range Registry() {
		data, ok := Embedded(m.Name)
		if !ok {
			continue
		}
		var header struct {
			Metadata map[string]string `json:"__metadata__"`
		}
		if err := json.Unmarshal(data[8:8+binary.LittleEndian.Uint64(data)], &header); err != nil {
			t.Fatal(err)
		}
		var have, want any
		if json.Unmarshal([]byte(m.Preprocessing), &have) != nil || json.Unmarshal([]byte(header.Metadata["preprocessing"]), &want) != nil ||
			fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("%s prepares images by %s, its file by %s", m.Name, m.Preprocessing, header.Metadata["preprocessing"])
		}
		if want := fmt.Sprintf("bagnet%d-imagenette", m.Patch); m.Name != want || m.Classes != 10 || m.File != m.Name+".safetensors" {
			t.Errorf("%s: patch %d, %d classes, file %q", m.Name, m.Patch, m.Classes, m.File)
		}
	}
}
