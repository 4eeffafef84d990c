package loader

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gorgonia.org/tensor"
)

func dense(data []float32, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

func sampleTensors() []Named {
	return []Named{
		{"b", dense(ramp(6), 2, 3), "F32"},
		{"a", dense(ramp(5), 5), "F16"},
		{"c", dense(ramp(24), 2, 3, 4), "BF16"},
		{"d", tensor.New(tensor.FromScalar(float32(0.5))), "F32"},
	}
}

var sampleMetadata = map[string]string{"format": "bagnet", "classes": `[{"id":"n1","label":"a <b> & c"}]`}

func sampleSafetensors(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSafetensors(&b, sampleTensors(), sampleMetadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSafetensorsRoundTrip(t *testing.T) {
	data := sampleSafetensors(t)
	c, err := readBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	checkTensors(t, c, []want{ // in the order of the data
		{"b", "F32", []int{2, 3}, ramp(6)},
		{"d", "F32", nil, []float32{0.5}},
		{"c", "BF16", []int{2, 3, 4}, ramp(24)},
		{"a", "F16", []int{5}, ramp(5)},
	})
	if c.Format != "safetensors" || !reflect.DeepEqual(c.Metadata, sampleMetadata) {
		t.Errorf("format %q, metadata %q", c.Format, c.Metadata)
	}

	// The same bytes whatever the order; a header of a multiple of 8 bytes.
	for range 10 {
		ts := sampleTensors()
		ts[0], ts[1], ts[2], ts[3] = ts[3], ts[2], ts[0], ts[1]
		var b bytes.Buffer
		if err := WriteSafetensors(&b, ts, sampleMetadata); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), data) {
			t.Fatal("the bytes depend on the order of the arguments")
		}
	}
	for n := range 9 {
		var b bytes.Buffer
		if err := WriteSafetensors(&b, sampleTensors()[:1], map[string]string{"k": strings.Repeat("x", n)}); err != nil {
			t.Fatal(err)
		}
		if size := b.Bytes()[0]; size%8 != 0 || b.Len() != 8+int(size)+24 {
			t.Errorf("header of %d bytes in a file of %d", size, b.Len())
		}
	}
}

func TestWriteSafetensorsErrors(t *testing.T) {
	transposed := dense(ramp(6), 2, 3)
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		tensors []Named
		text    string
	}{
		{[]Named{{"a", dense(ramp(2), 2), "F32"}, {"a", dense(ramp(2), 2), "F32"}}, `"a" is taken`},
		{[]Named{{"__metadata__", dense(ramp(2), 2), "F32"}}, "is taken"},
		{[]Named{{"a", dense(ramp(2), 2), "F64"}}, `type "F64"`},
		{[]Named{{"a", transposed, "F32"}}, "not a contiguous"},
		{[]Named{{"a", nil, "F32"}}, "not a contiguous"},
		{[]Named{{"a", dense([]float32{0, 65519, 1, 65520}, 2, 2), "F16"}}, "value 65520 at [1 1] is too large for F16"},
		{[]Named{{"a", dense([]float32{0, -3.4e38}, 2), "BF16"}}, "too large for BF16"},
		{[]Named{{"a", dense([]float32{0, float32(math.Inf(-1))}, 2), "F32"}}, "-Inf at [1]"},
		{[]Named{{"a", dense([]float32{0, float32(math.NaN())}, 2), "F16"}}, "NaN at [1]"},
	} {
		var b bytes.Buffer
		err := WriteSafetensors(&b, w.tensors, nil)
		if err == nil || !strings.Contains(err.Error(), w.text) || b.Len() > 0 {
			t.Errorf("error %v and %d bytes, want %q and none", err, b.Len(), w.text)
		}
	}
}

// headed returns a safetensors file of the given header and data size.
func headed(header string, data int) []byte {
	return []byte(le64(uint64(len(header))) + header + strings.Repeat("\x00", data))
}

func TestRefuseSafetensors(t *testing.T) {
	item := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"dtype":%q,"shape":%s,"data_offsets":%s}`, dtype, shape, offsets)
	}
	const good = `"g":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for _, h := range []struct {
		name string
		data []byte
		text string
	}{
		{"header larger than the limit", append([]byte(le64(maxHeader+1)), "{  "...), "more than the 16777216 allowed"},
		{"header larger than the file", append([]byte(le64(1000)), "{  "...), "cut short"},
		{"header not JSON", headed(`{"a":`, 0), "not valid JSON"},
		{"header not an object of objects", headed(`{"a":1}`, 0), "decoding its header"},
		{"text after the header", headed(`{}{}`, 0), "not valid JSON"},
		{"nothing in it", headed(`{}`, 0), "no floating-point tensors"},
		{"integers only", headed(`{"a":`+item("I64", "[1]", "[0,8]")+`}`, 8), "no floating-point tensors"},
		{"type unknown", headed(`{"a":`+item("F8_E4M3", "[1]", "[0,2]")+`}`, 2), "F8_E4M3"},
		{"name twice", headed(`{`+good+`,`+good+`}`, 8), `has the key "g" twice`},
		{"key twice", headed(`{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8), `"dtype" twice`},
		{"metadata twice", headed(`{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"},`+good+`}`, 8), "twice"},
		{"metadata not text", headed(`{"__metadata__":{"a":1},`+good+`}`, 8), "decoding its header"},
		{"bytes missing", headed(`{`+good+`}`, 7), "cut short: it has 7 bytes of the 8"},
		{"bytes left over", headed(`{`+good+`}`, 9), "9 bytes of data where its tensors take 8"},
		{"gap", headed(`{`+good+`,"h":`+item("F32", "[1]", "[12,16]")+`}`, 16), `tensor "h" begin at byte 12 instead of 8`},
		{"overlap", headed(`{`+good+`,"h":`+item("F32", "[2]", "[4,12]")+`}`, 12), "instead of 8"},
		{"offsets reversed", headed(`{"a":`+item("F32", "[2]", "[8,0]")+`}`, 8), "do not fit"},
		{"size unlike shape", headed(`{"a":`+item("F32", "[3]", "[0,8]")+`}`, 8), "do not fit"},
		{"product that overflows", headed(`{"a":`+item("F32", "[4294967296,4294967296]", "[0,0]")+`}`, 0), "do not fit"},
		{"product that overflows to the size", headed(`{"a":`+item("F64", "[2305843009213693952,8]", "[0,0]")+`}`, 0), "cannot hold"},
		{"dimension beyond int64", headed(`{"a":`+item("F32", "[18446744073709551615]", "[0,4]")+`}`, 4), "cannot hold"},
		{"negative dimension", headed(`{"a":`+item("F32", "[-1]", "[0,4]")+`}`, 4), "decoding its header"},
		{"many dimensions", headed(`{"a":`+item("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]")+`}`, 4), "9 dimensions"},
		{"deep nesting", headed(`{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`, 0), "too complex"},
		{"not finite", append(headed(`{"a":`+item("F16", "[2,2]", "[0,8]")+`}`, 6), 0, 0xfc), `tensor "a" holds -Inf at [1 1]`},
	} {
		t.Run(h.name, func(t *testing.T) {
			_, err := readBytes(h.data)
			checkRefused(t, "bytes", err, h.text)
		})
	}
	if _, err := readBytes(headed(`{`+good+`,"e":`+item("F32", "[0,3]", "[8,8]")+`,"i":`+item("I64", "[1]", "[8,16]")+`}   `, 16)); err != nil {
		t.Errorf("a good file is refused: %v", err)
	}
}
