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

// EmbeddedNames lists the embedded models, the default first.
func EmbeddedNames() []string {
	return []string{DefaultName, "bagnet17-imagenette", "bagnet9-imagenette"}
}

// Embedded returns the safetensors file of an embedded model, with its classes
// and preprocessing in the metadata. The bytes must not be modified.
func Embedded(name string) (file []byte, ok bool) {
	// A switch, and no table, so that programs which do not call this have no weights
	// in them.
	switch name {
	case DefaultName:
		return bagnet33Imagenette, true
	case "bagnet17-imagenette":
		return bagnet17Imagenette, true
	case "bagnet9-imagenette":
		return bagnet9Imagenette, true
	}
	return nil, false
}

// ImageNetClasses returns the classes of ImageNet-1k in index order, one a line:
// index, WordNet id and comma-separated names, separated by tabs.
func ImageNetClasses() []byte { return imageNetClasses }
