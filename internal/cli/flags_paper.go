package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/paper"
)

// paperFlags say how pictures are printed, and in what kind of file they are.
type paperFlags struct {
	as           flagvalue.Choice
	paper.Format // its Kind is set by check
}

// register makes the flags of a command whose -o may name a directory.
func (f *paperFlags) register(cmd *cobra.Command) {
	f.as = flagvalue.Choice{Allowed: paper.Kinds()}
	cmd.Flags().Var(&f.as, "as", "write `KIND` of file where -o names none: png, svg or pdf (default: png)")
	complete(cmd, "as", cobra.FixedCompletions(paper.Kinds(), cobra.ShellCompDirectiveNoFileComp))
	f.registerSize(cmd)
}

// registerSize makes the flags of a command whose pictures' names tell their kind.
func (f *paperFlags) registerSize(cmd *cobra.Command) {
	cmd.Flags().Float64Var(&f.Width, "width", 0, "print pictures `MM` wide (default: so that text has 7 points)")
	cmd.Flags().Float64Var(&f.DPI, "dpi", 0, "give PNG files `N` dots an inch (default: as they are drawn; with --width, 300)")
}

// check refuses what makes no sense of pictures that go to path.
func (f *paperFlags) check(path string) error {
	return f.Choose(paper.Flags{Output: "-o", Kind: "--as", Width: "--width", DPI: "--dpi"}, path, f.as.Value)
}
