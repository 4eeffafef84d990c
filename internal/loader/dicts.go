package loader

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nlpodyssey/gopickle/types"
	"gorgonia.org/tensor"

	"bagnet/internal/text"
)

// Limits on the search for dicts of tensors. An optimizer's state has one for
// each parameter.
const (
	maxDicts = 1 << 12
	maxDepth = 8
)

// A Dict is a dict of named floating-point tensors in a file, values of which
// need not have been read. It may be used until its Select returns.
type Dict struct {
	// Key is where the dict is in the file's object: keys joined by dots, such as
	// "state_dict" or "model.1"; "" for the object itself.
	Key string

	names  []string       // in the file's order
	values map[string]any // *tensorRef, *inert or unreadable for one that cannot be read, or *tensor.Dense
	beside []entry        // what else is in the file's object and around the dict
	view   viewer         // reads values
	tight  bool           // they are many more than those stored: no tensor may stretch any
}

// A Select returns which tensors of which dict to read: the one that a user of
// the file wants. The dicts that training scripts keep weights in come first.
type Select func([]*Dict) (*Dict, []string, error)

// Names returns the tensors' names in the file's order. They must not be modified.
func (d *Dict) Names() []string { return d.names }

// Shape returns the shape of a tensor, nil if there is none of that name or it
// cannot be read.
func (d *Dict) Shape(name string) []int {
	switch t := d.values[name].(type) {
	case *tensor.Dense:
		return append([]int{}, t.Shape()...)
	case *tensorRef:
		if d.Problem(name) == nil {
			return append([]int{}, t.shape...)
		}
	}
	return nil
}

// Declared returns what Shape does, also of tensors whose values are of a type
// that cannot be read; nil where no shape is known.
func (d *Dict) Declared(name string) []int {
	shape := []int(nil)
	switch t := d.values[name].(type) {
	case unreadable:
		shape = t.shape
	case *tensorRef:
		if t.view.typ.kind == exotic || t.lazy {
			shape = t.shape
		}
	}
	if _, ok := elements(shape, maxElements); shape != nil && ok {
		return append([]int{}, shape...)
	}
	return d.Shape(name)
}

// Problem says why a tensor cannot be read, as far as is known without reading it.
func (d *Dict) Problem(name string) error {
	switch t := d.values[name].(type) {
	case *tensorRef:
		err := t.check()
		if n, _ := elements(t.shape, maxElements); err == nil && d.tight && n > t.view.numel {
			err = t.stretched()
		}
		if err != nil {
			return fmt.Errorf("tensor %s: %w", text.Quote(name), err)
		}
	case unreadable:
		return t.problem()
	case *inert:
		return fmt.Errorf("tensor %s is stored through %s, so it is sparse, quantised or of another kind that cannot be read: save dense float32 weights", text.Quote(name), text.Quote(t.name))
	}
	return nil
}

// Same reports whether a tensor equals one of another dict (or this one). It
// reads both, unless they are one to begin with.
func (d *Dict) Same(name string, other *Dict, as string) bool {
	a, b := d.values[name], other.values[as]
	if a == b {
		return a != nil
	}
	if !slices.Equal(d.Shape(name), other.Shape(as)) {
		return false
	}
	if a, ok := a.(*tensorRef); ok {
		b, ok := b.(*tensorRef)
		if ok && a.view.storage == b.view.storage && a.view.offset+a.offset == b.view.offset+b.offset && slices.Equal(a.strides, b.strides) {
			return true
		}
	}
	x, y := d.floats(name), other.floats(as)
	return x != nil && slices.Equal(x, y)
}

// floats reads the values of a tensor and keeps none of them; nil if it cannot.
func (d *Dict) floats(name string) []float32 {
	switch t := d.values[name].(type) {
	case *tensor.Dense:
		if x, ok := t.Data().([]float32); ok {
			return x
		}
	case *tensorRef:
		view := d.view // with limits and storages of its own
		if x, err := view.values(t); err == nil {
			return x
		}
	}
	return nil
}

// preferred are the keys under which training scripts keep the state dict, in
// the order in which they are offered.
var preferred = []string{"state_dict", "model_state_dict", "net", "model"}

// findDicts returns the dicts in a torch file's root object that hold tensors:
// those that are called as is usual, the root, then the others, outer ones first.
func findDicts(root any, v viewer) []*Dict {
	type place struct {
		value  any
		key    string
		around []entry
		depth  int
	}
	var dicts []*Dict
	top, _ := entries(root)
	seen := map[any]bool{}
	for queue := []place{{value: root}}; len(queue) > 0 && len(dicts) < maxDicts; queue = queue[1:] {
		at := queue[0]
		list, isDict := entries(at.value)
		if !isDict {
			list = items(at.value)
		}
		if list == nil || seen[at.value] {
			continue
		}
		seen[at.value] = true
		if isDict && hasTensor(list) {
			d := &Dict{Key: at.key, view: v, beside: top}
			if at.depth > 1 {
				d.beside = slices.Concat(top, at.around)
			}
			d.fill(list)
			dicts = append(dicts, d)
		}
		if at.depth == maxDepth {
			continue
		}
		var around []entry
		if isDict {
			around = list
		}
		for _, e := range list {
			switch e.value.(type) {
			case *types.Dict, *types.OrderedDict, *types.List, *types.Tuple:
				key := e.key
				if at.key != "" {
					key = at.key + "." + e.key
				}
				queue = append(queue, place{e.value, key, around, at.depth + 1})
			}
		}
	}
	rank := func(d *Dict) int {
		if i := slices.Index(preferred, d.Key); i >= 0 {
			return i
		}
		if d.Key == "" {
			return len(preferred)
		}
		return len(preferred) + 1
	}
	slices.SortStableFunc(dicts, func(a, b *Dict) int { return rank(a) - rank(b) })
	return dicts
}

