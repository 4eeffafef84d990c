// Package models holds what is embedded in the program, the default model and
// the class list of ImageNet-1k, and the registry of models known by name.
package models

import _ "embed"

// DefaultName is the embedded model used when none is asked for.
const DefaultName = "bagnet33-imagenette"

//go:embed bagnet33-imagenette.safetensors
var bagnet33Imagenette []byte

//go:embed imagenet1k_classes.tsv
var imageNetClasses []byte

// EmbeddedNames lists the embedded models.
func EmbeddedNames() []string { return []string{DefaultName} }

// Embedded returns the safetensors file of an embedded model, with its classes
// and preprocessing in the metadata. The bytes must not be modified.
func Embedded(name string) ([]byte, bool) {
	if name != DefaultName {
		return nil, false
	}
	return bagnet33Imagenette, true
}

// ImageNetClasses returns the classes of ImageNet-1k in index order, one a line:
// index, WordNet id and comma-separated names, separated by tabs.
func ImageNetClasses() []byte { return imageNetClasses }
