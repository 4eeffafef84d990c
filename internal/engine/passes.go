package engine

import (
	"context"
	"fmt"
	"slices"
)

// Passes compute gradients in two passes where what comes backwards depends on what came
// forwards, as in a loss on activations: what the way back reads is kept between them, and
// not computed again. They are a plan for one size of input, with memory of their own:
// one goroutine at a time can use them.
type Passes struct {
	forward, back *Plan
	outputs       int           // wanted of the forward pass; the others are only kept
	values        [][]float32   // of the forward pass
	ins           [][]float32   // of the backward one: the input, gradients, what is kept
	at            []int         // of each of ins that is kept: which of values
	given         int           // gradients
	ws            [2]*Workspace // that one plan takes from the other, it would have to prepare again
}

// PlanPasses prepares them for inputs of h x w pixels on threads CPUs. d has no Rescale.
func (n *Network) PlanPasses(h, w, threads int, d Derivative) (*Passes, error) {
	if d.Rescale {
		panic("engine: two passes of DeepLIFT")
	}
	both, grads, err := n.derive(h, w, Derivative{Of: d.Of, Also: d.Also, At: d.At})
	if err != nil {
		return nil, err
	}
	p := &Passes{outputs: len(d.Outputs), given: 1 + len(d.Also), ws: [2]*Workspace{{}, {}}}
	wanted := slices.Clone(d.Outputs)
	back, kept := both.second(n)
	for _, c := range kept {
		at := slices.Index(wanted, c)
		if at < 0 {
			at = len(wanted)
			wanted = append(wanted, c)
		}
		p.at = append(p.at, at)
	}
	if p.forward, err = n.copy().Plan(h, w, threads, wanted...); err != nil { // as direct as what they are derived from
		return nil, err
	}
	for i := range wanted {
		h, w, c := p.forward.Size(i)
		p.values = append(p.values, make([]float32, h*w*c))
	}
	for i, at := range p.at { // the planner of the way back has not seen what they are computed from
		h, w, _ := p.forward.Size(at)
		back.inputs[1+p.given+i].extent = extent{h, w}
	}
	p.ins = make([][]float32, len(back.inputs))
	p.back, err = back.Plan(h, w, threads, grads...)
	return p, err
}

// second returns the operations that were added to those of n, and what they read of n's
// results, as inputs of theirs.
func (n *Network) second(first *Network) (*Network, []Node) {
	back := n.copy()
	back.ops = back.ops[len(first.ops):]
	var kept []Node
	for i := range back.ops {
		for _, c := range back.ops[i].reads() {
			if c > 0 && int(c) < len(first.nodes) && !slices.Contains(kept, c) {
				kept = append(kept, c)
			}
		}
	}
	for i := range first.nodes {
		back.nodes[i].parts = nil // they are not joined here, but given
	}
	for _, c := range kept {
		back.inputs = append(back.inputs, input{node: c})
	}
	return back, kept
}

// Size returns height, width and channels of value i.
func (p *Passes) Size(i int) (h, w, channels int) { return p.forward.Size(i) }

// Bytes returns about how much memory they keep or need, weights and input not.
func (p *Passes) Bytes() int { return p.forward.Bytes() + p.back.Bytes() }

// Forward computes the Outputs from in; they are overwritten by the next one.
func (p *Passes) Forward(ctx context.Context, in []float32) ([][]float32, error) {
	p.ins[0] = in
	return p.values[:p.outputs], p.forward.Run(ctx, p.ws[0], in, p.values...)
}

// Values returns what the latest Forward has computed.
func (p *Passes) Values() [][]float32 { return p.values[:p.outputs] }

// Backward takes the gradients, at Of and Also, at the input of the latest Forward, which must
// not have changed, to grads, those At.
func (p *Passes) Backward(ctx context.Context, given [][]float32, grads ...[]float32) error {
	if len(given) != p.given {
		panic(fmt.Sprintf("engine: %d gradients, want %d", len(given), p.given))
	}
	copy(p.ins[1:], given)
	for i, at := range p.at {
		p.ins[1+p.given+i] = p.values[at]
	}
	return p.back.RunInputs(ctx, p.ws[1], p.ins, grads...)
}
