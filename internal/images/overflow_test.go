package images

import (
	"encoding/binary"
	"errors"
	"testing"
)

// A PNG header whose size no decoder accepts is refused for its size.
func TestPNGOfImpossibleSize(t *testing.T) {
	data := []byte(pngMagic + "\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00IEND\x00\x00\x00\x00")
	if binary.BigEndian.Uint32(data[16:]) != 1<<31-1 {
		t.Fatal("the header is not where it should be")
	}
	if _, err := Decode(data, DecodeOptions{}); !isLimit(err) {
		t.Errorf("error %v does not tell of the limit", err)
	}
}

// isLimit and isResize tell the errors for which a user may be told another way.
func isLimit(err error) bool {
	_, ok := errors.AsType[*LimitError](err)
	return ok
}

func isResize(err error) bool {
	_, ok := errors.AsType[*ResizeError](err)
	return ok
}
