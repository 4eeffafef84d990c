package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/text"
)

// paperFlags say how pictures are printed, and in what kind of file they are.
type paperFlags struct {
	as         flagvalue.Choice
	width, dpi float64
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
	cmd.Flags().Float64Var(&f.width, "width", 0, "print pictures `MM` wide (default: so that text has 7 points)")
	cmd.Flags().Float64Var(&f.dpi, "dpi", 0, "give PNG files `N` dots an inch (default: as they are drawn; with --width, 300)")
}

// of returns the format of the pictures that go to path, "" or "-" for none that is named.
func (f *paperFlags) of(path string) (paper.Format, error) {
	format := paper.Format{Kind: output.Kind(path, cmp.Or(f.as.Value, paper.PNG), paper.Kinds()), Width: f.width, DPI: f.dpi}
	switch {
	case f.width != 0 && !(f.width >= paper.Narrowest && f.width <= paper.Widest):
		return format, usageErrorf("--width %v: want %d to %d mm", f.width, paper.Narrowest, paper.Widest)
	case f.dpi != 0 && !(f.dpi >= paper.Coarsest && f.dpi <= paper.Finest):
		return format, usageErrorf("--dpi %v: want %d to %d", f.dpi, paper.Coarsest, paper.Finest)
	case f.as.Value != "" && format.Kind != f.as.Value:
		return format, usageErrorf("-o %s is no file of --as %s: give one of them", text.Path(path), f.as.Value)
	case f.dpi != 0 && format.Kind != paper.PNG:
		return format, usageErrorf("--dpi is for PNG files: %s has no dots", format.Kind)
	}
	return format, nil
}
