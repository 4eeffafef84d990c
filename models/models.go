// Package models holds what is embedded in the program, BagNets of three patch
// sizes and the class list of ImageNet-1k, and the registry of models known by
// name.
package models

import _ "embed"

// DefaultName is the embedded model used when none is asked for.
const DefaultName = "bagnet33-imagenette"

//go:embed bagnet33-imagenette.safetensors
var bagnet33Imagenette []byte

//go:embed bagnet17-imagenette.safetensors
var bagnet17Imagenette []byte

//go:embed bagnet9-imagenette.safetensors
var bagnet9Imagenette []byte

//go:embed imagenet1k_classes.tsv
var imageNetClasses []byte

// embedded are the embedded models, the default first.
var embedded = []struct {
	name string
	file []byte
}{
	{DefaultName, bagnet33Imagenette},
	{"bagnet17-imagenette", bagnet17Imagenette},
	{"bagnet9-imagenette", bagnet9Imagenette},
}

// EmbeddedNames lists the embedded models.
func EmbeddedNames() []string {
	var names []string
	for _, m := range embedded {
		names = append(names, m.name)
	}
	return names
}

// Embedded returns the safetensors file of an embedded model, with its classes
// and preprocessing in the metadata. The bytes must not be modified.
func Embedded(name string) (file []byte, ok bool) {
	for _, m := range embedded {
		if m.name == name {
			return m.file, true
		}
	}
	return nil, false
}

// ImageNetClasses returns the classes of ImageNet-1k in index order, one a line:
// index, WordNet id and comma-separated names, separated by tabs.
func ImageNetClasses() []byte { return imageNetClasses }
