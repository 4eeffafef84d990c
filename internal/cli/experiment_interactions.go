package cli

import (
	"context"
	"math/rand/v2"

	"github.com/spf13/cobra"

	"bagnet/internal/answer"
	"bagnet/internal/experiment"
	"bagnet/internal/terminal"
)

// interactionsOptions are the flags of experiment interactions.
type interactionsOptions struct {
	experimentFlags
	sizes, gaps []int
}

func newInteractionsCmd(s *terminal.Streams) *cobra.Command {
	o := &interactionsOptions{}
	cmd := &cobra.Command{
		Use:   "interactions [flags] DIR|FILE.csv...",
		Short: "Measure whether the parts of an image count by themselves or together",
		Long: `Mask four square regions of each prepared image, in two rows and two columns with
a gap between them, and compare how much the logit of the true class (or of
--class) changes when all are masked together with the sum of the changes from
masking each alone. For a network that adds up what parts of an image say, the
two are the same. Regions are filled with the mean colour of the training data,
and lie at a random place of each image.

--sizes are the sides of the regions and --gaps the distances between them, in
pixels; those that do not fit are left out, and the report says so. In a BagNet,
regions that no patch touches two of must add up exactly, which is checked: a
gap of one pixel less than the side of a patch always suffices.`,
		Example: `  bagnet experiment interactions --limit 200 imagenette/val
  bagnet experiment interactions -m bagnet33 -m resnet50 --plot interactions.png imagenette/val
  bagnet experiment interactions --sizes 16,32 --gaps 0,8,16,24,32,48 --records i.ndjson --resume imagenette/val`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runInteractions(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&o.sizes, "sizes", []int{16, 32}, "mask squares of `N,N,...` pixels")
	flags.IntSliceVar(&o.gaps, "gaps", []int{0, 8, 16, 32}, "leave `N,N,...` pixels between them")
	o.registerClass(cmd)
	o.register(cmd)
	return cmd
}

func runInteractions(ctx context.Context, s *terminal.Streams, o *interactionsOptions, args []string) error {
	if err := checkLengths("--sizes", o.sizes, 1); err != nil {
		return err
	}
	if err := checkLengths("--gaps", o.gaps, 0); err != nil {
		return err
	}
	run, err := runExperiment(ctx, s, &o.experimentFlags, args, interacting{o})
	if err != nil {
		return err
	}
	report := newInteractionsReport(run, o)
	return run.publish(ctx, report, report.figure())
}

// interacting is the experiment.
type interacting struct{ *interactionsOptions }

// interactionsRecord is what it finds in one image.
type interactionsRecord struct {
	Height  int             `json:"height"` // of the image, pixels
	Width   int             `json:"width"`
	Logit   float32         `json:"logit"` // of the class
	Range   float32         `json:"range"` // of the logits: the largest by magnitude
	Regions []regionsRecord `json:"regions"`
}

// regionsRecord is what it finds for one size and gap.
type regionsRecord struct {
	Size  int     `json:"size"` // pixels
	Gap   int     `json:"gap"`
	Y     int     `json:"y"` // top left pixel of the first one
	X     int     `json:"x"`
	Joint float64 `json:"joint"`
	Sum   float64 `json:"sum"`
	// SharedPatch is whether a patch touches two of them; null where there are no
	// patches.
	SharedPatch *bool `json:"shared_patch"`
}

func (x interacting) name() string { return "interactions" }

func (x interacting) settings() any {
	return struct{ Sizes, Gaps []int }{x.sizes, x.gaps}
}

func (x interacting) check(net *opened) error {
	w, h, fixed := net.preprocessing.FixedSize()
	if least := 2*x.sizes[0] + x.gaps[0]; fixed && least > min(w, h) {
		return usageErrorf("model %s: four regions of %d pixels, %d apart, do not fit into its images of %dx%d: give smaller --sizes", net.Name(), x.sizes[0], x.gaps[0], w, h)
	}
	return nil
}

func (x interacting) measure(ctx context.Context, net *opened, it subject) (interactionsRecord, error) {
	r := interactionsRecord{Height: it.H, Width: it.W, Regions: []regionsRecord{}}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return r, err
	}
	logits := a.Outputs
	r.Logit = answer.Logit(logits, it.class)
	if len(logits) == 1 {
		r.Range = 1 // see experiment.Deviation
	}
	for _, v := range logits {
		r.Range = max(r.Range, v, -v)
	}
	chance := it.rng.Uint64()
	for _, size := range x.sizes {
		for _, gap := range x.gaps {
			rng := rand.New(rand.NewPCG(chance, uint64(size)<<32|uint64(gap))) // whatever others there are
			squares, fit := experiment.FourSquares(it.H, it.W, size, gap, rng)
			if !fit {
				continue
			}
			n, err := experiment.Interactions(ctx, net, it.Image, r.Logit, it.class, squares[:])
			if err != nil {
				return r, err
			}
			record := regionsRecord{Size: size, Gap: gap, Y: squares[0].Y, X: squares[0].X, Joint: n.Joint, Sum: n.Sum}
			if net.info.Patch > 0 {
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
