package cli

import (
	"context"
	"slices"

	"github.com/spf13/pflag"

	"bagnet/internal/dataset"
)

// sampleFlags take some of the images.
type sampleFlags struct {
	limit int
	seed  uint64
}

func (f *sampleFlags) register(flags *pflag.FlagSet, where string) {
	flags.IntVar(&f.limit, "limit", 0, where+"take `N` of the images, chosen at random by --seed; 0 for all")
	flags.Uint64Var(&f.seed, "seed", 0, where+"let the choice of --limit begin at `N`: the same number gives the same images")
}

func (f *sampleFlags) check() error {
	switch {
	case f.limit < 0:
		return usageErrorf("--limit %d: want 1 or more, or 0 for all images", f.limit)
	case f.seed != 0 && f.limit == 0:
		return usageErrorf("--seed needs --limit: without one all images are taken")
	}
	return nil
}

// choose leaves those images that --limit asks for, and of these the shard's.
func (f *sampleFlags) choose(ctx context.Context, src *source, saved *savedFlags) (s dataset.Sampling, err error) {
	if f.limit == 0 {
		return s, nil
	}
	all, err := src.inputs.List(ctx)
	if err != nil {
		return s, err
	}
	chosen := dataset.Sample(all, f.limit, f.seed)
	src.inputs = &dataset.Images{Total: len(chosen), Seq: slices.Values(chosen)}
	if saved.part != "" {
		src.inputs, err = saved.chosen.Cut(ctx, src.inputs.Seq)
	}
	return dataset.Sampling{Of: len(all), Seed: &f.seed}, err
}
