package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/convnet"
	"bagnet/internal/engine"
	synthesised "bagnet/internal/experiment/texture"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/internal/texture"
)

// textureFlags say what textures are described by, and how they are looked for.
type textureFlags struct {
	features string
	layers   []string
	filters  int
	scales   int
	steps    int
}

// randomFeatures is the --features that are no file.
const randomFeatures = "random"

func (f *textureFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.features, "features", randomFeatures, "describe textures by `random|NAME|PATH`: random filters, or the layers of a VGG")
	flags.StringSliceVar(&f.layers, "layers", texture.GatysLayers, "by `LAYER,...` of the VGG")
	flags.IntVar(&f.filters, "filters", texture.DefaultFilters, "by `N` random filters at each scale, fewer where the picture is small")
	flags.IntVar(&f.scales, "scales", texture.DefaultScales, "at `N` scales: filters of 5, 10, 20, ... pixels")
	flags.IntVar(&f.steps, "steps", texture.DefaultSteps, "take `N` steps from noise to the texture")
	complete(cmd, "features", func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return append([]cobra.Completion{randomFeatures}, known.Usable()...), cobra.ShellCompDirectiveDefault
	})
}

// check refuses flags that make no sense by themselves, or together.
func (f *textureFlags) check(given func(flag string) bool) error {
	for _, n := range []struct {
		flag      string
		value, to int
	}{{"filters", f.filters, texture.MaxFilters}, {"scales", f.scales, texture.MaxScales}, {"steps", f.steps, texture.MaxSteps}} {
		if n.value < 1 || n.value > n.to {
			return usageErrorf("--%s %d: want 1 to %d", n.flag, n.value, n.to)
		}
		if f.features != randomFeatures && n.flag != "steps" && given(n.flag) {
			return usageErrorf("--%s is for random filters: --features %s has its own", n.flag, text.Path(f.features))
		}
	}
	if f.features == randomFeatures && given("layers") {
		return hint.Add(usageErrorf("--layers: random filters have none"), "name a VGG: --features vgg19.pth")
	}
	return nil
}

// open returns what textures are described by; its random filters are drawn by seed.
func (f *textureFlags) open(ctx context.Context, s *terminal.Streams, seed uint64, m *modelFlags) (texture.Features, *synthesised.Settings, error) {
	settings := &synthesised.Settings{Steps: f.steps}
	if f.features == randomFeatures {
		kernel, err := engine.Choose("")
		if err != nil {
			return nil, nil, modelError(err)
		}
		settings.Filters, settings.Scales = f.filters, f.scales
		return texture.NewRandom(kernel, f.filters, f.scales, seed), settings, nil
	}
	if err := modelError(known.Obtain(ctx, f.features, m.offline, pulling(s))); err != nil {
		return nil, nil, err
	}
	net, source, err := openFile(ctx, s, f.features, "", m.threads)
	if err != nil {
		return nil, nil, err
	}
	defer net.Close()
	if family := net.Architecture().Family; !strings.HasPrefix(family, "vgg") {
		return nil, nil, hint.Add(usageErrorf("--features %s: it is no VGG (family %s)", text.Path(f.features), family), "give one, or leave it to random filters")
	}
	trunk, err := convnet.NewTrunk(net.Source(), convnet.Options{Threads: m.threads})
	if err != nil {
		return nil, nil, modelError(fmt.Errorf("reading model %q: %w", f.features, err))
	}
	vgg, err := texture.NewVGG(trunk, f.layers, net.Preprocessing.Mean, net.Preprocessing.Std)
	if err != nil {
		return nil, nil, usageErrorf("--layers: %w", err)
	}
	digest, err := source.Digest(ctx)
	settings.Features, settings.Layers = digest.SHA256, f.layers
	return vgg, settings, err
}
