// Package interactions measures whether the parts of an image count by themselves or
// together.
package interactions

import (
	"context"
	"math/rand/v2"

	"bagnet/internal/answer"
	"bagnet/internal/experiment"
)

// Settings are the regions that are masked. Ids of runs are made of them: other names or
// another order of the fields would part runs from their records.
type Settings struct {
	Sizes []int // their sides, pixels
	Gaps  []int // distances between them, pixels
}

// Experiment is what the package measures.
type Experiment struct{ Settings }

// Record is what it finds in one image.
type Record struct {
	Height  int       `json:"height"` // of the image, pixels
	Width   int       `json:"width"`
	Logit   float32   `json:"logit"` // of the class
	Range   float32   `json:"range"` // of the logits: the largest by magnitude
	Regions []Regions `json:"regions"`
}

// Regions is what it finds for one size and gap.
type Regions struct {
	Size  int     `json:"size"` // pixels
	Gap   int     `json:"gap"`
	Y     int     `json:"y"` // top left pixel of the first one
	X     int     `json:"x"`
	Joint float64 `json:"joint"` // see experiment.Interaction
	Sum   float64 `json:"sum"`
	// SharedPatch is whether a patch touches two of them; null where there are no
	// patches.
	SharedPatch *bool `json:"shared_patch"`
}

// Name is the experiment's.
func (x Experiment) Name() string { return "interactions" }

// Basis is what results depend on.
func (x Experiment) Basis() any { return x.Settings }

// Measure masks regions of one image, together and one by one.
func (x Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	r := Record{Height: it.H, Width: it.W, Regions: []Regions{}}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return r, err
	}
	logits := a.Outputs
	r.Logit = answer.Logit(logits, it.Class)
	if len(logits) == 1 {
		r.Range = 1 // see experiment.Deviation
	}
	for _, v := range logits {
		r.Range = max(r.Range, v, -v)
	}
	chance := it.RNG.Uint64()
	for _, size := range x.Sizes {
		for _, gap := range x.Gaps {
			rng := rand.New(rand.NewPCG(chance, uint64(size)<<32|uint64(gap))) // whatever others there are
			squares, fit := experiment.FourSquares(it.H, it.W, size, gap, rng)
			if !fit {
				continue
			}
			n, err := experiment.Interactions(ctx, net, it.Image, r.Logit, it.Class, squares[:])
			if err != nil {
				return r, err
			}
			record := Regions{Size: size, Gap: gap, Y: squares[0].Y, X: squares[0].X, Joint: n.Joint, Sum: n.Sum}
			if net.Patch > 0 {
				grid, err := net.NativeGrid(it.W, it.H)
				if err != nil {
					return r, err
				}
				shared := experiment.Touch(grid, squares[:])
				record.SharedPatch = &shared
			}
			r.Regions = append(r.Regions, record)
		}
	}
	return r, nil
}
