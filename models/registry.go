package models

// Model is what is known beforehand about a model that has a name.
type Model struct {
	Name    string
	Family  string // "v1", the original BagNets, or "v2", bagnetsv2
	Patch   int    // side of a patch, pixels
	Classes int
	// Preprocessing is written as in the metadata of a safetensors file.
	Preprocessing string
	License       string // of the weights, "" where none is stated
	Citation      string // of those who published the weights, "" for this project's own
	Source        string // where the weights come from

	File   string // the weights' file name, "" where the user has to bring it
	URL    string // where they are published, "" if they cannot be downloaded
	SHA256 string // of the file: all its digits, or the first eight, which torch's convention puts into file names
	Size   int64  // of the file in bytes, 0 if not known beforehand
}

const (
	imageNetPreprocessing = `{"resize":256,"crop":224,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}`

	officialCitation = "W. Brendel and M. Bethge, Approximating CNNs with Bag-of-local-Features models works surprisingly well on ImageNet, ICLR 2019"
	officialSource   = "repository wielandbrendel/bag-of-local-features-models"
	officialBase     = "https://bitbucket.org/wielandbrendel/bag-of-feature-pretrained-models/raw/249e8fa82c0913623a807d9d35eeab9da7dcc2a8/"

	bagnetsv2Source = "repository berenslab/bagnetsv2"
)

// Registry returns the models that are known by name: first the embedded ones,
// then those that can be downloaded, then those whose file the user has to bring.
func Registry() []Model {
	return []Model{
		{
			Name: DefaultName, Family: "v1", Patch: 33, Classes: 10,
			Preprocessing: `{"resize":160,"crop":160,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}`,
			License:       "MIT", Source: "trained from scratch on Imagenette's training photographs by scripts/train_imagenette.py",
			File: DefaultName + ".safetensors", SHA256: "05bd497b99c3873a14f20c80090b44a517c22931f647ce76318ba35e4fd9cd7f", Size: 8360936,
		},
		official("bagnet9", 9, "bagnet8-34f4ccd2.pth.tar", "34f4ccd2"),
		official("bagnet17", 17, "bagnet16-105524de.pth.tar", "105524de"),
		official("bagnet33", 33, "bagnet32-2ddd53ed.pth.tar", "2ddd53ed"),
		bagnetsv2("bagnet9-v2", 9),
		bagnetsv2("bagnet17-v2", 17),
		bagnetsv2("bagnet33-v2", 33),
	}
}

// official is one of the original authors' models, trained on ImageNet.
func official(name string, patch int, file, sha256 string) Model {
	return Model{
		Name: name, Family: "v1", Patch: patch, Classes: 1000, Preprocessing: imageNetPreprocessing,
		License: "MIT", Citation: officialCitation, Source: officialSource,
		File: file, URL: officialBase + file, SHA256: sha256,
	}
}

// bagnetsv2 is one of the models trained anew with padded convolutions. No
// licence is stated for their weights, so this program does not fetch them.
func bagnetsv2(name string, patch int) Model {
	return Model{
		Name: name, Family: "v2", Patch: patch, Classes: 1000, Preprocessing: imageNetPreprocessing,
		Source: bagnetsv2Source,
	}
}
