package loader

import (
	"github.com/nlpodyssey/gopickle/types"

	"bagnet/internal/text"
)

// storageTypes maps torch's storage classes to what they hold.
var storageTypes = map[string]elementType{
	"FloatStorage":    typeF32,
	"HalfStorage":     typeF16,
	"BFloat16Storage": typeBF16,
	"DoubleStorage":   typeF64,
	"LongStorage":     {"I64", 8, integer},
	"IntStorage":      {"I32", 4, integer},
	"ShortStorage":    {"I16", 2, integer},
	"CharStorage":     {"I8", 1, integer},
	"ByteStorage":     {"U8", 1, integer},
	"BoolStorage":     {"BOOL", 1, integer},
	// Bytes without a type; torch.save writes them for bare storages only.
	"UntypedStorage":       {"U8", 1, integer},
	"_UntypedStorage":      {"U8", 1, integer},
	"ComplexFloatStorage":  {"complex64", 8, exotic},
	"ComplexDoubleStorage": {"complex128", 16, exotic},
	"QInt8Storage":         {"qint8", 1, exotic},
	"QUInt8Storage":        {"quint8", 1, exotic},
	"QInt32Storage":        {"qint32", 4, exotic},
	"QUInt4x2Storage":      {"quint4x2", 1, exotic},
	"QUInt2x4Storage":      {"quint2x4", 1, exotic},
}

// A storage is a run of values in a torch file, which tensors are views of.
type storage struct {
	key   string
	typ   elementType
	numel int64
}

// A storageTable resolves a main pickle's references to storages.
type storageTable struct {
	byKey map[string]*storage
	// check compares a storage's announced size with what the file has.
	check func(*storage) error
}

// storageView is what a reference to a storage unpickles to.
type storageView struct {
	*storage
	offset int64 // of the view's first value, in values
	numel  int64
}

// persistent resolves a persistent id. Those of torch.save are the tuples
// ("storage", class, key, location, numel[, view]) and, in legacy files,
// ("module", class, source file, source).
func (t *storageTable) persistent(id any) (any, error) {
	tuple, ok := id.(*types.Tuple)
	if !ok || tuple.Len() < 2 {
		return nil, pickleErrorf("it is damaged: its pickle refers to something other than a storage")
	}
	switch {
	case tuple.Get(0) == "module":
		return tuple.Get(1), nil
	case tuple.Get(0) != "storage" || tuple.Len() < 5:
		return nil, pickleErrorf("it is damaged: its pickle refers to something other than a storage")
	}
	class, ok1 := tuple.Get(1).(*storageClass)
	key, ok2 := tuple.Get(2).(string)
	numel, ok3 := tuple.Get(4).(int)
	if !ok1 || !ok2 || !ok3 || numel < 0 {
		return nil, pickleErrorf("it is damaged: a reference to a storage in its pickle is malformed")
	}
	st := t.byKey[key]
	if st == nil {
		st = &storage{key: key, typ: class.elementType, numel: int64(numel)}
		if err := t.check(st); err != nil {
			return nil, err
		}
		t.byKey[key] = st
	} else if st.typ != class.elementType || st.numel != int64(numel) {
		return nil, pickleErrorf("it is damaged: storage %s is announced in two ways", text.Quote(key))
	}
	view := &storageView{storage: st, numel: st.numel}
	if tuple.Len() > 5 && tuple.Get(5) != nil {
		// (key, offset, numel), written by PyTorch before 0.4.
		v, ok := tuple.Get(5).(*types.Tuple)
		if !ok || v.Len() != 3 {
			return nil, pickleErrorf("it is damaged: a view of storage %s is malformed", text.Quote(key))
		}
		offset, ok1 := v.Get(1).(int)
		n, ok2 := v.Get(2).(int)
		if !ok1 || !ok2 || offset < 0 || n < 0 || int64(offset) > st.numel || int64(n) > st.numel-int64(offset) {
			return nil, pickleErrorf("it is damaged: a view of storage %s is malformed", text.Quote(key))
		}
		view.offset, view.numel = int64(offset), int64(n)
	}
	return view, nil
}

// storageClass stands for a class such as torch.FloatStorage.
type storageClass struct{ elementType }

// tensorRef is what a tensor unpickles to: a view that has yet to be checked
// against its storage.
type tensorRef struct {
	view    *storageView
	offset  int64
	shape   []int
	strides []int64
	lazy    bool // has a pending negation or conjugation
}

// PySetState implements types.PyStateSettable: attributes set on a tensor.
func (*tensorRef) PySetState(any) error { return nil }

// rebuild stands for one of torch's functions that make tensors.
type rebuild func(args []any) (any, error)

// Call implements types.Callable.
func (f rebuild) Call(args ...any) (any, error) { return f(args) }

var errTensor = pickleErrorf("it is damaged: a tensor in its pickle is malformed")

// rebuildTensor takes (storage, offset, shape, strides[, requires_grad,
// backward_hooks[, metadata]]).
func rebuildTensor(args []any) (any, error) {
	if len(args) < 4 {
		return nil, errTensor
	}
	view, ok1 := args[0].(*storageView)
	offset, ok2 := args[1].(int)
	shape, ok3 := integers(args[2])
	strides, ok4 := integers(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || len(shape) != len(strides) || offset < 0 {
		return nil, errTensor
	}
	ref := &tensorRef{view: view, offset: int64(offset), shape: shape, strides: make([]int64, len(strides))}
	for i, s := range strides {
		if s < 0 || shape[i] < 0 {
			return nil, errTensor
		}
		ref.strides[i] = int64(s)
	}
	if len(args) > 6 {
		d, ok := args[6].(*types.Dict)
		ref.lazy = ok && d.Len() > 0
	}
	return ref, nil
}

// rebuildParameter takes (tensor, requires_grad, backward_hooks[, state]).
func rebuildParameter(args []any) (any, error) {
	if len(args) == 0 {
		return nil, errTensor
	}
	return args[0], nil
}

// rebuildFromType takes (function, type, its arguments, state).
func rebuildFromType(args []any) (any, error) {
	if len(args) < 3 {
		return nil, errTensor
	}
	f, ok1 := args[0].(rebuild)
	a, ok2 := args[2].(*types.Tuple)
	if !ok1 || !ok2 {
		return &inert{name: "torch._tensor._rebuild_from_type_v2", object: true}, nil
	}
	return f(*a)
}

// rebuildSize takes the tuple a torch.Size is made of.
func rebuildSize(args []any) (any, error) {
	if len(args) != 1 {
		return nil, errTensor
	}
	return args[0], nil
}

// integers returns the values of a short tuple or list of integers.
func integers(v any) ([]int, bool) {
	var items []any
	switch v := v.(type) {
	case *types.Tuple:
		items = *v
	case *types.List:
		items = *v
	default:
		return nil, false
	}
	if len(items) > maxRank {
		return nil, false
	}
	ints := make([]int, len(items))
	for i, item := range items {
		n, ok := item.(int)
		if !ok {
			return nil, false
		}
		ints[i] = n
	}
	return ints, true
}
