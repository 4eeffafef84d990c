package network_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"gorgonia.org/tensor"
)

// A dict is a Python dict whose values are *tensor.Dense, dicts or numbers.
type dict []item

type item struct {
	key   any // string, int or [2]string
	value any
}

// torchFile is root as torch.save writes it: a zip file with a pickle and the
// values of each tensor (torch/serialization.py, Python's pickletools).
func torchFile(t testing.TB, root dict) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entry := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := &pickler{}
	p.WriteString("\x80\x02")
	p.dict(root)
	p.WriteString(".")
	entry("data.pkl", p.Bytes())
	for i, values := range p.storages {
		entry(fmt.Sprintf("data/%d", i), values)
	}
	entry("version", []byte("3\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type pickler struct {
	bytes.Buffer
	storages [][]byte
}

func (p *pickler) number(n int) {
	p.WriteByte('J')
	binary.Write(p, binary.LittleEndian, int32(n))
}

func (p *pickler) text(s string) {
	p.WriteByte('X')
	binary.Write(p, binary.LittleEndian, uint32(len(s)))
	p.WriteString(s)
}

func (p *pickler) tuple(numbers []int) {
	p.WriteByte('(')
	for _, n := range numbers {
		p.number(n)
	}
	p.WriteByte('t')
}

func (p *pickler) dict(d dict) {
	p.WriteString("}(")
	for _, e := range d {
		switch key := e.key.(type) {
		case string:
			p.text(key)
		case int:
			p.number(key)
		case [2]string:
			p.text(key[0])
			p.text(key[1])
			p.WriteByte('\x86')
		}
		switch v := e.value.(type) {
		case dict:
			p.dict(v)
		case int:
			p.number(v)
		case *tensor.Dense:
			p.tensor(v)
		}
	}
	p.WriteByte('u')
}

func (p *pickler) tensor(x *tensor.Dense) {
	values := x.Float32s()
	p.WriteString("ctorch._utils\n_rebuild_tensor_v2\n((")
	p.text("storage")
	p.WriteString("ctorch\nFloatStorage\n")
	p.text(fmt.Sprint(len(p.storages)))
	p.text("cpu")
	p.number(len(values))
	p.WriteString("tQ")
	p.number(0)
	p.tuple(x.Shape())
	strides := make([]int, x.Dims())
	for i, n := len(strides)-1, 1; i >= 0; i-- {
		strides[i] = n
		n *= x.Shape()[i]
	}
	p.tuple(strides)
	p.WriteString("\x89}tR")
	data := new(bytes.Buffer)
	binary.Write(data, binary.LittleEndian, values)
	p.storages = append(p.storages, data.Bytes())
}
