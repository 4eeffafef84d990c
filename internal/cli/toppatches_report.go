package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/flagvalue"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/internal/toppatches"
)

// topPatchesFlags say what becomes of the patches of top-patches, or of its parts.
type topPatchesFlags struct {
	output   string
	figure   string
	format   flagvalue.Choice
	together bool
	paper    paperFlags

	replacing output.Replacing
	noClobber bool
}

func (f *topPatchesFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "write the sheet to `FILE|DIR|-`, .png, .svg or .pdf (default: top-patches.CLASS.png here)")
	f.paper.register(cmd)
	registerChoice(cmd, &f.format, "format", "how to print the patches", formatText, formatJSON)
	cmd.Flags().BoolVar(&f.together, "together", false, "draw all classes on one sheet")
	cmd.Flags().StringVar(&f.figure, "figure", "", "draw the patches of all classes side by side in `FILE`, .png, .svg or .pdf, and no sheets")
	complete(cmd, "figure", cobra.FixedCompletions(paper.Kinds(), cobra.ShellCompDirectiveFilterFileExt))
	cmd.Flags().BoolVar(&f.noClobber, "no-clobber", false, noClobberUsage)
}

// topPatchesReport prints and draws the patches of many images.
type topPatchesReport struct {
	*toppatches.Ranking
	streams *terminal.Streams
	flags   *topPatchesFlags
	sheets  *toppatches.Sheets // nil if none are drawn
}

// newTopPatchesReport makes the report of nothing yet. Its sheets replace none of inputs;
// of a shard it has none, but the pictures for them.
func newTopPatchesReport(s *terminal.Streams, f *topPatchesFlags, about toppatches.About, inputs []string, shard bool, truth *dataset.Truth) (*topPatchesReport, error) {
	about.Together, about.Figure = f.together, f.figure != ""
	if about.Figure {
		if f.output != "" || f.together || f.paper.as.Value != "" {
			return nil, usageErrorf("--figure is the one file that is written: leave out --output, --as and --together")
		}
		if err := output.Check("--figure", []string{f.figure}, paper.Kinds(), inputs); err != nil {
			return nil, err
		}
		about.Together, f.output = true, f.figure
	}
	drawn := !shard && (f.output != "" || f.format.Value == formatText)
	r := &topPatchesReport{Ranking: toppatches.New(about, truth, shard || drawn), streams: s, flags: f}
	f.replacing.Keep = keeping(f.noClobber)
	if drawn {
		err := f.paper.check(f.output)
		if err != nil {
			return nil, err
		}
		if r.sheets, err = toppatches.NewSheets("-o", f.output, f.paper.Format, len(r.Ranked), about.Together, inputs, &f.replacing); err != nil {
			return nil, err
		}
		r.sheets.Software, r.sheets.Out = "bagnet "+version(), s.Write
		r.sheets.Notice = func(text string) { s.Notef("%s", text) }
		if err := r.sheets.CheckFirst(r.Ranked); err != nil {
			return nil, err
		}
	}
	return r, r.CheckRoom("--number")
}

// finish prints the patches and draws the sheets; of an interrupted run, those
// of the images it came to.
func (r *topPatchesReport) finish(ctx context.Context) error {
	if ctx.Err() != nil {
		if r.sheets != nil {
			r.sheets.Keep = true
		}
		r.streams.Notef("interrupted: these are the patches of the first %s", text.Count(r.Images, "image", "images"))
	}
	if r.Truth.Known > 0 || r.About.Listed || r.Truth.Numbered != "" {
		r.Truth.Report(r.streams.Warnf)
	}
	write := r.streams.Write
	if r.flags.output == "-" {
		write = nil
	}
	way := toppatches.Rows
	switch {
	case r.flags.format.Value == formatJSON:
		way = toppatches.JSON
	case terminal.Is(r.streams.Out):
		way = toppatches.Lines
	}
	return r.Publish(way, write, r.sheets, func() { reportReplaced(r.streams, &r.flags.replacing) })
}
