package convnet

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

// Features returns the last feature map of a normalised image, [rows, cols,
// channels] float32: what Head makes the logits of. In VGG and AlexNet it is the
// map before it is brought to a fixed size, in DenseNet the one after the last
// BatchNorm and ReLU.
func (n *Network) Features(ctx context.Context, img inference.Pixels) (features *tensor.Dense, err error) {
	err = n.do(ctx, func(n pass) error {
		features, err = n.lastMap(ctx, img)
		return err
	})
	return features, err
}

func (n pass) lastMap(ctx context.Context, img inference.Pixels) (*tensor.Dense, error) {
	var values []float32
	var rows, cols, channels int
	g := n.runner.Graph("features", func() (*engine.Network, []engine.Node) { return n.net, []engine.Node{n.features} })
	err := n.run(ctx, g, img, func(p *engine.Plan) [][]float32 {
		rows, cols, channels = p.Size(0)
		values = make([]float32, rows*cols*channels)
		return [][]float32{values}
	})
	if err != nil {
		return nil, err
	}
	return tensor.New(tensor.WithShape(rows, cols, channels), tensor.WithBacking(values)), nil
}

// Head returns the [classes] float32 logits that the rest of the network makes
// of a feature map like those of Features, of any number of rows and columns.
func (n *Network) Head(ctx context.Context, features *tensor.Dense) (logits []float32, err error) {
	channels := n.net.Channels(n.features)
	s := features.Shape()
	if len(s) != 3 || s[2] != channels || features.Dtype() != tensor.Float32 {
		return nil, fmt.Errorf("running the classifier: feature map is %v of %v, expected [rows, cols, %d] of float32", []int(s), features.Dtype(), channels)
	}
	err = n.do(ctx, func(n pass) error {
		logits, err = n.classifyMap(ctx, features.Float32s(), s[0], s[1])
		return err
	})
	return logits, err
}

func (n pass) classifyMap(ctx context.Context, features []float32, rows, cols int) ([]float32, error) {
	g := n.runner.Graph("head", func() (*engine.Network, []engine.Node) {
		net, x := engine.NewNetwork(n.runner.Kernel(), n.net.Channels(n.features))
		net.Group("classifier")
		return net, []engine.Node{n.head.apply(net, x)}
	})
	plan, err := g.Plan(rows, cols)
	if err != nil {
		return nil, err
	}
	logits := make([]float32, n.architecture.Classes)
	return logits, n.runner.Execute(ctx, plan, features, logits)
}
