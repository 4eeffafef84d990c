package loader

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// withType returns a safetensors file of a float32 tensor, g, and one called x of
// n bytes.
func withType(dtype, shape string, n int) []byte {
	return headed(fmt.Sprintf(`{"g":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":%q,"shape":%s,"data_offsets":[8,%d]}}`, dtype, shape, 8+n), 8+n)
}

// TestTypesWithoutUse reads files with tensors of types that this program cannot
// read. Sizes are those of the format's definition: bits a value, whole bytes a
// tensor. Of types that it does not know the offsets alone are checked.
func TestTypesWithoutUse(t *testing.T) {
	for _, f := range []struct {
		dtype, shape string
		bytes        int
		problem      string // of the file; "" for none
	}{
		{"F8_E4M3", "[3]", 3, ""}, {"F8_E5M2", "[2,2]", 4, ""}, {"F8_E8M0", "[1]", 1, ""}, {"C64", "[2]", 16, ""},
		{"F4", "[2]", 1, ""}, {"F4", "[6]", 3, ""}, {"F6_E2M3", "[4]", 3, ""}, {"F6_E3M2", "[2,4]", 6, ""},
		{"F4", "[3]", 2, "do not fit"}, {"F4", "[3]", 1, "do not fit"}, {"F4", "[4]", 4, "do not fit"}, {"F6_E2M3", "[3]", 3, "do not fit"},
		{"F6_E3M2", "[4]", 4, "do not fit"}, {"F8_E4M3", "[4]", 3, "do not fit"}, {"C64", "[2]", 8, "do not fit"},
		{"F8_E4M3FNUZ", "[3]", 3, ""}, {"MX9", "[7]", 5, ""}, {"I64", "[2]", 16, ""}, {"I64", "[2]", 8, "do not fit"},
	} {
		var seen *Dict
		c, err := ReadSelected("bytes", strings.NewReader(string(withType(f.dtype, f.shape, f.bytes))), int64(len(withType(f.dtype, f.shape, f.bytes))), func(dicts []*Dict) (*Dict, []string, error) {
			seen = dicts[0]
			return seen, seen.Names(), nil
		})
		if f.problem != "" {
			checkRefused(t, "bytes", err, f.problem)
			continue
		}
		if err != nil || !slices.Equal(c.Names(), []string{"g"}) {
			t.Fatalf("%s: %v, %v", f.dtype, c, err)
		}
		if f.dtype == "I64" {
			if slices.Contains(seen.Names(), "x") {
				t.Error("an integer is offered")
			}
			continue
		}
		if !slices.Contains(seen.Names(), "x") {
			t.Errorf("%s is not offered", f.dtype)
		}
		problem := seen.Problem("x")
		if problem == nil || !strings.Contains(problem.Error(), fmt.Sprintf("tensor \"x\" has type %q, which cannot be read: convert it to float32", f.dtype)) {
			t.Errorf("%s: %v", f.dtype, problem)
		}
		if seen.Shape("x") != nil || len(seen.Declared("x")) != strings.Count(f.shape, ",")+1 || !slices.Equal(seen.Declared("g"), []int{2}) {
			t.Errorf("%s: shape %v, declared %v", f.dtype, seen.Shape("x"), seen.Declared("x"))
		}
	}
	for name, f := range map[string][]byte{
		"8 bytes of the 11":                          withType("MX9", "[7]", 3)[:len(withType("MX9", "[7]", 3))-3],
		"12 bytes of data where its tensors take 11": append(withType("MX9", "[7]", 3), 0),
		"begin at byte 8 instead of 0":               headed(`{"x":{"dtype":"MX9","shape":[7],"data_offsets":[8,12]}}`, 12),
		`"x" has type "F4", which cannot be read`:    headed(`{"x":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, 1),
	} {
		_, err := readBytes(f)
		checkRefused(t, "bytes", err, name)
	}
}
