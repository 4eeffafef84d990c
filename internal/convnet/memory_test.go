package convnet

import (
	"strings"
	"testing"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

// huge is an image that nobody must read.
type huge struct{ h, w int }

func (s huge) Size() (h, w int)                        { return s.h, s.w }
func (s huge) Read([]float32, int, int, int, int, int) { panic("the image is read") }

// TestInputCounts has a network that needs next to nothing beside its input: of
// 20000 x 20000 pixels that is 4577 MB, more than the 4096 allowed.
func TestInputCounts(t *testing.T) {
	runners, err := inference.NewRunners("generic", 1)
	if err != nil {
		t.Fatal(err)
	}
	net, x := engine.NewNetwork(runners.Kernel(), 3)
	shape := engine.Shape{In: 3, Out: 1, Size: 1, Stride: 1, Dilation: 1}
	conv := engine.NewConv(runners.Kernel(), shape, false).Pack(make([]float32, 3), nil, nil)
	n := &Network{net: net, logits: net.Mean(net.Conv(conv, x)), smallest: 1, runners: runners, queue: newQueue()}
	n.architecture.Classes = 1
	if _, err := n.Classify(t.Context(), huge{20000, 20000}); err == nil || !strings.Contains(err.Error(), "image of 20000x20000 pixels needs 4") {
		t.Errorf("%v", err)
	}
}
