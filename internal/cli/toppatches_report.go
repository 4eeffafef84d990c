package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/flagvalue"
	"bagnet/internal/output"
	"bagnet/internal/ranking"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// topPatchesFlags say what becomes of the patches of top-patches, or of its parts.
type topPatchesFlags struct {
	output string
	format flagvalue.Choice

	replacing output.Replacing
	noClobber bool
}

func (f *topPatchesFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "write the sheet to `FILE|DIR|-` (default: top-patches.CLASS.png here)")
	registerChoice(cmd, &f.format, "format", "how to print the patches", formatText, formatJSON)
	cmd.Flags().BoolVar(&f.noClobber, "no-clobber", false, noClobberUsage)
}

// topPatchesAbout is what there is to say of a run beside its images. The parts of its
// shards have it.
type topPatchesAbout struct {
	Model   string        `json:"model"`
	Patch   int           `json:"patch"`   // pixels
	Classes []class.Class `json:"classes"` // of the network
	Ranked  []class.Class `json:"ranked"`  // of these; none for the one image's likeliest
	N       int           `json:"n"`       // patches of each class and group
	Lowest  bool          `json:"lowest"`
	Context bool          `json:"context"`
	Listed  bool          `json:"listed"` // lists say what images show
	Source  string        `json:"source"` // what the images are, as they were given
}

// topPatchesReport ranks the patches of many images, prints and draws them.
type topPatchesReport struct {
	streams *terminal.Streams
	flags   *topPatchesFlags
	about   topPatchesAbout
	classes []class.Class // ranked; empty until the one image's likeliest is known
	truth   *dataset.Truth
	sheets  *sheets // nil if none are drawn

	ranking.Collection
}

// maxPatches bounds --number, and maxKept the bytes of all patches that may be
// held at once.
const (
	maxPatches = 10_000
	maxKept    = 4 << 30
)

// newTopPatchesReport makes the report of nothing yet. Its sheets replace none of inputs;
// of a shard it has none, but the pictures for them.
func newTopPatchesReport(s *terminal.Streams, f *topPatchesFlags, about topPatchesAbout, inputs []string, shard bool, truth *dataset.Truth) (*topPatchesReport, error) {
	r := &topPatchesReport{streams: s, flags: f, about: about, classes: about.Ranked, truth: truth}
	r.N, r.Pictures, r.Context = about.N, shard, about.Context
	f.replacing.Keep = keeping(f.noClobber)
	if !shard && (f.output != "" || f.format.Value == formatText) {
		var err error
		if r.sheets, err = newSheets(f.output, len(r.classes) > 1, inputs); err != nil {
			return nil, err
		}
		r.sheets.source = about.Source
		if err := r.sheets.checkFirst(&f.replacing, r.classes); err != nil {
			return nil, err
		}
		r.Pictures = true
	}
	return r, r.checkKept()
}

// checkKept refuses more patches than there is room for.
func (r *topPatchesReport) checkKept() error {
	side := int64(r.about.Patch)
	one := int64(256) // what is known of a patch
	if r.Pictures {
		one += 4 * side * side
		if r.Context {
			one += 4 * ranking.Thumbnail * ranking.Thumbnail
		}
	}
	kept := one * int64(r.N) * int64(max(1, len(r.classes))) * 2 // correct ones and distractors
	if kept > maxKept {
		return usageErrorf("--number %d: so many patches of %s may take %d MB, more than %d: ask for fewer patches or classes",
			r.N, text.Count(max(1, len(r.classes)), "class", "classes"), kept>>20, maxKept>>20)
	}
	return nil
}

// begin makes the lists of the classes that are ranked.
func (r *topPatchesReport) begin(ranked []class.Class) {
	r.classes = ranked
	indices := make([]int, len(ranked))
	for i, c := range ranked {
		indices[i] = c.Index
	}
	r.Begin(indices)
}
