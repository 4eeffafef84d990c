package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"bagnet/internal/hint"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
)

func newModelsPathCmd(s *terminal.Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "path NAME",
		Short: "Print where a downloaded model is",
		Long: `Print the path of a downloaded model's file. If it is not downloaded, print
where it would be, and end with exit status 3.`,
		Example: `  cp "$(bagnet models path bagnet33)" weights/`,
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return known.Usable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runModelsPath(cmd.Context(), s, args[0])
		}),
	}
}

func runModelsPath(ctx context.Context, s *terminal.Streams, name string) error {
	m, err := known.Obtainable(name)
	if err != nil {
		return modelError(err)
	}
	if library.KindOf(m) == library.Embedded {
		return hint.Add(modelError(fmt.Errorf("model %s is part of this program: it has no file of its own", name)),
			"'bagnet models convert %s FILE.safetensors' writes one", name)
	}
	f, err := library.Local(ctx, m)
	if f.Path == "" || ctx.Err() != nil {
		return modelError(err)
	}
	if writeErr := s.Printf("%s\n", f.Path); writeErr != nil {
		return writeErr
	}
	return modelError(err)
}