// items returns those of a list or tuple that may hold dicts, under their numbers.
func items(v any) []entry {
	var values []any
	switch v := v.(type) {
	case *types.List:
		values = *v
	case *types.Tuple:
		values = *v
	}
	var list []entry
	for i, item := range values {
		switch item.(type) {
		case *types.Dict, *types.OrderedDict, *types.List, *types.Tuple:
			key, _ := keyText(i)
			list = append(list, entry{key, item})
		}
	}
	return list
}

// fill takes the floating-point tensors of list.
func (d *Dict) fill(list []entry) {
	d.values = make(map[string]any, len(list))
	storages := map[*storage]bool{}
	var viewed, stored int64
	for _, e := range list {
		switch t := e.value.(type) {
		case *tensorRef:
			n, ok := elements(t.shape, maxElements)
			if t.view.typ.kind == integer || ok && n == 0 {
				continue
			}
			viewed += n
			if st := t.view.storage; !storages[st] {
				storages[st] = true
				stored += st.numel
			}
		case *inert:
			if !t.isTensor() {
				continue
			}
		default:
			continue
		}
		d.names = append(d.names, e.key)
		d.values[e.key] = e.value
	}
	d.tight = viewed > maxOverlap*stored+maxStretch
}

// check says why a tensor cannot be read.
func (t *tensorRef) check() error {
	n, ok := elements(t.shape, maxElements)
	switch {
	case t.view.typ.kind == exotic:
		return fmt.Errorf("it holds %s values: save dense float32 weights", t.view.typ.name)
	case t.lazy:
		return errors.New("it is stored with a pending negation: call resolve_neg() before saving")
	case !ok:
		return fmt.Errorf("its shape %v has more than the %d values allowed", t.shape, maxElements)
	case n == 0:
		return nil
	}
	if last, ok := lastIndex(t); !ok || last >= t.view.numel {
		return fmt.Errorf("it is damaged: shape %v, strides %v and offset %d reach beyond the %d values stored", t.shape, t.strides, t.offset, t.view.numel)
	}
	if n > maxOverlap*t.view.storage.numel+maxStretch {
		return t.stretched()
	}
	return nil
}

func (t *tensorRef) stretched() error {
	return fmt.Errorf("its shape %v stretches few stored values over too many", t.shape)
}

// gatherState finds the dicts of tensors in root, which are read through v.
func gatherState(c *Checkpoint, root any, v viewer) (*Checkpoint, error) {
	dicts := findDicts(root, v)
	if len(dicts) == 0 {
		return nil, noState(root)
	}
	c.dicts, c.whole = dicts, wholeModel(root)
	return c, nil
}

// choose reads what choose, or the file's order if that is nil, selects.
func (c *Checkpoint) choose(choose Select) error {
	if c.dicts == nil { // read already
		if choose == nil {
			return nil
		}
		d := &Dict{names: c.Names(), values: make(map[string]any, len(c.names))}
		for _, name := range c.names {
			d.values[name] = c.tensors[name]
		}
		for _, u := range c.unread {
			d.names = append(d.names, u.name)
			d.values[u.name] = u
		}
		_, _, err := choose([]*Dict{d})
		return err
	}
	d, names := c.dicts[0], c.dicts[0].names
	if choose != nil {
		var err error
		if d, names, err = choose(c.dicts); err != nil {
			if c.whole != nil {
				return c.whole
			}
			return err
		}
	}
	c.dicts = nil
	c.Metadata = plainEntries(d.beside)
	return c.read(d, names)
}

// read reads tensors of a dict.
func (c *Checkpoint) read(d *Dict, names []string) error {
	view := d.view
	for _, name := range names {
		switch t := d.values[name].(type) {
		case *tensorRef:
			data, err := view.values(t)
			if err != nil {
				return fmt.Errorf("tensor %s: %w", text.Quote(name), err)
			}
			if name == "" {
				return fmt.Errorf("a tensor in its state dict has no name, or one of more than %d bytes", maxString)
			}
			if len(c.names) == maxTensors {
				return fmt.Errorf("it holds more than %d tensors", maxTensors)
			}
			if err := c.add(name, t.view.typ.name, t.shape, data); err != nil {
				return err
			}
		case *inert:
			return d.Problem(name)
		}
	}
	if len(c.names) == 0 {
		return errors.New("its state dict holds no floating-point tensors")
	}
	return nil
}
