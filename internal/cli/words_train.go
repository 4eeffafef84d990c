package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/internal/words"
	"bagnet/internal/words/training"
)

// wordsTrainOptions are the flags of words train.
type wordsTrainOptions struct {
	running       modelFlags
	preprocessing preprocessingFlags
	decode        decodeFlags
	settings      training.Settings
	output        string
	name          string
	license       string
	source        string
}

func newWordsTrainCmd(s *terminal.Streams) *cobra.Command {
	o := &wordsTrainOptions{}
	cmd := &cobra.Command{
		Use:   "train [flags] DIR -o FILE.safetensors",
		Short: "Train a bag of visual words on photographs of known classes",
		Long: `Train a bag of visual words on the photographs in DIR, which has one directory for
each class, called what the class is to be called; WordNet ids of ImageNet get
their labels.

A patch of 9, 17 or 33 pixels, one every 8 pixels, is seen through 4 x 4 cells.
What part of its gradients each cell has in each of 8 directions describes its
shapes, the mean colours of its quarters describe its colours. k-means makes words
of the descriptors of patches chosen by --seed. Each photograph, and its mirror
image, is then how often it has each word; multinomial logistic regression gives
each word a vote for each class. The evidence of a patch is the sum of its words' votes and the class's bias.

Images are prepared as ImageNet's usually are (shorter side 256, crop 224) unless
flags say otherwise; the file remembers it, and the classes. The same photographs,
flags and kernel make the same file, on any number of threads.

FILE appears when it is complete. Photographs that cannot be read are reported and
left out.

Exit status: 0 trained; 1 some photographs could not be read, or nothing could be
trained or written; 2 the command line is wrong; 130 interrupted: no file.`,
		Example: `  bagnet words train imagenette/train -o words.safetensors
  bagnet words train --resize 160 --crop 160 --words 512 --seed 1 imagenette/train -o words.safetensors
  bagnet evaluate -m words.safetensors imagenette/val`,
		Args: cobra.ExactArgs(1),
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return runWordsTrain(cmd.Context(), s, o, args[0])
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "write the network to `FILE`, which ends in .safetensors")
	cmd.MarkFlagRequired("output")
	flags.IntVar(&o.settings.Words, "words", 1024, "make `N` words of shapes")
	flags.IntVar(&o.settings.Colours, "colours", 256, "make `N` words of colours; 0 for none")
	flags.IntVar(&o.settings.Patch, "patch", 17, "describe patches of `9|17|33` pixels")
	complete(cmd, "patch", cobra.FixedCompletions([]cobra.Completion{"9", "17", "33"}, cobra.ShellCompDirectiveNoFileComp))
	flags.Float64Var(&o.settings.Penalty, "penalty", 0.0003, "keep votes small by `X` / 2 times the sum of their squares")
	flags.Uint64Var(&o.settings.Seed, "seed", 0, "choose patches and first words by seed `N`")
	flags.StringVar(&o.name, "name", "", "what to call the model, kept in the file as `TEXT` (default: the file's name)")
	flags.StringVar(&o.source, "source", "", "what it was trained on, kept in the file as `TEXT`")
	flags.StringVar(&o.license, "license", "", "the licence of the weights, kept in the file as `TEXT`")
	flags.IntVar(&o.running.threads, "threads", 0, "use `N` CPUs, 0 for all")
	o.preprocessing.register(cmd)
	o.decode.register(cmd)
	return cmd
}

// mostWords bounds a vocabulary: a patch is compared with all of its words.
const mostWords = 16384

// check refuses flags that make no sense by themselves.
func (o *wordsTrainOptions) check() error {
	t := &o.settings
	switch {
	case !strings.EqualFold(filepath.Ext(o.output), ".safetensors"):
		return usageErrorf("--output %s: its name must end in .safetensors", text.Path(o.output))
	case t.Words < 2 || t.Words > mostWords:
		return usageErrorf("--words %d: want 2 to %d", t.Words, mostWords)
	case t.Colours < 0 || t.Colours == 1 || t.Colours > mostWords:
		return usageErrorf("--colours %d: want 2 to %d, or 0 for none", t.Colours, mostWords)
	case !(t.Penalty > 0) || t.Penalty > 1e6:
		return usageErrorf("--penalty %g: want a number above 0, at most a million", t.Penalty)
	}
	if err := words.CheckPatch(t.Patch); err != nil {
		return usageErrorf("--patch: %w", err)
	}
	return o.running.limitCPUs()
}

func runWordsTrain(ctx context.Context, s *terminal.Streams, o *wordsTrainOptions, dir string) error {
	options, err := o.decode.options()
	if err != nil {
		return err
	}
	preprocessing, err := o.preprocessing.apply(images.ImageNet())
	if err != nil {
		return err
	}
	if w, h, fixed := preprocessing.FixedSize(); fixed {
		if err := words.CheckSize(h, w, o.settings.Patch); err != nil {
			return misfit(o.output, preprocessing, err)
		}
	}
	examples, classes, left, err := training.Find(ctx, dir)
	if err != nil {
		return err
	}
	if what := left.Warning(); what != "" {
		s.Warnf("%s", what)
	}
	file, err := output.Create(o.output) // that it cannot be written is known before any work
	if err != nil {
		return err
	}
	defer file.Discard()
	start := time.Now()
	o.settings.Threads = o.running.threads
	report := &labelledReport{streams: s, bar: terminal.NewProgress(s, len(examples)+training.Sampled(len(examples)))}
	defer report.bar.Hide()
	r := &training.Run{Settings: o.settings, Examples: examples, Classes: len(classes), Decoder: training.Decoder(options, preprocessing)}
	r.Decoder.Explain = advise
	r.Looked = func(dataset.Image) { report.bar.Step() }
	r.Counted = func(image dataset.Image, failed error) {
		reason := ""
		if failed != nil {
			reason = failed.Error()
		}
		report.count(image.Path, reason)
	}
	r.Note = func(format string, args ...any) {
		report.bar.Hide()
		s.Detailf(format, args...)
	}
	result, err := r.Train(ctx)
	if err != nil {
		return err
	}
	report.bar.Hide()
	m, err := o.metadata(classes, preprocessing, result)
	if err != nil {
		return err
	}
	var tensors []loader.Named
	for name, t := range result.Tensors {
		tensors = append(tensors, loader.Named{Name: name, Tensor: t, DType: "F32"})
	}
	if err := loader.WriteSafetensors(file, tensors, m); err != nil {
		return fmt.Errorf("writing %q: %w", o.output, text.Reason(err))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	s.Notef("wrote %s: %s, trained on %s in %s, of which it is right about %.1f %%", text.Path(o.output), text.Count(len(classes), "class", "classes"),
		text.Count(result.Used, "photograph", "photographs"), time.Since(start).Round(time.Second), 100*result.Right)
	return report.outcome(ctx, s)
}

// metadata is what the file says beside its tensors.
func (o *wordsTrainOptions) metadata(classes []class.Class, p images.Preprocessing, result training.Result) (map[string]string, error) {
	t := o.settings
	m := metadata.Metadata{
		Family: words.Family, PatchSize: t.Patch, Classes: classes, Preprocessing: &p, Name: o.name, Source: o.source, License: o.license,
		Training: fmt.Sprintf("bagnet words train: %d photographs, %d words of shapes, %d of colours, penalty %g, seed %d", result.Used, t.Words, t.Colours, t.Penalty, t.Seed),
	}
	return m.Text()
}
