package images

import (
	"encoding/binary"
	"strings"
	"testing"
)

// A PNG header whose size no decoder accepts is refused for its size.
func TestPNGOfImpossibleSize(t *testing.T) {
	data := []byte(pngMagic + "\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00IEND\x00\x00\x00\x00")
	if binary.BigEndian.Uint32(data[16:]) != 1<<31-1 {
		t.Fatal("the header is not where it should be")
	}
	if _, err := Decode(data, DecodeOptions{}); err == nil || !strings.Contains(err.Error(), "--max-pixels") {
		t.Errorf("error %v does not tell of the limit", err)
	}
}
