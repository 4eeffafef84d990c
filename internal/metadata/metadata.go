// Package metadata is what a checkpoint says about its network beside the weights.
package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"bagnet/internal/class"
	"bagnet/internal/images"
	"bagnet/internal/weights"
	"bagnet/models"
)

// Format marks safetensors files written by this program.
const Format = "bagnet"

// Metadata is what a checkpoint says about its network beside the
// weights. Fields of checkpoints that say nothing are zero.
type Metadata struct {
	Family        string
	PatchSize     int    // of a BagNet
	Strides       [4]int // of a BagNet
	Classes       []class.Class
	Preprocessing *images.Preprocessing
	Name          string
	Source        string
	License       string
	Training      string
	Weights       string // where the network was in the file that it comes from
}

// StoredClass is how a class is written in metadata; its index is its place.
type StoredClass struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Parse reads the metadata of a file written by this program, which
// must be right, or of another one, where only a list called "classes" has a
// meaning: names or WordNet ids, in the order of the outputs.
func Parse(text map[string]string) (Metadata, error) {
	var m Metadata
	if text["format"] != Format {
		var err error
		m.Classes, err = namedClasses(text["classes"])
		return m, err
	}
	m.Family = text["family"]
	m.Name, m.Source, m.License, m.Training = text["name"], text["source"], text["license"], text["training"]
	m.Weights = text["weights"]

	var classes []StoredClass
	fields := []struct {
		key  string
		into any
	}{
		{"patch_size", &m.PatchSize},
		{"strides", &m.Strides},
		{"classes", &classes},
		{"preprocessing", &m.Preprocessing},
	}
	for _, f := range fields {
		if value, ok := text[f.key]; ok {
			if err := decodeStrictly(value, f.into); err != nil {
				return m, fmt.Errorf("reading metadata %q: %w", f.key, err)
			}
		}
	}
	if m.Preprocessing != nil {
		if err := m.Preprocessing.Validate(); err != nil {
			return m, fmt.Errorf("reading metadata %q: %w", "preprocessing", err)
		}
	}
	for i, c := range classes {
		m.Classes = append(m.Classes, class.Class{Index: i, ID: c.ID, Label: c.Label})
	}
	return m, nil
}

// Complete fills in what the file does not say from what is registered of the model.
func (m *Metadata) Complete(registered models.Model) error {
	if m.Family == "" {
		m.Family = registered.Family
	}
	if m.PatchSize == 0 {
		m.PatchSize = registered.Patch
	}
	if m.Preprocessing == nil && registered.Preprocessing != "" {
		if err := decodeStrictly(registered.Preprocessing, &m.Preprocessing); err != nil {
			return fmt.Errorf("reading the preprocessing registered for model %s: %w", registered.Name, err)
		}
	}
	for _, text := range []struct {
		into *string
		from string
	}{{&m.Name, registered.Name}, {&m.Source, registered.Source}, {&m.License, registered.License}} {
		if *text.into == "" {
			*text.into = text.from
		}
	}
	return nil
}

// decodeStrictly decodes one JSON value without unknown fields, as a misspelt
// one would silently change results.
func decodeStrictly(text string, into any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("something follows the value")
	}
	return nil
}

// namedClasses makes classes of a JSON array of strings. WordNet ids of
// ImageNet's classes get their labels. There are none if list is no such array.
func namedClasses(list string) ([]class.Class, error) {
	var names []string
	if json.Unmarshal([]byte(list), &names) != nil {
		return nil, nil
	}
	imageNet, err := ImageNetClasses()
	if err != nil {
		return nil, err
	}
	byID := make(map[string]class.Class, len(imageNet))
	for _, c := range imageNet {
		byID[c.ID] = c
	}
	classes := make([]class.Class, len(names))
	for i, name := range names {
		known := byID[name]
		classes[i] = class.Class{Index: i, ID: known.ID, Label: known.Label}
		if known.ID == "" {
			classes[i].Label = name
		}
	}
	return classes, nil
}

// ImageNetClasses are the 1000 of ImageNet-1k, in the order of outputs.
func ImageNetClasses() ([]class.Class, error) {
	return class.ReadLabels("ImageNet's classes", bytes.NewReader(models.ImageNetClasses()))
}

// Check compares the metadata with what the weights turned out to be.
func (m Metadata) Check(a weights.Architecture) error {
	if m.Family != "" && m.Family != a.Family {
		return fmt.Errorf("metadata calls the network %s, but its weights are those of %s", m.Family, a.Family)
	}
	if m.PatchSize != 0 && m.PatchSize != a.Patch {
		return fmt.Errorf("metadata gives the network patches of %d pixels, but its weights %d", m.PatchSize, a.Patch)
	}
	return nil
}

// Text is the metadata as it is stored, in strings.
func (m Metadata) Text() (map[string]string, error) {
	preprocessing, err := json.Marshal(m.Preprocessing)
	if err != nil {
		return nil, err
	}
	text := map[string]string{
		"format":        Format,
		"family":        m.Family,
		"preprocessing": string(preprocessing),
	}
	if m.PatchSize != 0 {
		text["patch_size"] = strconv.Itoa(m.PatchSize)
	}
	if m.Strides != [4]int{} {
		strides, err := json.Marshal(m.Strides)
		if err != nil {
			return nil, err
		}
		text["strides"] = string(strides)
	}
	if len(m.Classes) > 0 {
		classes := make([]StoredClass, len(m.Classes))
		for i, c := range m.Classes {
			classes[i] = StoredClass{c.ID, c.Label}
		}
		list, err := json.Marshal(classes)
		if err != nil {
			return nil, err
		}
		text["classes"] = string(list)
	}
	maps.Copy(text, m.Remarks())
	return text, nil
}

// Remarks are the free texts that are not empty: name, source, license, training, weights.
func (m Metadata) Remarks() map[string]string {
	all := map[string]string{"name": m.Name, "source": m.Source, "license": m.License, "training": m.Training, "weights": m.Weights}
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}
