package class

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"bagnet/internal/text"
)

// parseJSONLabels returns the classes in a JSON list or object, in its order; ok
// is false if text is neither.
func parseJSONLabels(text string) (classes []Class, ok bool, err error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '[' && trimmed[0] != '{' || !json.Valid([]byte(trimmed)) || !utf8.ValidString(trimmed) {
		return nil, false, nil
	}
	if trimmed[0] == '[' {
		classes, err = jsonList(trimmed)
	} else {
		classes, err = jsonObject(trimmed)
	}
	if err == nil && len(classes) == 0 {
		err = errors.New("it is empty: write a label a line")
	}
	return classes, true, err
}

// jsonList reads a list of labels, the first for output 0.
func jsonList(text string) ([]Class, error) {
	var values []json.RawMessage
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return nil, err
	}
	classes := make([]Class, len(values))
	for i, value := range values {
		c, err := jsonLabel(value)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		c.Index = i
		classes[i] = c
	}
	return classes, nil
}

// jsonObject reads labels by index, or indices by label.
func jsonObject(text string) ([]Class, error) {
	var whole struct {
		Labels json.RawMessage `json:"id2label"`
	}
	if json.Unmarshal([]byte(text), &whole) == nil && strings.HasPrefix(string(whole.Labels), "{") {
		text = string(whole.Labels)
	}
	entries := json.NewDecoder(strings.NewReader(text))
	entries.Token() // the brace
	var classes []Class
	for n := 1; entries.More(); n++ {
		key, err := entries.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := entries.Decode(&value); err != nil {
			return nil, err
		}
		c, err := jsonEntry(strings.TrimSpace(key.(string)), value)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", n, err)
		}
		classes = append(classes, c)
	}
	return classes, nil
}

// jsonEntry reads one entry of an object: index and label, or label and index.
func jsonEntry(key string, value json.RawMessage) (Class, error) {
	var index int
	if json.Unmarshal(value, &index) == nil && string(value) != "null" {
		return Class{Index: index, Label: key}, nil
	}
	c, err := jsonLabel(value)
	if err != nil {
		return Class{}, err
	}
	if c.Index, err = strconv.Atoi(key); err != nil {
		return Class{}, fmt.Errorf(`%s is not an index: write {"0": "label", ...} or {"label": 0, ...}`, text.Quote(key))
	}
	return c, nil
}

// jsonLabel reads a label or [id, label].
func jsonLabel(value json.RawMessage) (Class, error) {
	var label string
	if json.Unmarshal(value, &label) == nil && string(value) != "null" {
		return Class{Label: strings.TrimSpace(label)}, nil
	}
	var both []string
	if json.Unmarshal(value, &both) != nil || len(both) != 2 || !wordNetID.MatchString(both[0]) {
		return Class{}, fmt.Errorf(`%s is neither a label nor ["n01440764", "label"]`, text.Quote(string(value)))
	}
	return Class{ID: both[0], Label: strings.TrimSpace(both[1])}, nil
}
