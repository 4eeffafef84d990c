package weights

import (
	"cmp"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"bagnet/internal/engine"
)

// A Layer is a convolution or a linear layer and the tensors it is packed from.
type Layer struct {
	Conv   *engine.Conv
	Weight string
	Bias   string // "" if it has none
	Norm   string // the BatchNorm behind it, "" if there is none
	// Merge returns the weights to pack, each output channel multiplied by its
	// scale, where they are made of more than the tensor Weight; else it is nil.
	Merge func(scale []float64) []float32
}

// Pack packs layers, whose tensors must have been checked, on the given number
// of threads. It returns what a user should know about the weights, a line each.
func (s *Set) Pack(layers []Layer, threads int) (warnings []string, _ error) {
	// The largest first, so that no worker is left with one of them in the end.
	order := slices.Clone(layers)
	slices.SortStableFunc(order, func(a, b Layer) int { return cmp.Compare(macs(b), macs(a)) })
	found, errs := make([]string, len(order)), make([]error, len(order))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(threads, len(order)) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(order) {
					return
				}
				errs[i] = Guard(order[i].Weight, func() (err error) {
					found[i], err = s.pack(order[i])
					return err
				})
			}
		})
	}
	wait.Wait()
	for i := range order {
		if errs[i] != nil {
			return nil, errs[i]
		}
		if found[i] != "" {
			warnings = append(warnings, found[i])
		}
	}
	return warnings, nil
}

// macs returns the multiply-adds of a pixel, the number of weights.
func macs(l Layer) int { return l.Conv.In * l.Conv.Out * l.Conv.Size * l.Conv.Size }

// Guard does something with tensors, with an error where reading them faults:
// they may lie in a mapped file that was cut short meanwhile.
func Guard(name string, do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // see debug.SetPanicOnFault
			err = fmt.Errorf("reading %s: memory fault: was the file cut short meanwhile?", name)
		default:
			panic(p)
		}
	}()
	return do()
}

// pack folds a layer's BatchNorm in and packs it.
func (s *Set) pack(l Layer) (warning string, _ error) {
	weights := s.Floats(l.Weight)
	var bias []float32
	if l.Bias != "" {
		bias = s.Floats(l.Bias)
	}
	if l.Norm == "" {
		l.Conv.Pack(weights, nil, bias)
		return "", nil
	}
	f, err := fold(l.Weight, weights, bias, s.batchNorm(l.Norm))
	if err != nil {
		return "", err
	}
	original := s.names[l.Weight]
	if stored := s.dtype(original); f.largest < 1e-4 && (stored == "F16" || stored == "BF16") {
		warning = fmt.Sprintf("%s: its largest weight is %.1g, too small for the %s it is stored in: keep such a checkpoint in float32", original, f.largest, stored)
	}
	if l.Merge != nil {
		weights, f.scale = l.Merge(f.scale), nil
	}
	l.Conv.Pack(weights, f.scale, f.bias)
	return warning, nil
}

func (s *Set) batchNorm(name string) batchNorm {
	return batchNorm{gamma: s.Floats(name + ".weight"), beta: s.Floats(name + ".bias"),
		mean: s.Floats(name + ".running_mean"), variance: s.Floats(name + ".running_var")}
}

// ScaleShift fills scale and shift, a value a channel each, such that a
// BatchNorm that cannot be folded into a convolution before it is scale*x + shift.
func (s *Set) ScaleShift(name string, scale, shift []float32) error {
	return Guard(name, func() error {
		norm := s.batchNorm(name)
		for c := range scale {
			by, add, err := norm.scaleShift(c, 0)
			if err != nil {
				return fmt.Errorf("reading %s: %w", name, err)
			}
			scale[c], shift[c] = float32(by), float32(add)
			if math.IsInf(float64(scale[c]), 0) || math.IsInf(float64(shift[c]), 0) {
				return fmt.Errorf("reading %s: channel %d exceeds float32", name, c)
			}
		}
		return nil
	})
}
