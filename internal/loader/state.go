package loader

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nlpodyssey/gopickle/types"
)

// entry is one item of a pickled dict.
type entry struct {
	key   string
	value any
}

// entries returns the items of a pickled dict whose keys are strings, in order,
// or false if v is no dict. Of equal keys the last value counts, as in Python.
func entries(v any) ([]entry, bool) {
	var list []entry
	switch v := v.(type) {
	case *types.Dict:
		at := map[string]int{}
		for _, e := range *v {
			key, ok := e.Key.(string)
			if !ok {
				continue
			}
			if i, ok := at[key]; ok {
				list[i].value = e.Value
				continue
			}
			at[key] = len(list)
			list = append(list, entry{key, e.Value})
		}
	case *types.OrderedDict:
		for e := v.List.Front(); e != nil; e = e.Next() {
			item := e.Value.(*types.OrderedDictEntry)
			if key, ok := item.Key.(string); ok {
				list = append(list, entry{key, item.Value})
			}
		}
	default:
		return nil, false
	}
	return list, true
}

// wrappers are the keys under which training scripts keep the state dict, in
// the order in which they are tried.
var wrappers = []string{"state_dict", "model_state_dict", "net", "model"}

const wayOut = `in PyTorch, load it and run torch.save(model.state_dict(), "weights.pth")`

// findState returns the state dict in a torch file's root object, and the
// entries of the root beside it.
func findState(root any) (state, beside []entry, err error) {
	switch r := root.(type) {
	case *inert:
		return nil, nil, fmt.Errorf("it holds a whole pickled object of class %s, whose code is not in the file, rather than its weights: %s", quote(r.name), wayOut)
	case *tensorRef:
		return nil, nil, fmt.Errorf("it holds a single tensor rather than a state dict: %s", wayOut)
	}
	top, ok := entries(root)
	if !ok {
		return nil, nil, fmt.Errorf("it holds no state dict: %s", wayOut)
	}
	for _, w := range wrappers {
		for i, e := range top {
			if e.key != w {
				continue
			}
			if inner, ok := entries(e.value); ok && hasTensor(inner) {
				return inner, append(top[:i:i], top[i+1:]...), nil
			}
		}
	}
	if hasTensor(top) {
		return top, top, nil
	}
	for _, e := range top {
		if x, ok := e.value.(*inert); ok && x.module {
			return nil, nil, fmt.Errorf("its entry %s is a whole pickled model of class %s, whose code is not in the file, rather than its weights: %s", quote(e.key), quote(x.name), wayOut)
		}
	}
	return nil, nil, fmt.Errorf("it holds no state dict, neither directly nor under %s; its entries are %s: %s",
		strings.Join(wrappers, ", "), keys(top), wayOut)
}

func hasTensor(list []entry) bool {
	for _, e := range list {
		switch v := e.value.(type) {
		case *tensorRef:
			return true
		case *inert:
			if v.isTensor() {
				return true
			}
		}
	}
	return false
}

// keys lists the first few keys for a message.
func keys(list []entry) string {
	const limit = 6
	if len(list) == 0 {
		return "none"
	}
	var s []string
	for _, e := range list[:min(len(list), limit)] {
		s = append(s, quote(e.key))
	}
	if len(list) > limit {
		s = append(s, "...")
	}
	return strings.Join(s, ", ")
}

// maxMetadata bounds the text kept as metadata, in bytes, and the work spent on
// finding it.
const maxMetadata = 1 << 20

// plainEntries returns the strings, numbers and booleans in list as text, and
// the lists of strings as JSON arrays.
func plainEntries(list []entry) map[string]string {
	m := map[string]string{}
	budget := maxMetadata
	for _, e := range list {
		if budget -= len(e.key) + 1; budget < 0 {
			break
		}
		if s, ok := plainText(e.value, &budget); ok && utf8.ValidString(e.key) {
			m[e.key] = s
		}
	}
	return m
}

// plainText returns a plain value's text; what it looks at is taken off budget.
func plainText(v any, budget *int) (string, bool) {
	switch v := v.(type) {
	case string:
		// Empty strings may be long ones that were left out.
		*budget -= len(v)
		return v, v != "" && *budget >= 0 && utf8.ValidString(v)
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	case *types.List:
		return stringArray(*v, budget)
	case *types.Tuple:
		return stringArray(*v, budget)
	}
	return "", false
}

func stringArray(items []any, budget *int) (string, bool) {
	list := make([]string, 0, min(len(items), 1024))
	for _, item := range items {
		s, ok := item.(string)
		if *budget -= len(s) + 1; *budget < 0 || !ok || !utf8.ValidString(s) {
			return "", false
		}
		list = append(list, s)
	}
	text, err := json.Marshal(list)
	return string(text), err == nil && len(list) > 0
}

// gatherState reads the float tensors of the state dict in root through v.
func gatherState(c *Checkpoint, root any, v viewer) (*Checkpoint, error) {
	state, beside, err := findState(root)
	if err != nil {
		return nil, err
	}
	c.Metadata = plainEntries(beside)
	for _, e := range state {
		switch t := e.value.(type) {
		case *tensorRef:
			if t.view.typ.kind == integer {
				continue
			}
			data, err := v.values(t)
			if err != nil {
				return nil, fmt.Errorf("tensor %s: %w", quote(e.key), err)
			}
			if len(data) == 0 {
				continue
			}
			if e.key == "" {
				return nil, fmt.Errorf("a tensor in its state dict has no name, or one of more than %d bytes", maxString)
			}
			if len(c.names) == maxTensors {
				return nil, fmt.Errorf("it holds more than %d tensors", maxTensors)
			}
			if err := c.add(e.key, t.view.typ.name, t.shape, data); err != nil {
				return nil, err
			}
		case *inert:
			if t.isTensor() {
				return nil, fmt.Errorf("tensor %s is stored through %s, so it is sparse, quantised or of another kind that cannot be read: save dense float32 weights", quote(e.key), quote(t.name))
			}
		}
	}
	if len(c.names) == 0 {
		return nil, errors.New("its state dict holds no floating-point tensors")
	}
	return c, nil
}
