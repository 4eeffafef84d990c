package network

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/loader"
)

// retyped returns a golden checkpoint, one tensor of which is of another type of
// one byte a value, called as, and one tensor of two values more, called extra.
func retyped(t *testing.T, name, dtype, extra string) []byte {
	t.Helper()
	file, err := os.ReadFile("../model/testdata/v1-q9.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(file)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(file[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	type entry struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	var data []byte
	out := map[string]entry{}
	delete(header, "__metadata__")
	for key, text := range header {
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		values := file[8+int(n):][e.Offsets[0]:e.Offsets[1]]
		if key == name {
			e.DType, values = dtype, values[:len(values)/4]
		}
		e.Offsets = [2]int{len(data), len(data) + len(values)}
		data = append(data, values...)
		out[key] = e
	}
	if extra != "" {
		out[extra] = entry{dtype, []int{2}, [2]int{len(data), len(data) + 2}}
		data = append(data, 0, 0)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, data)
}

// TestUnreadable looks for networks among tensors of which some cannot be read:
// one that is needed is named with its type, others are left out.
func TestUnreadable(t *testing.T) {
	for _, f := range []struct{ name, extra, problem string }{
		{"", "scale", ""}, {"", "layer1.0.conv1.input_scale", ""}, {"", "", ""},
		{"fc.weight", "", `tensor "fc.weight" has type "F8_E4M3", which cannot be read`},
		{"fc.weight", "a.scale", `tensor "fc.weight" has type`},
		{"conv1.weight", "", `tensor "conv1.weight" has type`},
		{"layer2.0.bn1.bias", "a", `tensor "layer2.0.bn1.bias" has type`},
	} {
		data := retyped(t, f.name, "F8_E4M3", f.extra)
		var found *Found
		_, err := loader.ReadSelected("bytes", bytes.NewReader(data), int64(len(data)), func(dicts []*loader.Dict) (_ *loader.Dict, _ []string, err error) {
			if found, err = Find(dicts, ""); err != nil {
				return nil, nil, err
			}
			return found.Select()
		})
		switch {
		case f.problem != "":
			if err == nil || !strings.Contains(err.Error(), f.problem) {
				t.Errorf("%+v: %v", f, err)
			}
		case err != nil:
			t.Errorf("%+v: %v", f, err)
		case f.extra != "" && fmt.Sprint(found.Left) != "["+f.extra+"]":
			t.Errorf("%+v: left out %v", f, found.Left)
		}
	}
}
