package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/chart"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// plotFlags say in which files a report is drawn, and how.
type plotFlags struct {
	plots []string
	size  flagvalue.Millimetres
	title string
	names []string
	named string // what names are of, in the plural
}

// register adds the flags. named says what --names are the names of, in the plural.
func (f *plotFlags) register(cmd *cobra.Command, usage, named string) {
	flags := cmd.Flags()
	f.named = named
	flags.StringArrayVar(&f.plots, "plot", nil, usage)
	flags.Var(&f.size, "size", "draw plots `WxH` millimetres large (default: by what they show)")
	flags.StringVar(&f.title, "title", "", "write `TEXT` over plots, instead of what they show")
	flags.StringSliceVar(&f.names, "names", nil, "call the "+named+" `NAME,...` in plots, in their order")
	complete(cmd, "plot", cobra.FixedCompletions(chart.Formats, cobra.ShellCompDirectiveFilterFileExt))
	for _, name := range []string{"size", "title", "names"} {
		complete(cmd, name, cobra.NoFileCompletions)
	}
}

// check refuses files that cannot be drawn, or are taken already, and another number of names than
// there are of what they name. drawn says that there are plots of other flags.
func (f *plotFlags) check(taken []string, drawn bool, n int) error {
	if len(f.plots) == 0 && !drawn && (f.size.Given() || f.title != "" || f.names != nil) {
		return hint.Add(usageErrorf("--size, --title and --names are about plots"), "add --plot plot.svg")
	}
	if f.names != nil && len(f.names) != n {
		return usageErrorf("--names has %s for %s: want one for each", text.Count(len(f.names), "name", "names"), text.Count(n, strings.TrimSuffix(f.named, "s"), f.named))
	}
	return output.Check("--plot", f.plots, chart.Formats, taken)
}

// networks are what --names name, unless something else is what a plot compares.
const networks = "networks"

// drawn is the figure as the flags want it, whose networks have their names already.
func (f *plotFlags) drawn(figure chart.Figure) chart.Figure {
	if f.named != networks {
		figure.Rename(f.names)
	}
	figure.Size = f.size.Size
	if f.title != "" {
		figure.Title, figure.Titled = text.OneLine(f.title), true
	}
	return figure
}
