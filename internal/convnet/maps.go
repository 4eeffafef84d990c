package convnet

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/grid"
	"bagnet/internal/inference"
)

// IsMean reports whether the logits are means over the positions of the last feature
// map, of what the linear layer makes of each: those of ResNets and DenseNets are. B.
// Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016, call
// such a map, without the bias, a class activation map.
func (n *Network) IsMean() bool { return n.head.linear != nil }

// Strides returns the distance between neighbouring positions, pixels: there are none
// in between.
func (n *Network) Strides() []int { return []int{n.net.Field(n.features).Stride} }

// Sees returns the side of the square of pixels that a position depends on.
func (n *Network) Sees() int { return n.net.Field(n.features).Size }

// Channels returns how many channels the last feature map has.
func (n *Network) Channels() int { return n.net.Channels(n.features) }

// NativeGrid returns where the positions of the last feature map lie in an image of h x
// w pixels, or CheckSize's error. A position is centred where the square of pixels that
// it depends on is, by the strides and paddings of all layers: in a ResNet on pixels 0,
// 32, 64, ..., as all padding is symmetric, in a DenseNet on 14, 46, ..., as its poolings
// of 2x2 pixels are not padded. So the map need not lie in the middle of the image,
// as if it had been stretched to its size.
func (n *Network) NativeGrid(h, w int) (grid.Grid, error) {
	if err := n.CheckSize(h, w); err != nil {
		return grid.Grid{}, err
	}
	rows, cols, err := n.net.Size(h, w, n.features)
	f := n.net.Field(n.features)
	return grid.Grid{Rows: rows, Cols: cols, Origin: f.Origin, Stride: f.Stride, Patch: f.Stride, Sees: f.Size,
		Step: 1, NativeRows: rows, NativeCols: cols}, err
}

// MapBytes returns about how much memory Maps needs, values not counted.
func (n *Network) MapBytes(h, w, _ int) (int, error) { return n.Bytes(h, w) }

// Maps computes the logits of classes, or the features, at the positions of the last
// feature map of a network that IsMean.
func (n *Network) Maps(ctx context.Context, img inference.Pixels, o inference.MapOptions) (out inference.Maps, err error) {
	if strides := n.Strides(); o.Stride != strides[0] {
		return out, fmt.Errorf("a map with a stride of %d pixels: this network has %v", o.Stride, strides)
	}
	err = n.do(ctx, func(n pass) error {
		out, err = n.maps(ctx, img, o)
		return err
	})
	return out, err
}

func (n pass) maps(ctx context.Context, img inference.Pixels, o inference.MapOptions) (out inference.Maps, err error) {
	h, w := img.Size()
	if out.Grid, err = n.NativeGrid(h, w); err != nil {
		return out, err
	}
	features := newMap(out.Rows, out.Cols, n.Channels())
	out.Logits = make([]float32, n.architecture.Classes)
	g := n.runner.Graph("maps", func() (*engine.Network, []engine.Node) { return n.net, []engine.Node{n.features, n.logits} })
	err = n.run(ctx, g, img, func(*engine.Plan) [][]float32 { return [][]float32{features.Float32s(), out.Logits} })
	if err != nil {
		return out, err
	}
	if o.Features {
		out.Values = features
		return out, nil
	}
	out.Choose(&o)
	rows := n.runner.Graph(fmt.Sprint("rows", out.Classes), func() (*engine.Network, []engine.Node) {
		net, x := engine.NewNetwork(n.runner.Kernel(), n.Channels())
		net.Group("classifier")
		return net, []engine.Node{net.Conv(n.head.linear.Select(out.Classes), x)}
	})
	plan, err := rows.Plan(out.Rows, out.Cols)
	if err != nil {
		return out, err
	}
	out.Values = newMap(out.Rows, out.Cols, len(out.Classes))
	return out, n.runner.Execute(ctx, plan, features.Float32s(), out.Values.Float32s())
}

func newMap(rows, cols, channels int) *tensor.Dense {
	return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, cols, channels))
}
