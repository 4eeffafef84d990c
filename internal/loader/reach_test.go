package loader

import (
	"archive/zip"
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/gopickle/types"
)

// TestFloatsIn has values up to the end of a mapped file and none beyond.
func TestFloatsIn(t *testing.T) {
	m := newMappedFile(bytesOf([]float32{1, 2, 3, 4}))
	for _, c := range []struct{ offset, n, want int64 }{
		{0, 4, 4}, {4, 3, 3}, {12, 1, 1}, {0, 1, 1},
		{0, 5, 0}, {4, 4, 0}, {12, 2, 0}, {16, 1, 0}, {2, 1, 0}, {0, 0, 0}, {4, -1, 0},
	} {
		values := floatsIn(m, c.offset, c.n)
		if int64(len(values)) != c.want || c.want > 0 && values[0] != float32(1+c.offset/4) {
			t.Errorf("%d values at byte %d: %v", c.n, c.offset, values)
		}
	}
	if floatsIn(strings.NewReader(strings.Repeat("x", 16)), 0, 1) != nil {
		t.Error("a file that is not mapped has values where they are")
	}
}

// TestLargeZip reads a storage of more bytes than an archive's directory may have, as they are.
func TestLargeZip(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 150 MB")
	}
	const n = maxDirectory/4 + 1000
	values := ramp(n)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"archive/data.pkl": []byte(tensorDict(n, 0, n, 1)), "archive/data/0": bytesOf(values)} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := readBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Tensor("w").Data().([]float32); !slices.Equal(got, values) {
		t.Errorf("%d values are not the %d stored", len(got), n)
	}
}

// tensorOf is a reference to a float32 tensor of one value.
func tensorOf() *tensorRef {
	view := &storageView{storage: &storage{typ: typeF32, numel: 1}, numel: 1}
	return &tensorRef{view: view, shape: []int{1}, strides: []int64{1}}
}

// TestDictOfTwoPlaces is offered once, under the first, though it holds itself.
func TestDictOfTwoPlaces(t *testing.T) {
	inner, root := types.NewDict(), types.NewDict()
	inner.Set("w", tensorOf())
	inner.Set("self", inner)
	root.Set("a", inner)
	root.Set("b", types.NewListFromSlice([]any{inner}))
	root.Set("root", root)
	var keys []string
	for _, d := range findDicts(root, viewer{}) {
		keys = append(keys, d.Key)
	}
	if !slices.Equal(keys, []string{"a"}) {
		t.Errorf("dicts %q", keys)
	}
}

// TestNoState says what a file holds instead of a dict of tensors.
func TestNoState(t *testing.T) {
	empty, numbers := types.NewDict(), types.NewDict()
	numbers.Set("epoch", 3)
	module := types.NewDict()
	module.Set("net", &inert{name: "a.Net", module: true})
	for _, c := range []struct {
		root any
		want string
	}{
		{types.NewListFromSlice([]any{1}), "it holds no state dict: in PyTorch"},
		{3, "it holds no state dict: in PyTorch"},
		{tensorOf(), "it holds a single tensor rather than a state dict: in PyTorch"},
		{empty, "its entries are none: in PyTorch"},
		{numbers, `its entries are "epoch": in PyTorch`},
		{module, `its entry "net" is a whole pickled model of class "a.Net"`},
		{&inert{name: "a.Net"}, `it holds a whole pickled object of class "a.Net"`},
	} {
		_, err := gatherState(newCheckpoint("torch zip"), c.root, viewer{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.root, err, c.want)
		}
	}
}

// TestModelBesideDicts blames the whole model, if there is one, where no dict of tensors is
// what is wanted.
func TestModelBesideDicts(t *testing.T) {
	optimizer := types.NewDict()
	optimizer.Set("w", tensorOf())
	none := errors.New("none of them")
	refuse := func([]*Dict) (*Dict, []string, error) { return nil, nil, none }
	for _, x := range []*inert{{name: "a.Net", module: true}, {name: "a.Args"}} {
		root := types.NewDict()
		root.Set("net", x)
		root.Set("optimizer", optimizer)
		c, err := gatherState(newCheckpoint("torch zip"), root, viewer{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.choose(refuse); errors.Is(err, none) == x.module || x.module && !strings.Contains(err.Error(), "whole pickled model") {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

// TestModuleState tells a module's state by what its first entries are called.
func TestModuleState(t *testing.T) {
	for key, want := range map[string]bool{"_parameters": true, "_modules": true, "epoch": false} {
		state := types.NewDict()
		state.Set("training", true)
		state.Set(key, types.NewDict())
		x := &inert{name: "a.Net"}
		if err := x.PySetState(state); err != nil || x.module != want {
			t.Errorf("%s: module %v (%v)", key, x.module, err)
		}
	}
}

// TestUnreadableInParts offers tensors of all parts that cannot be read.
func TestUnreadableInParts(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, first, part(t, "a"))
	write(t, dir, second, string(withType("F8_E4M3", "[3]", 3)))
	var names []string
	var problem error
	c, err := OpenSelected(filepath.Join(dir, first), func(dicts []*Dict) (*Dict, []string, error) {
		names, problem = slices.Sorted(slices.Values(dicts[0].Names())), dicts[0].Problem("x")
		return dicts[0], dicts[0].Names(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !slices.Equal(names, []string{"a", "g", "x"}) || problem == nil || !strings.Contains(problem.Error(), "F8_E4M3") {
		t.Errorf("tensors %q, problem %v", names, problem)
	}
}

// TestStridesThatOverflow has last values whose place is 0 modulo 2^64, and beyond 2^63.
func TestStridesThatOverflow(t *testing.T) {
	for _, c := range []struct {
		dim, stride int
	}{{1<<20 + 1, 1 << 44}, {3, 1 << 62}, {2, 1}} {
		x := tensorOf()
		x.shape, x.strides = []int{c.dim}, []int64{int64(c.stride)}
		if err := x.check(); err == nil || !strings.Contains(err.Error(), "reach beyond the 1 values stored") {
			t.Errorf("%d values, %d apart: %v", c.dim, c.stride, err)
		}
	}
}

// TestTensorsOfSubclasses are made by a function, for a class, of its arguments and a state
// (torch._tensor._rebuild_from_type_v2).
func TestTensorsOfSubclasses(t *testing.T) {
	view := tensorOf().view
	one := types.NewTupleFromSlice([]any{1})
	arguments := types.NewTupleFromSlice([]any{view, 0, one, one, false, nil})
	got, err := rebuildFromType([]any{rebuild(rebuildTensor), &inert{name: "a.Sub"}, arguments, types.NewDict()})
	if x, ok := got.(*tensorRef); err != nil || !ok || x.view != view || !slices.Equal(x.shape, []int{1}) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = rebuildFromType([]any{&inert{name: "a.make"}, &inert{name: "a.Sub"}, arguments, nil})
	if x, ok := got.(*inert); err != nil || !ok || !x.isTensor() {
		t.Errorf("made by a function that nobody knows: %v, %v", got, err)
	}
	if _, err := rebuildFromType([]any{rebuild(rebuildTensor), &inert{}}); err == nil {
		t.Error("without arguments: no error")
	}
}
