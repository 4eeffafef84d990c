package words

import (
	"context"
	"fmt"
	"sync/atomic"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

// A Vocabulary is a set of words: descriptors that stand for those near them.
type Vocabulary struct {
	Len    int // words
	Length int // of a descriptor

	group string
	name  string       // of its graph, which no other one has
	conv  *engine.Conv // to <x, word> - |word|^2/2, which is largest for the nearest word
}

// made is how many vocabularies there have been.
var made atomic.Int64

// NewVocabulary returns the vocabulary of these words, [words, length], which it copies.
// group is what profiles call it.
func NewVocabulary(kernel *engine.Kernel, group string, words []float32, length int) *Vocabulary {
	v := &Vocabulary{Len: len(words) / length, Length: length, group: group}
	v.name = fmt.Sprint("words ", made.Add(1))
	bias := make([]float32, v.Len)
	for i := range bias {
		norm := 0.0
		for _, x := range words[i*length:][:length] {
			norm += float64(x) * float64(x)
		}
		bias[i] = float32(-norm / 2)
	}
	shape := engine.Shape{In: length, Out: v.Len, Size: 1, Stride: 1, Dilation: 1}
	v.conv = engine.NewConv(kernel, shape, false).Pack(words, nil, bias)
	return v
}

// batch is how many descriptors are looked up at once.
const batch = 1024

// Nearest finds the word nearest to each of the descriptors, [n, Length], the first of
// several, and -1 for one that is not finite. nearness, if it is not nil, gets <x, word> - |word|^2/2: half of |x|^2 minus
// the square of the distance.
func (v *Vocabulary) Nearest(ctx context.Context, r *inference.Runner, descriptors []float32, words []int32, nearness []float32) error {
	g := r.Graph(v.name, func() (*engine.Network, []engine.Node) {
		net, x := engine.NewNetwork(r.Kernel(), v.Length)
		net.Group(v.group)
		return net, []engine.Node{net.Conv(v.conv, x)}
	})
	scores := make([]float32, min(batch, len(words))*v.Len)
	for from := 0; from < len(words); from += batch {
		n := min(batch, len(words)-from)
		plan, err := g.Plan(1, n)
		if err != nil {
			return err
		}
		if err := r.Execute(ctx, plan, descriptors[from*v.Length:][:n*v.Length], scores[:n*v.Len]); err != nil {
			return err
		}
		for i := range n {
			best, most := largest(scores[i*v.Len:][:v.Len])
			if words[from+i] = int32(best); most-most != 0 {
				words[from+i] = -1
			}
			if nearness != nil {
				nearness[from+i] = most
			}
		}
	}
	return nil
}

// largest returns the first of the largest values, and where it is.
func largest(values []float32) (at int, most float32) {
	most = values[0]
	for i, v := range values {
		if v > most {
			at, most = i, v
		}
	}
	return at, most
}
