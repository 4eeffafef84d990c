package texture

import (
	"context"
	"sync"

	"bagnet/internal/engine"
)

// A layer is activations F, [positions, channels], of which the Gram matrix
// G = F^T F / positions counts.
type layer struct {
	name                string
	channels, positions int
	weight              float64     // w of the loss
	target              []float64   // G*, [channels][channels]
	gram                []float64   // G of the latest picture
	chunks              [][]float64 // of sums over positions, added up in their order whoever computed them
	rooms               [][]float32 // of the kernel, for each chunk
	mix                 *engine.Conv
	mixed               *engine.Plan // F times mix's matrix, [positions, channels]
	ws                  engine.Workspace
}

// chunks are what positions are divided in, to be added up beside each other. It does not
// depend on the number of threads, and so the sums do not.
const chunks = 8

// newLayer returns one of rows x cols positions.
func newLayer(k *engine.Kernel, name string, rows, cols, channels, threads int) (*layer, error) {
	l := &layer{name: name, channels: channels, positions: rows * cols, weight: 1, rooms: make([][]float32, chunks)}
	matrix := func() []float64 { return make([]float64, channels*channels) }
	l.target, l.gram = matrix(), matrix()
	for range chunks {
		l.chunks = append(l.chunks, matrix())
	}
	shape := engine.Shape{In: channels, Out: channels, Size: 1, Stride: 1, Dilation: 1}
	l.mix = engine.NewConv(k, shape, false).Pack(make([]float32, channels*channels), nil, nil)
	net, in := engine.NewNetwork(k, channels)
	var err error
	l.mixed, err = net.Plan(rows, cols, threads, net.Conv(l.mix, in))
	return l, err
}

// measure makes the Gram matrix of activations f.
func (l *layer) measure(k *engine.Kernel, f []float32, threads int) {
	each := (l.positions + chunks - 1) / chunks
	work := func(worker int) {
		for i := worker; i < chunks; i += threads {
			clear(l.chunks[i])
			from, to := min(i*each, l.positions), min((i+1)*each, l.positions)
			k.Gram(f[from*l.channels:to*l.channels], l.channels, l.chunks[i], &l.rooms[i])
		}
	}
	var wait sync.WaitGroup
	for worker := 1; worker < min(threads, chunks); worker++ {
		wait.Go(func() { work(worker) })
	}
	work(0)
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

// nothing is what rounding leaves of sum (G*)^2 where a layer finds nothing.
const nothing = 1e-12

// weigh lets the layer count share for a picture of which nothing is found: w/4 sum (G*)^2 /
// N^2 is share. One that finds nothing in its target counts as if that were 1 everywhere.
func (l *layer) weigh(share float64) {
	sum := 0.0
	for _, g := range l.target {
		sum += g * g
	}
	size := float64(l.channels * l.channels)
	if sum < nothing {
		sum = size
	}
	l.weight = share * 4 * size / sum
}
