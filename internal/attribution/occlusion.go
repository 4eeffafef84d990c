package attribution

import (
	"context"
	"fmt"
	"slices"
)

// occlusion is by how much the logit falls when one cell after the other shows the baseline:
// the definition of `bagnet experiment sensitivity`, after M. Zeiler, R. Fergus, Visualizing
// and Understanding Convolutional Networks (ECCV 2014).
func (s *Settings) occlusion(ctx context.Context, t task) (*Map, error) {
	if s.Cell < 1 {
		return nil, fmt.Errorf("cells of %d pixels", s.Cell)
	}
	base, against, err := s.against(ctx, t)
	if err != nil {
		return nil, err
	}
	b := base.Tensor().Float32s()
	m := &Map{Rows: (t.h + s.Cell - 1) / s.Cell, Cols: (t.w + s.Cell - 1) / s.Cell, Cell: s.Cell, Against: against}
	m.Values = make([]float32, m.Rows*m.Cols)
	for i := range m.Values {
		masked := slices.Clone(t.x)
		left, right := i%m.Cols*s.Cell, min(t.w, (i%m.Cols+1)*s.Cell)
		for y := i / m.Cols * s.Cell; y < min(t.h, (i/m.Cols+1)*s.Cell); y++ {
			from, to := 3*(y*t.w+left), 3*(y*t.w+right)
			copy(masked[from:to], b[from:to])
		}
		img, err := t.image(masked)
		if err != nil {
			return nil, err
		}
		logit, err := t.classify(ctx, img)
		if err != nil {
			return nil, err
		}
		m.Values[i] = float32(t.logit - logit)
		t.step(i+1, len(m.Values))
	}
	return m, nil
}
