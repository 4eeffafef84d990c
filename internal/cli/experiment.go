package cli

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/chart"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/library"
	"bagnet/internal/output"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// newExperimentCmd is the parent of the experiments.
func newExperimentCmd(s *terminal.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "experiment",
		Short: "Test whether a network decides as BagNets do: by adding up small patches",
		Long: `Measure what tells networks that add up what small patches say from those that do
more: on BagNets, where the answer is known, and on any other network.
docs/experiments.md has the definitions, and the papers' where they differ.

Every experiment takes images whose true classes are known, as evaluate does, and
any number of networks, one after the other: -m is repeatable. Each network has
its own preprocessing; --resize, --crop and the like change that of all.

Chance comes from --seed alone: the same seed, images and networks give the same
report. --limit takes that many of the images, chosen at random by the seed; a
smaller choice is part of a larger one.

--records writes what was measured of each image, as it goes, to FILE.part, which
becomes FILE at the end; after Ctrl-C too, unless that would replace a FILE of
before. After an interruption of whatever kind, the same command
with --resume takes up those records and goes on; the report is the one that an
undisturbed run would have made. Records of an earlier run are replaced with
--force only. Each line is an object, network after network,
the images in their order:
  {"path","run","model","image","label","result":{...}}
  or {"path","run","model","image","label","error"}
image is the image's number among all, from 0; run stands for the network, its
class names, the preprocessing, the seed and the settings of the experiment.
--compare adds differences of networks: the first's figure minus the second's on the
images that both were measured on, with a 95% interval (bootstrap over these images).

--plot draws the result, as PNG, SVG or PDF by the file's name; --size says how large, --title
what stands over it and --names what the networks are called there.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newShuffleCmd(s), newInteractionsCmd(s), newErrorsCmd(s), newSensitivityCmd(s), newStickersCmd(s), newBiasCmd(s), newNoiseCmd(s), newTextureExperimentCmd(s))
	return cmd
}

// experimentFlags are those of every experiment.
type experimentFlags struct {
	inputs        inputFlags
	networks      []string
	model         modelFlags // of each network; its name is one of networks
	preprocessing preprocessingFlags
	decode        decodeFlags
	truth         []string
	class         string // of interest in all images; "" means each one's true class
	seed          uint64
	limit         int
	records       string
	kind          results.Kind // of records
	results       resultsFlags
	plot          plotFlags
	named         int      // how many things --names name; 0 for the networks
	depthPlots    []string // see registerDepth
	against       flagvalue.Choice
	between       flagvalue.Choice // see registerPairs
	format        flagvalue.Choice
}

func (f *experimentFlags) register(cmd *cobra.Command) {
	f.kind = recordsKind
	f.inputs.lists = true
	f.inputs.register(cmd)
	flags := cmd.Flags()
	f.model.registerSeveral(cmd, &f.networks)
	f.model.registerLabels(cmd)
	f.preprocessing.register(cmd)
	f.decode.register(cmd)
	flags.StringArrayVar(&f.truth, "truth", nil, "read the images' true classes from `FILE`, .csv, .tsv or .txt, lines of path,label (repeatable)")
	flags.Uint64Var(&f.seed, "seed", 0, "let chance begin at `N`: the same number gives the same report")
	flags.IntVar(&f.limit, "limit", 0, "take `N` of the images, chosen at random by the seed; 0 for all")
	flags.StringVar(&f.records, "records", "", "write what is measured of each image to `FILE`, a line of JSON each")
	f.results.register(flags, "--records")
	f.plot.register(cmd, "draw the result in `FILE.png|FILE.svg|FILE.pdf` (repeatable)", cmp.Or(f.plot.named, networks))
	registerChoice(cmd, &f.format, "format", "how to print the report", formatText, formatJSON)
	complete(cmd, "truth", cobra.FixedCompletions(dataset.ListExtensions, cobra.ShellCompDirectiveFilterFileExt))
	complete(cmd, "records", cobra.FixedCompletions([]cobra.Completion{"ndjson"}, cobra.ShellCompDirectiveFilterFileExt))
}

// registerDepth adds the flags of experiments that say something of each network in one figure.
func (f *experimentFlags) registerDepth(cmd *cobra.Command, usage string) {
	cmd.Flags().StringArrayVar(&f.depthPlots, "depth-plot", nil, usage)
	registerChoice(cmd, &f.against, "against", "what --depth-plot draws that against: the number of layers, or what a network sees at once", experiment.Axes...)
	complete(cmd, "depth-plot", cobra.FixedCompletions(chart.Formats, cobra.ShellCompDirectiveFilterFileExt))
}

// registerPairs adds --compare, for experiments whose figures differ between networks.
func registerPairs(cmd *cobra.Command, pairs *flagvalue.Choice) {
	registerChoice(cmd, pairs, "compare", "compare pairs of networks on the same images: none, each with the first, or all", experiment.CompareNone, experiment.CompareFirst, experiment.CompareAll)
}

// registerClass adds --class, for experiments that follow one class's logit.
func (f *experimentFlags) registerClass(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.class, "class", "c", "", "measure `CLASS` in all images, by number, WordNet id or name, instead of each one's true class")
	complete(cmd, "class", completeClassOfFirst(&f.model, &f.networks))
}

// check refuses flags and arguments that make no sense by themselves, and outputs that
// cannot be written. It limits the program to the CPUs of --threads.
func (f *experimentFlags) check(args []string) error {
	if f.limit < 0 {
		return usageErrorf("--limit %d: want 1 or more, or 0 for all images", f.limit)
	}
	if err := f.inputs.checkLabelled(args, ""); err != nil {
		return err
	}
	if err := f.results.check(f.kind, f.records); err != nil {
		return err
	}
	if f.between.Value != "" && f.between.Value != experiment.CompareNone && len(f.networks) < 2 {
		return hint.Add(usageErrorf("--compare %s: want two networks or more", f.between.Value), "give each with a -m of its own: -m bagnet33 -m resnet50")
	}
	for i, name := range f.networks {
		if slices.Contains(f.networks[:i], name) {
			return usageErrorf("--model %s is given twice", text.Path(name))
		}
	}
	if err := checkOneFile(f.networks, f.model.weights); err != nil {
		return err
	}
	taken := append(listsOf(f.truth, args), f.records)
	if err := f.plot.check(taken, len(f.depthPlots) > 0, cmp.Or(f.named, max(1, len(f.networks)))); err != nil {
		return err
	}
	if err := output.Check("--depth-plot", f.depthPlots, chart.Formats, append(taken, f.plot.plots...)); err != nil {
		return err
	}
	if err := f.model.limitCPUs(); err != nil {
		return err
	}
	_, err := f.decode.options()
	return err
}

// decoding says how images are read, by flags that check has accepted.
func (f *experimentFlags) decoding() images.DecodeOptions {
	o, _ := f.decode.options()
	return o
}

// checkOneFile refuses a --weights that several checkpoints could mean. Models
// known by name have one network each.
func checkOneFile(networks []string, weights string) error {
	files := 0
	for _, name := range networks {
		if !isNamed(name) {
			files++
		}
	}
	if weights == "" || files < 2 {
		return nil
	}
	return hint.Add(usageErrorf("--weights %s: it could mean a network in each of %d checkpoint files", text.Path(weights), files),
		"take each network out of its file first: bagnet models convert IN OUT.safetensors --weights KEY|PREFIX")
}

// weightsOf is what --weights means to one of several networks: the one file among them.
func weightsOf(given string, networks int, weights string) string {
	if networks > 1 && isNamed(given) {
		return ""
	}
	return weights
}

// isNamed reports whether a --model is known by name rather than a file.
func isNamed(model string) bool {
	_, kind := known.Lookup(model)
	return kind != library.File
}
