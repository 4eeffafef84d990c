package convnet_test

import (
	"errors"
	"strings"
	"testing"

	"bagnet/internal/convnet"
)

// What is no VGG has no trunk.
func TestTrunkIsAVGGs(t *testing.T) {
	if _, err := convnet.NewTrunk(open(t, "alexnet"), convnet.Options{}); err == nil || !strings.Contains(err.Error(), "family alexnet, no VGG") {
		t.Errorf("an AlexNet: %v", err)
	}
	if _, err := convnet.NewTrunk(open(t, "vgg"), convnet.Options{Kernel: "none"}); err == nil || errors.Is(err, convnet.ErrUnknown) {
		t.Errorf("another kernel: %v", err)
	}
	trunk, err := convnet.NewTrunk(open(t, "vgg"), convnet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var channels []int
	for _, l := range trunk.Layers {
		channels = append(channels, trunk.Net.Channels(l.Node))
	}
	if len(channels) != 7 || channels[0] != 5 || channels[6] != 8 {
		t.Errorf("layers of %v channels", channels)
	}
}
