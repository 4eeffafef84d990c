package explore

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math"
)

// cells are float32 values as text, every bit of them. Exponents are much alike and
// deflated (RFC 1951); the 24 bits beside them are noise, and nothing makes them fewer. So
// 576 patches of 1000 classes take 2.4 MB. page/cells.js reads it.
type cells struct {
	Exponents string // a byte each, deflated
	Rest      string // the mantissa and then the sign, 3 bytes each
}

func encodeCells(values []float32) (cells, error) {
	exponents, rest := make([]byte, len(values)), make([]byte, 0, 3*len(values))
	for i, v := range values {
		bits := math.Float32bits(v)
		exponents[i] = byte(bits >> 23)
		bits = bits<<1 | bits>>31
		rest = append(rest, byte(bits>>16), byte(bits>>8), byte(bits))
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(exponents)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return cells{}, fmt.Errorf("packing the patches' values: %w", err)
	}
	return cells{base85(b.Bytes()), base85(rest)}, nil
}

// base85 returns bytes as text, 5 characters for 4 bytes, the first digit the largest one,
// and for the last 1 to 3 bytes one character more than they are. The digits are the characters from ( on, but for <, which might
// end an element: ~ stands for it. It takes 6 % less than base64.
func base85(data []byte) string {
	text := make([]byte, 0, (len(data)+3)/4*5)
	for len(data) > 0 {
		var four [4]byte
		n := copy(four[:], data)
		data = data[n:]
		v := binary.BigEndian.Uint32(four[:])
		var digits [5]byte
		for i := 4; i >= 0; i-- {
			if digits[i] = '(' + byte(v%85); digits[i] == '<' {
				digits[i] = '~'
			}
			v /= 85
		}
		text = append(text, digits[:n+1]...)
	}
	return string(text)
}
