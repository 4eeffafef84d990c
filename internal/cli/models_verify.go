package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

func newModelsVerifyCmd(s *terminal.Streams) *cobra.Command {
	var format flagvalue.Choice
	cmd := &cobra.Command{
		Use:   "verify [NAME|FILE...]",
		Short: "Check that models are what they should be",
		Long: `Read models to the last byte and compare their SHA-256 with what is known:
that of an embedded model is in this program; that of a downloaded one was
recorded when it was first verified, against the digits that its publisher put
into its name. A FILE must also load, and its hash must be the one in its name,
if there is one. Without arguments: the embedded models and all in the cache.

Exit status: 0 all are good; 1 some are not; 130 interrupted. JSON: one object a
line.`,
		Example: `  bagnet models verify
  bagnet models verify bagnet33 bagnet16-105524de.pth.tar`,
		ValidArgsFunction: completeModel,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runModelsVerify(cmd.Context(), s, args, format.Value)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print the results", formatText, formatJSON)
	return cmd
}

func runModelsVerify(ctx context.Context, s *terminal.Streams, args []string, format string) error {
	if len(args) == 0 {
		var err error
		if args, err = known.Every(); err != nil {
			return modelError(err)
		}
	}
	bad := false
	for _, arg := range args {
		v, err := known.Verify(ctx, arg)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if v.Good = err == nil; err != nil {
			s.Errorf("%s: %s", text.Path(v.Name), err)
			v.Error, bad = err.Error(), true
		}
		if format == formatJSON {
			err = writeJSON(s, v)
		} else if v.Good {
			err = s.Printf("good  %s  %s  %s  checked: %s\n", text.Path(v.Name), text.Bytes(v.Size), v.SHA256, v.Checked)
		} else {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	if bad {
		return alreadyReported
	}
	return nil
}
