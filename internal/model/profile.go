package model

import (
	"context"
	"time"

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
	h, w := pixels.Size()
	plan, err := m.whole(nil).plan(h, w, m.threads)
	if err != nil {
		return nil, err
	}
	groups, err := plan.Profile(ctx, &m.workspace, img.Float32s(), make([]float32, m.config.Classes))
	var layers []LayerProfile
	for _, g := range groups {
		layers = append(layers, LayerProfile(g))
	}
	return layers, err
}

// Peak measures, for about d, how many floating-point operations a second this
// machine does with the kernel's instructions and the model's threads when
// nothing has to be fetched from memory: what no pass can exceed.
func (m *Model) Peak(d time.Duration) float64 { return m.kernel.Peak(m.threads, d) }
