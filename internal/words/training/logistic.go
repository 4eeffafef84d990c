package training

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/optimize"
)

// A row is which words one photograph has: the share of its patches of each, without those
// of which there are none, and its class.
type row struct {
	words  []int32
	shares []float32
	class  int
}

// A logistic is the objective of multinomial logistic regression: the mean over rows of
// the cross-entropy, and penalty/2 times the sum of squared weights, biases not counted.
// Parameters are [words + 1, classes], the last row biases; word k counts scale[k] times.
type logistic struct {
	rows    []row
	scale   []float64 // [words]
	classes int
	penalty float64
	threads int

	at    []float64 // where value and slope are known
	value float64
	slope []float64
}

// size returns how many parameters there are.
func (l *logistic) size() int { return (len(l.scale) + 1) * l.classes }

// chunk is how many rows are added up together, whatever the number of threads: sums are
// then formed in the same order.
const chunk = 256

// compute finds value and slope at x, unless it knows them.
func (l *logistic) compute(x []float64) {
	if l.at != nil && slices.Equal(l.at, x) {
		return
	}
	chunks := slices.Collect(slices.Chunk(l.rows, chunk))
	slopes, values := make([][]float64, len(chunks)), make([]float64, len(chunks))
	next := make(chan int)
	var wait sync.WaitGroup
	for range max(1, l.threads) {
		wait.Go(func() {
			for i := range next {
				slopes[i] = make([]float64, len(x))
				values[i] = l.add(chunks[i], x, slopes[i])
			}
		})
	}
	l.at, l.value, l.slope = slices.Clone(x), 0, make([]float64, len(x))
	for i := range chunks {
		next <- i
	}
	close(next)
	wait.Wait()
	n := float64(len(l.rows))
	for i := range chunks {
		l.value += values[i] / n
		for j, v := range slopes[i] {
			l.slope[j] += v / n
		}
	}
	for j, v := range x[:len(l.scale)*l.classes] {
		l.value += l.penalty / 2 * v * v
		l.slope[j] += l.penalty * v
	}
}

// add returns the sum of the cross-entropies of rows at x, and adds its gradient to slope.
func (l *logistic) add(rows []row, x, slope []float64) (value float64) {
	p := make([]float64, l.classes)
	for _, r := range rows {
		l.logits(r, x, p)
		most := slices.Max(p)
		sum := 0.0
		for _, v := range p {
			sum += math.Exp(v - most)
		}
		value += most + math.Log(sum) - p[r.class]
		for c, v := range p {
			p[c] = math.Exp(v-most) / sum
		}
		p[r.class]--
		for i, k := range r.words {
			by := float64(r.shares[i]) * l.scale[k]
			own := slope[int(k)*l.classes:][:l.classes]
			for c, v := range p {
				own[c] += by * v
			}
		}
		for c, v := range p {
			slope[len(l.scale)*l.classes+c] += v
		}
	}
	return value
}

// logits fills in those of a row at x.
func (l *logistic) logits(r row, x, logits []float64) {
	copy(logits, x[len(l.scale)*l.classes:])
	for i, k := range r.words {
		by := float64(r.shares[i]) * l.scale[k]
		for c, v := range x[int(k)*l.classes:][:l.classes] {
			logits[c] += by * v
		}
	}
}

// right returns how many rows are taken for their class at x.
func (l *logistic) right(rows []row, x []float64) int {
	n, logits := 0, make([]float64, l.classes)
	for _, r := range rows {
		l.logits(r, x, logits)
		if slices.Index(logits, slices.Max(logits)) == r.class {
			n++
		}
	}
	return n
}

// mostIterations bounds the search for the best parameters. The objective is convex: they
// are found from anywhere.
const mostIterations = 300

// minimise returns the best parameters.
func (l *logistic) minimise(ctx context.Context) ([]float64, error) {
	problem := optimize.Problem{
		Func:   func(x []float64) float64 { l.compute(x); return l.value },
		Grad:   func(grad, x []float64) { l.compute(x); copy(grad, l.slope) },
		Status: func() (optimize.Status, error) { return optimize.NotTerminated, ctx.Err() },
	}
	settings := &optimize.Settings{MajorIterations: mostIterations, GradientThreshold: 1e-6,
		Converger: &optimize.FunctionConverge{Relative: 1e-7, Iterations: 10}}
	result, err := optimize.Minimize(problem, make([]float64, l.size()), settings, &optimize.LBFGS{})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("training the classifier: %w", err)
	}
	return result.X, nil
}
