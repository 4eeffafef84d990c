package loader

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"
)

// write puts a file into a directory and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// part is a safetensors file whose tensors have their name's length as values.
func part(t *testing.T, names ...string) string {
	t.Helper()
	var tensors []Named
	for _, n := range names {
		x := tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{float32(len(n)), 0.5}))
		tensors = append(tensors, Named{Name: n, Tensor: x, DType: "F32"})
	}
	var b strings.Builder
	if err := WriteSafetensors(&b, tensors, map[string]string{"of": names[0]}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	first, second = "net-00001-of-00002.safetensors", "net-00002-of-00002.safetensors"
	index         = "net.safetensors.index.json"
)

// TestShards reads two parts by the name of either or of their index.
func TestShards(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, first, part(t, "a", "ccc"))
	write(t, dir, second, part(t, "bb"))
	write(t, dir, index, `{"metadata":{"total_size":24},"weight_map":{"a":"`+first+`","bb":"`+second+`","ccc":"`+first+`"}}`)
	for _, name := range []string{first, second, index} {
		path := filepath.Join(dir, name)
		if parts, err := Parts(path); err != nil || !slices.Equal(parts, []string{filepath.Join(dir, first), filepath.Join(dir, second)}) {
			t.Errorf("%s: parts %v (%v)", name, parts, err)
		}
		c, err := Open(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkTensors(t, c, []want{
			{"a", "F32", []int{2}, []float32{1, 0.5}}, {"ccc", "F32", []int{2}, []float32{3, 0.5}}, {"bb", "F32", []int{2}, []float32{2, 0.5}},
		})
		c.Close()
	}
	// An index of one file, as some tools write it.
	c, err := Open(write(t, dir, "one.safetensors.index.json", `{"weight_map":{"bb":"`+second+`"}}`))
	if err != nil || !slices.Equal(c.Names(), []string{"bb"}) {
		t.Errorf("an index of one file: %v", err)
	}
	// Names that only look like parts.
	for _, name := range []string{"net-00001-of-00001.safetensors", "net-00003-of-00002.safetensors", "net-00000-of-00002.safetensors", "net-1-of-2.safetensors"} {
		c, err := Open(write(t, dir, name, part(t, "a")))
		if err != nil || !slices.Equal(c.Names(), []string{"a"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefuseShards(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "x.safetensors", part(t, "a"))
	many := &strings.Builder{}
	for i := range maxShards + 1 {
		many.WriteString(`,"` + strings.Repeat("x", i+1) + `":"` + strings.Repeat("x", i+1) + `.safetensors"`)
	}
	for name, tc := range map[string]struct {
		files map[string]string // beside first, which has tensor a
		open  string
		want  string
	}{
		"missing part":       {nil, first, `it is part 1 of 2, and "net-00002-of-00002.safetensors" is not beside it: put all parts into one directory`},
		"missing first":      {map[string]string{"other-00002-of-00002.safetensors": part(t, "a")}, "other-00002-of-00002.safetensors", `"other-00001-of-00002.safetensors" is not beside it`},
		"index, missing":     {map[string]string{index: `{"weight_map":{"a":"` + first + `","b":"` + second + `"}}`}, index, `it is an index, and "net-00002-of-00002.safetensors" is not beside it`},
		"above":              {map[string]string{index: `{"weight_map":{"a":"../` + filepath.Base(outside) + `/x.safetensors"}}`}, index, `want the name of a safetensors file beside it`},
		"absolute":           {map[string]string{index: `{"weight_map":{"a":"` + filepath.ToSlash(outside) + `/x.safetensors"}}`}, index, `want the name of a safetensors file beside it`},
		"in a directory":     {map[string]string{index: `{"weight_map":{"a":"sub/x.safetensors"}}`}, index, `it names the part "sub/x.safetensors": want`},
		"a backslash":        {map[string]string{index: `{"weight_map":{"a":"sub\\x.safetensors"}}`}, index, `want the name of a safetensors file beside it`},
		"no name":            {map[string]string{index: `{"weight_map":{"a":""}}`}, index, `it names the part "": want`},
		"another format":     {map[string]string{index: `{"weight_map":{"a":"x.bin"}}`}, index, `it names the part "x.bin": want`},
		"no map":             {map[string]string{index: `{"metadata":{}}`}, index, `it has no "weight_map"`},
		"no JSON":            {map[string]string{index: `weights`}, index, `it has no "weight_map"`},
		"too many":           {map[string]string{index: `{"weight_map":{"a":"` + first + `"` + many.String() + `}}`}, index, `more than the 256 parts allowed`},
		"too long":           {map[string]string{index: strings.Repeat(" ", maxIndex+1)}, index, `more than the 16777216 bytes allowed for an index`},
		"too many, by name":  {map[string]string{"n-00001-of-00300.safetensors": ""}, "n-00001-of-00300.safetensors", `part 1 of 300, more than the 256 allowed`},
		"wrong part":         {map[string]string{second: part(t, "b"), index: `{"weight_map":{"a":"` + second + `","b":"` + second + `","c":"` + first + `"}}`}, index, `tensor "a" is in "net-00001-of-00002.safetensors", where the index has it in "net-00002-of-00002.safetensors"`},
		"twice":              {map[string]string{second: part(t, "a")}, first, `two of its parts have a tensor "a"`},
		"a part that is not": {map[string]string{second: "nothing"}, first, second},
		"bin":                {map[string]string{"m-00001-of-00002.bin": ""}, "m-00001-of-00002.bin", `which can be read as safetensors only: join them`},
		"bin's index":        {map[string]string{"m.bin.index.json": "{}"}, "m.bin.index.json", `which can be read as safetensors only: join them`},
	} {
		dir := t.TempDir()
		write(t, dir, first, part(t, "a"))
		for file, text := range tc.files {
			write(t, dir, file, text)
		}
		if _, err := Open(filepath.Join(dir, tc.open)); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}
