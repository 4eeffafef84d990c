package training

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"bagnet/internal/engine"
	"bagnet/internal/hint"
	"bagnet/internal/inference"
	"bagnet/internal/words"
)

// Rounds of k-means: at most so many, and no more once one makes the distances smaller by
// less than this share.
const (
	mostRounds = 40
	settled    = 1e-3
)

// A clustering is one run of Lloyd's k-means.
type clustering struct {
	points []float32 // [n, length]
	length int
	kernel *engine.Kernel
	runner *inference.Runner
}

// run returns k words, [k, length], of the points, and what lloyd does of the sums of squared
// distances. The first words are different points, chosen by chance. The same seed gives the
// same words, on any number of threads.
func (c *clustering) run(ctx context.Context, group string, k int, rng *rand.Rand) (centres []float32, inertia []float64, err error) {
	if centres, err = c.start(k, rng); err != nil {
		return nil, nil, fmt.Errorf("finding %d words of %s: %w", k, group, err)
	}
	inertia, err = c.lloyd(ctx, group, centres, mostRounds)
	return centres, inertia, err
}

// lloyd improves centres in so many rounds at most. It returns the sum of squared distances
// from each point to its word at the start of each round, which never grows.
func (c *clustering) lloyd(ctx context.Context, group string, centres []float32, rounds int) (inertia []float64, err error) {
	n := len(c.points) / c.length
	nearest, nearness := make([]int32, n), make([]float32, n)
	for round := range rounds {
		v := words.NewVocabulary(c.kernel, group, centres, c.length)
		if err := v.Nearest(ctx, c.runner, c.points, nearest, nearness); err != nil {
			return nil, err
		}
		distances := c.distances(nearness)
		total := 0.0
		for _, d := range distances {
			total += d
		}
		inertia = append(inertia, total)
		if round > 0 && inertia[round-1]-total < settled*total {
			break
		}
		c.move(centres, nearest, distances)
	}
	return inertia, nil
}

// start chooses k different points.
func (c *clustering) start(k int, rng *rand.Rand) ([]float32, error) {
	n := len(c.points) / c.length
	seen := map[string]bool{}
	var centres []float32
	for _, i := range rng.Perm(n) {
		point := c.points[i*c.length:][:c.length]
		if key := fmt.Sprint(point); !seen[key] {
			seen[key] = true
			centres = append(centres, point...)
		}
		if len(seen) == k {
			return centres, nil
		}
	}
	return nil, hint.Add(fmt.Errorf("the photographs have %d different patches among %d", len(seen), n), "give more photographs, or ask for fewer words")
}

// distances are the squares of those from each point to its word.
func (c *clustering) distances(nearness []float32) []float64 {
	distances := make([]float64, len(nearness))
	for i := range distances {
		norm := 0.0
		for _, v := range c.points[i*c.length:][:c.length] {
			norm += float64(v) * float64(v)
		}
		distances[i] = max(0, norm-2*float64(nearness[i]))
	}
	return distances
}

// move puts each word into the middle of its points. One that has none takes the point
// that is furthest from its own word.
func (c *clustering) move(centres []float32, nearest []int32, distances []float64) {
	k := len(centres) / c.length
	sums, counts := make([]float64, len(centres)), make([]int, k)
	for i, word := range nearest {
		counts[word]++
		own := sums[int(word)*c.length:][:c.length]
		for j, v := range c.points[i*c.length:][:c.length] {
			own[j] += float64(v)
		}
	}
	for word, count := range counts {
		own := centres[word*c.length:][:c.length]
		if count == 0 {
			furthest := slices.Index(distances, slices.Max(distances))
			copy(own, c.points[furthest*c.length:])
			distances[furthest] = 0
			continue
		}
		for j := range own {
			own[j] = float32(sums[word*c.length+j] / float64(count))
		}
	}
}
