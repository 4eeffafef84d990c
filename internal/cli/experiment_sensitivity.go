package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/answer"
	"bagnet/internal/experiment"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/models"
)

// sensitivityOptions are the flags of experiment sensitivity.
type sensitivityOptions struct {
	experimentFlags
	maps   []string
	patch  int
	stride int
	shares []float64 // percent
	follow choice
}

// The classes that --class knows.
const (
	followPredicted = "predicted"
	followTrue      = "true"
)

func newSensitivityCmd(s *terminal.Streams) *cobra.Command {
	o := &sensitivityOptions{}
	cmd := &cobra.Command{
		Use:   "sensitivity [flags] DIR|FILE.csv...",
		Short: "Measure how well maps tell which parts of the images matter to a network",
		Long: `Divide each prepared image into square cells, mask them in the order in which a
map ranks them, the highest first, and follow the probability of a class: the
better the map knows what matters to the network, the faster it falls. Masked is
the mean colour: zeros, after normalisation. The report has the curve for each
map, the area under it, and the correlation of the map with the network's true
sensitivity, which is by how much the class's logit falls when one cell is masked.

--map, repeatable, names the maps:
  occlusion    the true sensitivity itself
  random       cells in a random order
  NAME|PATH    the evidence that a BagNet finds for the class around each pixel,
               on the very pixels that the network sees (bagnet:NAME in doubt);
               --stride is the distance of the patches whose evidence is averaged
  DIR          what another program has made of the images: for NAME.jpg in the
               directory PARENT the first that is there of DIR/PARENT/NAME.npy,
               DIR/NAME.npy and DIR/NAME.CLASS.npy, as heatmap --npy writes them;
               float32 [rows, cols], a value for each pixel of the prepared image,
               for each cell, or for equal squares that make up a cell (not the native
               grid of heatmap --stride 8, which leaves the edges out)

A map's value for a cell is its mean there. It takes as many passes through the
network as there are cells, for each image: --limit some.`,
		Example: `  bagnet experiment sensitivity --limit 50 imagenette/val
  bagnet experiment sensitivity -m vgg16 --map bagnet33 --map occlusion --map random --limit 50 ILSVRC2012/val
  bagnet experiment sensitivity -m mine.pth --map deeplift/ --map bagnet:q17.pth --plot curves.svg val/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runSensitivity(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.maps, "map", []string{models.DefaultName, mapOcclusion, mapRandom}, "mask what this map ranks highest: `occlusion|random|NAME|PATH|DIR` (repeatable)")
	flags.IntVar(&o.patch, "patch", 16, "mask cells of `N` x N pixels, a divisor of the image's sides")
	flags.IntVar(&o.stride, "stride", 2, "distance of `N` pixels between the patches of BagNets' maps")
	flags.Float64SliceVar(&o.shares, "shares", []float64{0, 1, 2, 5, 10, 20, 50}, "mask these shares of the cells, `PERCENT,...`, ascending")
	flags.Lookup("shares").DefValue = "0,1,2,5,10,20,50" // without a row of zeros behind each
	registerChoice(cmd, &o.follow, "class", "follow the class that the network predicts for the intact image, or the true one", followPredicted, followTrue)
	complete(cmd, "map", func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		names, directive := completeModel(cmd, args, begun)
		return append([]cobra.Completion{mapOcclusion, mapRandom}, names...), directive
	})
	o.register(cmd)
	return cmd
}

// checkMaps refuses flags that make no sense by themselves.
func (o *sensitivityOptions) checkMaps() error {
	switch {
	case o.patch < 1:
		return usageErrorf("--patch %d: want 1 pixel or more", o.patch)
	case o.stride < 1 || o.patch%o.stride != 0:
		return usageErrorf("--stride %d: want a divisor of the cells' %d pixels", o.stride, o.patch)
	case len(o.shares) < 2:
		return usageErrorf("--shares: want two or more")
	}
	for i, p := range o.shares {
		if !(p >= 0 && p <= 100) || i > 0 && p <= o.shares[i-1] {
			return usageErrorf("--shares: want percentages from 0 to 100, ascending")
		}
	}
	for i, name := range o.maps {
		if slices.Contains(o.maps[:i], name) {
			return usageErrorf("--map %s is given twice", text.Path(name))
		}
	}
	return nil
}

func runSensitivity(ctx context.Context, s *terminal.Streams, o *sensitivityOptions, args []string) error {
	if err := o.checkMaps(); err != nil {
		return err
	}
	if err := o.experimentFlags.check(args); err != nil {
		return err
	}
	if err := o.model.check(); err != nil {
		return err
	}
	x := &masking{sensitivityOptions: o}
	for _, name := range o.maps {
		m, err := newCellMap(ctx, s, o, name)
		if err != nil {
			return err
		}
		x.cellMaps = append(x.cellMaps, m)
	}
	run, err := runExperiment(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	report := newSensitivityReport(run, o)
	return run.publish(ctx, report, report.figure())
}

// masking is the experiment.
type masking struct {
	*sensitivityOptions
	cellMaps []cellMap // of maps
}

// sensitivityRecord is what it finds in one image.
type sensitivityRecord struct {
	Class int `json:"class"` // followed
	experiment.Response
	Cells int         `json:"cells"`
	Maps  []mapRecord `json:"maps"`
}

// mapRecord is what it finds with one map.
type mapRecord struct {
	Map         string        `json:"map"`
	Correlation text.Ratio    `json:"correlation"` // with the true sensitivity
	Area        text.Ratio    `json:"area"`        // mean probability over the curve
	Curve       []shareRecord `json:"curve"`
}

// shareRecord is a point of a curve.
type shareRecord struct {
	Percent float64 `json:"percent"`
	Masked  int     `json:"masked"` // cells
	experiment.Response
}

func (x *masking) name() string { return "sensitivity" }

func (x *masking) settings() any {
	type mapSettings struct{ Name, Weights string }
	var all []mapSettings
	for i, name := range x.maps {
		m := mapSettings{Name: name}
		if b, ok := x.cellMaps[i].(*bagnetMap); ok {
			m.Weights = b.digest.SHA256
		}
		all = append(all, m)
	}
	return struct {
		Maps          []mapSettings
		Patch, Stride int
		Shares        []float64
		Follow        string
	}{all, x.patch, x.stride, x.shares, x.follow.value}
}

func (x *masking) check(net *opened) error {
	if w, h, fixed := net.preprocessing.FixedSize(); fixed {
		if _, err := experiment.NewCells(h, w, x.patch); err != nil {
			return usageErrorf("--patch %d, for model %s: %w", x.patch, net.Name(), err)
		}
	}
	for _, m := range x.cellMaps {
		if err := m.check(net); err != nil {
			return err
		}
	}
	return nil
}

func (x *masking) measure(ctx context.Context, net *opened, it subject) (sensitivityRecord, error) {
	var r sensitivityRecord
	cells, err := experiment.NewCells(it.H, it.W, x.patch)
	if err != nil {
		return r, err
	}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return r, err
	}
	logits := a.Outputs
	r.Cells, r.Class = cells.Len(), it.class
	if x.follow.value == followPredicted {
		r.Class = answer.Best(logits)
	}
	r.Response = experiment.Respond(logits, r.Class)
	values := make([][]float64, len(x.maps))
	for i, m := range x.cellMaps { // a missing file is found out before the long work
		if values[i], err = m.values(ctx, view{it, net, r.Class, cells}); err != nil {
			return r, err
		}
	}
	masking := experiment.NewMasking(net, cells, it.Image, r.Class, logits)
	effects, err := masking.Occlusion(ctx)
	if err != nil {
		return r, err
	}
	for i, name := range x.maps {
		if values[i] == nil {
			values[i] = effects
		}
		record, err := x.curve(ctx, masking, cells, values[i])
		if err != nil {
			return r, err
		}
		record.Map, record.Correlation = name, text.Ratio(experiment.Pearson(values[i], effects))
		r.Maps = append(r.Maps, record)
	}
	return r, nil
}

// curve masks the cells that a map ranks highest.
func (x *masking) curve(ctx context.Context, masking *experiment.Masking, cells experiment.Cells, values []float64) (mapRecord, error) {
	shares := make([]float64, len(x.shares))
	for i, percent := range x.shares {
		shares[i] = percent / 100
	}
	counts := cells.Counts(shares)
	for i, n := range counts { // whole cells
		shares[i] = float64(n) / float64(cells.Len())
	}
	responses, err := masking.Curve(ctx, experiment.Order(values), counts)
	if err != nil {
		return mapRecord{}, err
	}
	var r mapRecord
	probabilities := make([]float64, len(responses))
	for i, response := range responses {
		r.Curve = append(r.Curve, shareRecord{x.shares[i], counts[i], response})
		probabilities[i] = response.Probability
	}
	r.Area = text.Ratio(experiment.Area(shares, probabilities))
	return r, nil
}
