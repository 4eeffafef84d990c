package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/images"
	"bagnet/internal/weights"
	"bagnet/models"
)

// metadataFormat marks safetensors files written by this program.
const metadataFormat = "bagnet"

// modelMetadata is what a checkpoint says about its network beside the
// weights. Fields of checkpoints that say nothing are zero.
type modelMetadata struct {
	family        string
	patchSize     int    // of a BagNet
	strides       [4]int // of a BagNet
	classes       []class.Class
	preprocessing *images.Preprocessing
	name          string
	source        string
	license       string
	training      string
	weights       string // where the network was in the file that it comes from
}

// maxName is the longest name that a file may give its network, bytes.
const maxName = 255

// called is what to call the network in a file: what the file says, if that is
// not the name of a registered model, whose copy may have been changed.
func (m modelMetadata) called(source modelSource) string {
	_, taken := known.find(m.name)
	if source.path == "" || source.registered.Name != "" || taken || strings.TrimSpace(m.name) == "" || len(m.name) > maxName {
		return source.name
	}
	return m.name
}

// metadataClass is how a class is written in metadata; its index is its place.
type metadataClass struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// parseMetadata reads the metadata of a file written by this program, which
// must be right, or of another one, where only a list called "classes" has a
// meaning: names or WordNet ids, in the order of the outputs.
func parseMetadata(text map[string]string) (modelMetadata, error) {
	var m modelMetadata
	if text["format"] != metadataFormat {
		var err error
		m.classes, err = namedClasses(text["classes"])
		return m, err
	}
	m.family = text["family"]
	m.name, m.source, m.license, m.training = text["name"], text["source"], text["license"], text["training"]
	m.weights = text["weights"]

	var classes []metadataClass
	fields := []struct {
		key  string
		into any
	}{
		{"patch_size", &m.patchSize},
		{"strides", &m.strides},
		{"classes", &classes},
		{"preprocessing", &m.preprocessing},
	}
	for _, f := range fields {
		if value, ok := text[f.key]; ok {
			if err := decodeStrictly(value, f.into); err != nil {
				return m, fmt.Errorf("reading metadata %q: %w", f.key, err)
			}
		}
	}
	if m.preprocessing != nil {
		if err := m.preprocessing.Validate(); err != nil {
			return m, fmt.Errorf("reading metadata %q: %w", "preprocessing", err)
		}
	}
	for i, c := range classes {
		m.classes = append(m.classes, class.Class{Index: i, ID: c.ID, Label: c.Label})
	}
	return m, nil
}

// complete adds what is registered of the model to what its file does not say.
func (m *modelMetadata) complete(registered models.Model) error {
	if m.family == "" {
		m.family = registered.Family
	}
	if m.patchSize == 0 {
		m.patchSize = registered.Patch
	}
	if m.preprocessing == nil && registered.Preprocessing != "" {
		if err := decodeStrictly(registered.Preprocessing, &m.preprocessing); err != nil {
			return fmt.Errorf("reading the preprocessing registered for model %s: %w", registered.Name, err)
		}
	}
	for _, text := range []struct {
		into *string
		from string
	}{{&m.name, registered.Name}, {&m.source, registered.Source}, {&m.license, registered.License}} {
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
	imageNet, err := imageNetClasses()
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

func imageNetClasses() ([]class.Class, error) {
	return class.ReadLabels("ImageNet's classes", bytes.NewReader(models.ImageNetClasses()))
}

// check compares the metadata with what the weights turned out to be.
func (m modelMetadata) check(a weights.Architecture) error {
	if m.family != "" && m.family != a.Family {
		return fmt.Errorf("metadata calls the network %s, but its weights are those of %s", m.family, a.Family)
	}
	if m.patchSize != 0 && m.patchSize != a.Patch {
		return fmt.Errorf("metadata gives the network patches of %d pixels, but its weights %d", m.patchSize, a.Patch)
	}
	return nil
}

// text is the metadata as it is stored, in strings.
func (m modelMetadata) text() (map[string]string, error) {
	preprocessing, err := json.Marshal(m.preprocessing)
	if err != nil {
		return nil, err
	}
	text := map[string]string{
		"format":        metadataFormat,
		"family":        m.family,
		"preprocessing": string(preprocessing),
	}
	if m.patchSize != 0 {
		text["patch_size"] = strconv.Itoa(m.patchSize)
	}
	if m.strides != [4]int{} {
		strides, err := json.Marshal(m.strides)
		if err != nil {
			return nil, err
		}
		text["strides"] = string(strides)
	}
	if len(m.classes) > 0 {
		classes := make([]metadataClass, len(m.classes))
		for i, c := range m.classes {
			classes[i] = metadataClass{c.ID, c.Label}
		}
		list, err := json.Marshal(classes)
		if err != nil {
			return nil, err
		}
		text["classes"] = string(list)
	}
	maps.Copy(text, m.remarks())
	return text, nil
}

// remarks are the free texts that are there.
func (m modelMetadata) remarks() map[string]string {
	all := map[string]string{"name": m.name, "source": m.source, "license": m.license, "training": m.training, "weights": m.weights}
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}
