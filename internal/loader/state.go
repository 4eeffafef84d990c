package loader

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nlpodyssey/gopickle/types"

	"bagnet/internal/text"
)

// entry is one item of a pickled dict.
type entry struct {
	key   string
	value any
}

// entries returns the items of a pickled dict whose keys are strings or whole
// numbers, in order, or false if v is no dict. Of equal keys the last value
// counts, as in Python.
func entries(v any) ([]entry, bool) {
	var list []entry
	switch v := v.(type) {
	case *types.Dict:
		at := map[string]int{}
		for _, e := range *v {
			key, ok := keyText(e.Key)
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
			if key, ok := keyText(item.Key); ok {
				list = append(list, entry{key, item.Value})
			}
		}
	default:
		return nil, false
	}
	return list, true
}

func keyText(key any) (string, bool) {
	switch key := key.(type) {
	case string:
		return key, true
	case int:
		return strconv.Itoa(key), true
	}
	return "", false
}

const wayOut = `in PyTorch, load it and run torch.save(model.state_dict(), "weights.pth")`

// noState says why nothing in a torch file's root object is a dict of tensors.
func noState(root any) error {
	switch r := root.(type) {
	case *inert:
		return fmt.Errorf("it holds a whole pickled object of class %s, whose code is not in the file, rather than its weights: %s", text.Quote(r.name), wayOut)
	case *tensorRef:
		return fmt.Errorf("it holds a single tensor rather than a state dict: %s", wayOut)
	}
	top, ok := entries(root)
	if !ok {
		return fmt.Errorf("it holds no state dict: %s", wayOut)
	}
	if err := wholeModel(root); err != nil {
		return err
	}
	return fmt.Errorf("it holds no state dict, neither directly nor in what it holds; its entries are %s: %s", keys(top), wayOut)
}

// wholeModel returns an error if an entry of a torch file's root object is a
// pickled torch.nn.Module.
func wholeModel(root any) error {
	top, _ := entries(root)
	for _, e := range top {
		if x, ok := e.value.(*inert); ok && x.module {
			return fmt.Errorf("its entry %s is a whole pickled model of class %s, whose code is not in the file, rather than its weights: %s", text.Quote(e.key), text.Quote(x.name), wayOut)
		}
	}
	return nil
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
		s = append(s, text.Quote(e.key))
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
