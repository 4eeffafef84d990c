package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/heatmap"
	"bagnet/internal/terminal"
)

// strideFlag is --stride of commands that compute maps of BagNets and of networks that see
// more than patches, which have a value every so many pixels and none between.
type strideFlag struct {
	stride int
	given  func() bool
}

func (f *strideFlag) registerStride(cmd *cobra.Command, usual int) {
	cmd.Flags().IntVar(&f.stride, "stride", usual, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1; a ResNet or DenseNet has its own only")
	f.given = func() bool { return cmd.Flags().Changed("stride") }
}

// settle refuses networks without maps, and strides that the network does not have. Of one
// that sees more than patches it takes the network's own, and says what maps of it are not.
func (f *strideFlag) settle(s *terminal.Streams, n *opened) error {
	if n.info.Strides == nil {
		return n.checkSum("")
	}
	cell, sees := n.cell()
	if sees > 0 && !f.given() {
		f.stride = cell
	}
	switch {
	case slices.Contains(n.info.Strides, f.stride):
	case sees > 0:
		return usageErrorf("--stride %d: model %s has a value every %d pixels, whose mean is its decision, and none between", f.stride, n.Name(), cell)
	default:
		return usageErrorf("--stride %d: this network has %v", f.stride, n.info.Strides)
	}
	if sees > 0 {
		w, h, _ := n.preprocessing.FixedSize()
		s.Notef("model %s is no BagNet: %s", n.Name(), heatmap.Caution(sees, max(w, h)))
	}
	return nil
}

// cell returns the side of what is shown of a position, pixels, and of what its values
// depend on, if that is more, else 0.
func (n *opened) cell() (side, sees int) {
	if n.info.Patch > 0 {
		return n.info.Patch, 0
	}
	return n.info.Strides[0], n.info.Sees
}
