package model

import (
	"context"
	"fmt"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// A network is a BagNet's operations and what can be asked of it.
type network struct {
	operations *engine.Network
	logits     engine.Node // [1, 1, classes]
	patches    engine.Node // [rows, cols, classes]
}

// assemble connects convolutions. Each has its BatchNorm folded in and its ReLU
// behind it; conv3 adds the residual before that.
//
// Departures from ResNet-50: no max-pooling after the stem; conv2 is 3x3 only
// in the first block of a stage, if at all; v1 pads nowhere, so a block's output
// is smaller than its input and the residual is cropped at the bottom and right.
func assemble(c Config, convs map[string]*engine.Conv) network {
	net, x := engine.NewNetwork(3)
	net.Group("stem")
	x = net.Conv(convs["stem"], x) // v1's conv1 and conv2 merged, or v2's conv1
	for stage, depth := range c.Depths {
		net.Group(fmt.Sprintf("layer%d", stage+1))
		for n := range depth {
			block := blockName(stage, n)
			t := net.Conv(convs[block+"conv1"], x)
			t = net.Conv(convs[block+"conv2"], t)
			residual := x
			if n == 0 {
				residual = net.Conv(convs[block+"downsample.0"], x)
			}
			x = net.ConvAdd(convs[block+"conv3"], t, residual)
		}
	}
	net.Group("classifier")
	return network{net, net.Conv(convs["fc"], net.Mean(x)), net.Conv(convs["fc"], x)}
}

// Logits returns the [classes] float32 logits (before softmax) of an image,
// [H, W, 3] float32 and normalised: the classifier applied to the mean of all
// patches' features.
func (m *Model) Logits(ctx context.Context, img *tensor.Dense) ([]float32, error) {
	out, err := m.run(ctx, m.logits, img)
	if err != nil {
		return nil, err
	}
	return out.Float32s(), nil
}

// PatchLogits returns the [rows, cols, classes] float32 logits of every patch
// on the native grid of an image, [H, W, 3] float32 and normalised. In a v1
// network cell (i, j) sees exactly the pixels from (8i, 8j) to
// (8i+q-1, 8j+q-1); in a v2 network it is centred on pixel (8i, 8j). Their mean
// over the grid equals Logits up to rounding.
func (m *Model) PatchLogits(ctx context.Context, img *tensor.Dense) (*tensor.Dense, error) {
	return m.run(ctx, m.patches, img)
}

// run computes a node of the network for an image.
func (m *Model) run(ctx context.Context, node engine.Node, img *tensor.Dense) (*tensor.Dense, error) {
	var out *tensor.Dense
	err := m.prepared(node, img, func(p *engine.Plan) error {
		rows, cols, channels := p.Size(0)
		out = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, cols, channels))
		return p.Run(ctx, &m.workspace, img.Float32s(), out.Float32s())
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// prepared calls do with the plan for a node and an image, one call at a time.
func (m *Model) prepared(node engine.Node, img *tensor.Dense, do func(*engine.Plan) error) error {
	s := img.Shape()
	if len(s) != 3 || s[2] != 3 || img.Dtype() != tensor.Float32 {
		return fmt.Errorf("running the network: image tensor is %v of %v, expected [H, W, 3] of float32", dims(img), img.Dtype())
	}
	if err := m.CheckSize(s[0], s[1]); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	plan, err := m.plan(planKey{node, s[0], s[1]})
	if err != nil {
		return err
	}
	return do(plan)
}

// A planKey says what a plan is for.
type planKey struct {
	node engine.Node
	h, w int
}

// plan returns the plan for k, made on first use. The few latest are kept.
func (m *Model) plan(k planKey) (*engine.Plan, error) {
	if p := m.plans[k]; p != nil {
		return p, nil
	}
	p, err := m.operations.Plan(k.h, k.w, m.threads, k.node)
	if err != nil {
		return nil, fmt.Errorf("running the network: %w", err)
	}
	if len(m.plans) >= 8 {
		clear(m.plans)
	}
	m.plans[k] = p
	return p, nil
}
