package convnet_test

import (
	"errors"
	"testing"

	"bagnet/internal/convnet"
)

// TestStemAlone has a ResNet's first convolution and none of its stages.
func TestStemAlone(t *testing.T) {
	if _, err := convnet.New(fake{"conv1.weight": filled(1, 4, 3, 7, 7), "fc.weight": filled(1, 2, 4)}, convnet.Options{}); !errors.Is(err, convnet.ErrUnknown) {
		t.Errorf("%v, want ErrUnknown", err)
	}
}
