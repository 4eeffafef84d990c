package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
)

// classifyOptions are the flags of classify.
type classifyOptions struct {
	sourceFlags
	saved  savedFlags
	topK   int
	format flagvalue.Choice
	npy    string
}

func newClassifyCmd(s *terminal.Streams) *cobra.Command {
	o := &classifyOptions{}
	cmd := &cobra.Command{
		Use:   "classify [flags] [IMAGE...]",
		Short: "Say what is in photographs",
		Long: `Classify images and print the most likely classes of each.

IMAGE is a file (JPEG, PNG, GIF, WebP, BMP, TIFF, PPM, PGM or PBM), a directory,
a tar, or - for one image on standard input. Directories are searched with all
directories below them, in natural order (2.jpg before 10.jpg); hidden files and
files that are not images by their name are left out. Without any IMAGE, one is
read from standard input.

Tars, as WebDataset's shards, are read as they are: x.tar, those in directories,
and x-{000..146}.tar where no file is called so. Images come in the order of the
tar, as x.tar/dir/name.jpg. --tar - reads a tar from standard input.

Results go to standard output in the order of the images, each as soon as it
is there. An image that cannot be read is reported on standard error (and with
an "error" in JSON and CSV), and the others are classified all the same.

Formats:
  text  for people: a block of lines for each image. With --top-k 1, and
        standard output not a terminal: one line an image, with its path, the
        label and the probability separated by tabs.
  json  one object a line:
        {"path","model","width","height","predictions":
          [{"index","id","label","logit","probability"}, ...]}
        or {"path","error"}; width and height are those of the image file.
  csv   a header, then a line for each prediction.

How an image is resized, cropped and normalised belongs to the model; change
it only for a model that says nothing about it.

Exit status: 0 all images were classified; 1 some were not, or an output could
not be written; 2 the command line is wrong; 3 the model could not be had or read; 130
interrupted.

--records keeps the answers in a file as they come, from which --resume goes on: the
output is then that of one undisturbed run. --shard I/N classifies one part of the
images only (see evaluate), and --part has the output: those of all shards in their
order are the output of the whole.`,
		Example: `  bagnet classify photo.jpg
  bagnet classify --top-k 1 holiday/
  curl -s https://example.org/photo.jpg | bagnet classify
  find . -name '*.jpg' -print0 | bagnet classify --files-from - -0 --format json
  zstd -dc shard-000.tar.zst | bagnet classify --top-k 1 --tar -
  bagnet classify --format json holiday/ | jq -r '.predictions[0].label'
  bagnet classify --npy logits.npy --top-k 1 holiday/ > labels.tsv
  bagnet classify -m bagnet33 photo.jpg
  bagnet classify -m mine.pth --labels mine.txt --resize 512 --crop 512 photo.jpg`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runClassify(cmd.Context(), s, o, args)
		}),
	}
	cmd.Flags().IntVarP(&o.topK, "top-k", "k", 5, "print the `N` most likely classes of each image, 0 for all")
	registerChoice(cmd, &o.format, "format", "how to print results", formatText, formatJSON, formatCSV)
	cmd.Flags().StringVar(&o.npy, "npy", "", "also write all logits to `FILE` for NumPy: float32 [images, classes], NaN where an image failed")
	o.saved.register(cmd, answersKind, "keep the answer to each image in `FILE`, for --resume")
	o.register(cmd)
	return cmd
}

func runClassify(ctx context.Context, s *terminal.Streams, o *classifyOptions, args []string) error {
	if o.topK < 0 {
		return usageErrorf("--top-k %d: want 0 (all classes) or more", o.topK)
	}
	if err := npy.Check("--npy", o.npy); err != nil {
		return err
	}
	if err := o.saved.check(map[string]string{formatText: ".txt", formatJSON: ".ndjson", formatCSV: ".csv"}[o.format.Value]); err != nil {
		return err
	}
	if o.saved.isThere(s) {
		return nil
	}
	o.inputs.shard = o.saved.chosen
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	if err := src.sideBySide(s, 0); err != nil {
		return err
	}
	c := &classifyRun{net: src.net, topK: o.topK}
	c.streams, c.source, c.bar = s, src, terminal.NewProgress(s, src.inputs.Total)
	if o.npy != "" {
		if c.logits, err = npy.Create(o.npy, src.net.info.Outputs); err != nil {
			return err
		}
		defer c.logits.Discard()
	}
	if c.saved, err = o.saved.beginOutput(ctx, s, src, c.settings()); err != nil {
		return err
	}
	defer c.saved.abandon()
	format, write := o.format.Value, s.Write
	if o.saved.part != "" {
		if c.part, err = output.Create(o.saved.part); err != nil {
			return err
		}
		defer c.part.Discard()
		write = c.part.Append
	}
	if format == formatText && o.topK == 1 && (c.part != nil || !terminal.Is(s.Out)) {
		format = predictions.Line
	}
	c.writer = predictions.NewWriter(format, src.net.Name(), write)
	if err := c.run(ctx); err != nil {
		return err
	}
	if err := o.saved.finishOutput(ctx, s, c.saved, c.part, c.tally); err != nil {
		return err
	}
	return c.outcome(ctx, s)
}
