package texture

import (
	"context"
	"sync"

	"bagnet/internal/engine"
)

// chunks are what positions are divided in, to be added up beside each other. It does not
// depend on the number of threads, and so the sums do not.
const chunks = 8

// measure makes the Gram matrix of activations f.
func (l *layer) measure(k *engine.Kernel, f []float32, threads int) {
	each := (l.positions + chunks - 1) / chunks
	work := func(i int) {
		clear(l.chunks[i])
		from, to := min(i*each, l.positions), min((i+1)*each, l.positions)
		k.Gram(f[from*l.channels:to*l.channels], l.channels, l.chunks[i], &l.rooms[i])
	}
	var wait sync.WaitGroup
	for t := 1; t < min(threads, chunks); t++ {
		wait.Go(func() {
			for i := t; i < chunks; i += threads {
				work(i)
			}
		})
	}
	for i := 0; i < chunks; i += threads {
		work(i)
	}
	wait.Wait()
	clear(l.gram)
	for _, chunk := range l.chunks {
		for i, v := range chunk {
			l.gram[i] += v
		}
	}
	for i := range l.gram {
		l.gram[i] /= float64(l.positions)
	}
}

// loss returns w/4 sum (G - G*)^2 / N^2 for N channels.
func (l *layer) loss() float64 {
	sum := 0.0
	for i, g := range l.gram {
		d := g - l.target[i]
		sum += d * d
	}
	return l.weight / 4 * sum / float64(l.channels*l.channels)
}

// gradient makes that of loss at the activations f: w F (G - G*) / (M N^2) for M positions.
func (l *layer) gradient(ctx context.Context, to, f []float32) error {
	scale := l.weight / (float64(l.positions) * float64(l.channels*l.channels))
	matrix := make([]float32, len(l.gram))
	for i, g := range l.gram {
		matrix[i] = float32(scale * (g - l.target[i]))
	}
	l.mix.Repack(matrix)
	return l.mixed.Run(ctx, &l.ws, f, to)
}

// aim makes the latest picture's statistics those that are aimed at. The layer counts as
// much as any other: for the mean square of its G - G* in units of that of G*, over share
// layers. It may be one that finds nothing.
func (l *layer) aim(share float64) {
	copy(l.target, l.gram)
	sum := 0.0
	for _, g := range l.target {
		sum += g * g
	}
	l.weight = 0
	if sum > 0 {
		l.weight = share * 4 * float64(l.channels*l.channels) / sum
	}
}
