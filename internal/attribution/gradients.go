package attribution

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/tensor"

	"bagnet"
)

// saliency is that of K. Simonyan, A. Vedaldi, A. Zisserman, Deep Inside Convolutional
// Networks (2013).
func (s *Settings) saliency(ctx context.Context, t task) (*Map, error) {
	g, err := t.gradient(ctx, t.img, bagnet.GradientOptions{}, 1, 1)
	if err != nil {
		return nil, err
	}
	return t.pixels(strongest(widened(g.Values.Float32s()))), nil
}

// gradientXInput is the first-order Taylor expansion around the mean colour.
func (s *Settings) gradientXInput(ctx context.Context, t task) (*Map, error) {
	g, err := t.gradient(ctx, t.img, bagnet.GradientOptions{}, 1, 1)
	if err != nil {
		return nil, err
	}
	return t.pixels(products(widened(g.Values.Float32s()), t.x, nil)), nil
}

// smoothGrad is that of D. Smilkov, N. Thorat, B. Kim, F. Viégas, M. Wattenberg, SmoothGrad:
// removing noise by adding noise (2017), before the absolute value is taken.
func (s *Settings) smoothGrad(ctx context.Context, t task) (*Map, error) {
	return s.smooth(ctx, t, s.noise(t.x))
}

// smooth is smoothGrad of the noisy images that noisy makes, one after the other.
func (s *Settings) smooth(ctx context.Context, t task, noisy func(x []float32) []float32) (*Map, error) {
	total := make([]float64, len(t.x))
	for i := range s.Samples {
		img, err := t.image(noisy(t.x))
		if err != nil {
			return nil, err
		}
		if err := t.add(ctx, total, img, i+1, s.Samples); err != nil {
			return nil, err
		}
	}
	return t.pixels(strongest(scaled(total, s.Samples))), nil
}

// noise returns what makes one noisy copy of x after the other: always the same ones of the
// same values and seed.
func (s *Settings) noise(x []float32) func([]float32) []float32 {
	hash := fnv.New64a()
	var bytes [4]byte
	for _, v := range x {
		bits := math.Float32bits(v)
		bytes = [4]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}
		hash.Write(bytes[:])
	}
	rng := rand.New(rand.NewPCG(s.Seed, hash.Sum64()))
	spread := s.Noise * (float64(slices.Max(x)) - float64(slices.Min(x)))
	return func(x []float32) []float32 {
		noisy := make([]float32, len(x))
		for i, v := range x {
			noisy[i] = v + float32(spread*rng.NormFloat64())
		}
		return noisy
	}
}

// integratedGradients are those of M. Sundararajan, A. Taly, Q. Yan, Axiomatic Attribution for
// Deep Networks (ICML 2017), by the midpoint rule.
func (s *Settings) integratedGradients(ctx context.Context, t task) (*Map, error) {
	base, against, err := s.against(ctx, t)
	if err != nil {
		return nil, err
	}
	b := base.Tensor().Float32s()
	total := make([]float64, len(t.x))
	for i := range s.Steps {
		at := float32((float64(i) + 0.5) / float64(s.Steps))
		between := make([]float32, len(t.x))
		for k, v := range t.x {
			between[k] = b[k] + float32(at*(v-b[k]))
		}
		img, err := t.image(between)
		if err != nil {
			return nil, err
		}
		if err := t.add(ctx, total, img, i+1, s.Steps); err != nil {
			return nil, err
		}
	}
	m := t.pixels(products(scaled(total, s.Steps), t.x, b))
	m.Against = against
	return m, nil
}

// deepLIFT is the Rescale rule of A. Shrikumar, P. Greenside, A. Kundaje, Learning Important
// Features Through Propagating Activation Differences (ICML 2017).
func (s *Settings) deepLIFT(ctx context.Context, t task) (*Map, error) {
	base, against, err := s.against(ctx, t)
	if err != nil {
		return nil, err
	}
	g, err := t.gradient(ctx, t.img, bagnet.GradientOptions{Against: base}, 1, 1)
	if err != nil {
		return nil, err
	}
	m := t.pixels(products(widened(g.Values.Float32s()), t.x, base.Tensor().Float32s()))
	m.Against = against
	return m, nil
}

// against returns the baseline of an image and the class's logit for it.
func (s *Settings) against(ctx context.Context, t task) (*bagnet.Image, float64, error) {
	base, err := s.Baseline.of(t.img)
	if err != nil {
		return nil, 0, err
	}
	logit, err := t.classify(ctx, base)
	return base, logit, err
}

// image makes an image of the task's size of values, which it keeps.
func (t task) image(values []float32) (*bagnet.Image, error) {
	return bagnet.FromTensor(tensor.New(tensor.WithShape(t.h, t.w, 3), tensor.WithBacking(values)))
}

// add adds the gradient at img to total, [h, w, 3].
func (t task) add(ctx context.Context, total []float64, img *bagnet.Image, done, all int) error {
	g, err := t.gradient(ctx, img, bagnet.GradientOptions{}, done, all)
	if err != nil {
		return err
	}
	for i, v := range g.Values.Float32s() {
		total[i] += float64(v)
	}
	return nil
}

// widened are values in float64.
func widened(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}

// scaled divides a total by how many were added up, in place.
func scaled(total []float64, n int) []float64 {
	for i := range total {
		total[i] /= float64(n)
	}
	return total
}

// strongest returns the largest magnitude of each pixel's three gradients.
func strongest(g []float64) []float32 {
	values := make([]float32, len(g)/3)
	for i := range values {
		values[i] = float32(max(math.Abs(g[3*i]), math.Abs(g[3*i+1]), math.Abs(g[3*i+2])))
	}
	return values
}

// products returns the sum over each pixel's channels of g (x - b); b may be nil for zeros.
func products(g []float64, x, b []float32) []float32 {
	values := make([]float32, len(g)/3)
	for i := range values {
		sum := 0.0
		for k := 3 * i; k < 3*i+3; k++ {
			d := float64(x[k])
			if b != nil {
				d -= float64(b[k])
			}
			sum += float64(g[k] * d)
		}
		values[i] = float32(sum)
	}
	return values
}
