package model

import (
	"context"
	"slices"
	"time"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// A LayerProfile is what a group of layers costs in one forward pass.
type LayerProfile struct {
	Name            string        // "stem", "layer1", ... "classifier"
	Multiplications int64         // multiply-adds that are computed, not those of the published network
	Time            time.Duration // of all threads together
}

// Profile does what Logits does, on an image [H, W, 3], and measures the groups
// of layers.
func (m *Model) Profile(ctx context.Context, img *tensor.Dense) ([]LayerProfile, error) {
	pixels, err := tensorPixels(img)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.profile = &[]LayerProfile{}
	defer func() { m.profile = nil }()
	_, _, err = m.native(ctx, pixels, readout{}, nil)
	return *m.profile, err
}

// execute runs a plan, and measures it if a profile is being made.
func (m *Model) execute(ctx context.Context, p *engine.Plan, in []float32, outs ...[]float32) error {
	if m.profile == nil {
		return p.Run(ctx, &m.workspace, in, outs...)
	}
	groups, err := p.Profile(ctx, &m.workspace, in, outs...)
	for _, g := range groups {
		i := slices.IndexFunc(*m.profile, func(l LayerProfile) bool { return l.Name == g.Name })
		if i < 0 {
			*m.profile = append(*m.profile, LayerProfile(g))
			continue
		}
		(*m.profile)[i].Multiplications += g.Multiplications
		(*m.profile)[i].Time += g.Time
	}
	return err
}

// Peak measures, for about d, how many floating-point operations a second this
// machine does with the kernel's instructions and the model's threads when
// nothing has to be fetched from memory: what no pass can exceed.
func (m *Model) Peak(d time.Duration) float64 { return m.kernel.Peak(m.threads, d) }
