package cli

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/internal/texture"
)

// textureOptions are the flags of texture.
type textureOptions struct {
	sourceFlags
	textureFlags
	seed      uint64
	output    string
	replacing output.Replacing
	noClobber bool
}

func newTextureCmd(s *terminal.Streams) *cobra.Command {
	o := &textureOptions{}
	cmd := &cobra.Command{
		Use:   "texture [flags] IMAGE -o FILE.png",
		Short: "Make a picture of the same texture as an image",
		Long: `Make a picture in which filters find what they find in an image, as often and
together, but anywhere: from noise, by changing its pixels until the Gram matrices
of the filters' answers, the means of their products over all positions, are those
of the image (Gatys, Ecker, Bethge 2015). The image is prepared as the network of
-m sees it, and the texture has its size.

The filters are random, of several sizes, each followed by a ReLU (Ustyuzhaninov,
Brendel, Gatys, Bethge 2016), and the texture goes on at its other end: no border
keeps anything in its place. With --features they are the layers of a VGG, a
model's name or a file, with means for its maxima: conv1_1, conv1_2, pool1, ...

The same --seed gives the same picture, whatever the number of threads. More
--steps bring it nearer; --verbose says how near it is in the end: 0 is the image's
statistics, 1 those of a picture in which the filters find nothing.`,
		Example: `  bagnet texture photo.jpg -o texture.png
  bagnet texture --crop 224 --steps 300 --seed 1 photo.jpg -o texture.png
  bagnet texture --features vgg19.pth --layers conv1_1,pool1,pool2 photo.jpg -o texture.png`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if err := o.check(s, cmd.Flags().Changed); err != nil {
				return err
			}
			return runTexture(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "write the picture to `FILE|DIR|-` (default: NAME.texture.png here)")
	flags.Uint64Var(&o.seed, "seed", 0, "seed `N` of the noise and of random filters")
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.textureFlags.register(cmd)
	o.sourceFlags.register(cmd)
	return cmd
}

// check refuses flags that make no sense by themselves, or together.
func (o *textureOptions) check(s *terminal.Streams, given func(flag string) bool) error {
	if err := o.textureFlags.check(given); err != nil {
		return err
	}
	return checkPicture(s, o.output, formatText)
}

func runTexture(ctx context.Context, s *terminal.Streams, o *textureOptions, args []string) error {
	src, err := o.sourceFlags.open(ctx, s, args)
	if err != nil {
		return err
	}
	if src.inputs.Total != 1 {
		return usageErrorf("give one image: a texture takes seconds (many: bagnet experiment texture)")
	}
	places, err := output.NewPlaces("-o", o.output, ".texture.png", false, args)
	if err != nil {
		return err
	}
	o.replacing.Keep = keeping(o.noClobber)
	if err := o.replacing.CheckFirst(places); err != nil {
		return err
	}
	features, _, err := o.textureFlags.open(ctx, s, o.seed, &o.model)
	if err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	make := func(ctx context.Context, p pipeline.Picture) ([]byte, error) {
		return o.make(ctx, s, features, src.threads, p)
	}
	take := func(p pipeline.Picture, png []byte) error { return o.write(s, places, p, png) }
	return eachPicture(ctx, s, src, terminal.NewProgress(s, 1), nil, make, take)
}

// make makes the texture of one picture, as a PNG file.
func (o *textureOptions) make(ctx context.Context, s *terminal.Streams, features texture.Features, threads int, p pipeline.Picture) ([]byte, error) {
	bar := terminal.NewSteps(s, o.steps)
	defer bar.Hide()
	r, err := texture.Synthesise(ctx, features, texture.FromImage(p.Pixels.Picture()), texture.Settings{
		Seed: o.seed, Steps: o.steps, Threads: threads,
		Progress: func(_ int, loss float64) {
			bar.Describe(fmt.Sprintf("loss %.2g", loss))
			bar.Step()
		},
	})
	if err != nil {
		return nil, err
	}
	bar.Hide()
	s.Detailf("%s: loss %.3g after %s", text.Path(p.Path), r.Loss, text.Count(r.Steps, "step", "steps"))
	var png bytes.Buffer
	err = heatmap.WritePNG(&png, r.Image(), []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()}, {Key: output.TextSource, Value: text.OneLine(p.Path)}, {Key: output.TextContents, Value: p.Fingerprint},
		{Key: "Description", Value: fmt.Sprintf("texture by %s, seed %d, loss %.3g", text.Path(o.features), o.seed, r.Loss)},
	})
	return png.Bytes(), err
}

// write writes the PNG file of one picture's texture.
func (o *textureOptions) write(s *terminal.Streams, places *output.Places, p pipeline.Picture, png []byte) error {
	if o.output == "-" {
		return pipeline.Ending(s.Write(png))
	}
	file := places.NextOf(p.Path)
	o.replacing.Note(file, p.Path, p.Fingerprint)
	return o.replacing.Write(file, png)
}
