// Package cli is the bagnet command: its subcommands, streams, exit statuses
// and progress display, wired to the packages that do the work.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// Main runs the bagnet command with args (the program's name not among them)
// and returns its exit status: 0 all good, 1 some image failed or an output
// could not be written, 2 usage, 3 the model could not be had or read, 130
// interrupted. Streams that are *os.File are checked for being terminals.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	s := &terminal.Streams{In: stdin, Out: stdout, Err: stderr, Dumb: os.Getenv("TERM") == "dumb"}
	defer func() {
		if r := recover(); r != nil {
			s.Errorf("%v", pipeline.InternalError(r))
			code = exitFailed
		}
	}()

	// Without this a closed stdout would kill the process before it could
	// remove its temporary files; now the write fails with EPIPE.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills at once

	limitMemory(0, 0)
	printed := &watchedWriter{w: s.Out}
	root := newRootCmd(s, printed)
	root.SetArgs(append([]string{}, args...)) // never nil: Cobra would take os.Args
	cmd, err := root.ExecuteContextC(ctx)
	if printed.err != nil {
		err = &exitError{code: exitFailed, err: fmt.Errorf("writing to standard output: %w", text.Reason(printed.err))}
	}
	return report(s, cmd, err)
}

// watchedWriter is standard output as Cobra sees it, which forgets errors of
// writing help.
type watchedWriter struct {
	w   io.Writer
	err error // the first
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// newRootCmd makes all commands. Help and what else Cobra prints goes to out.
func newRootCmd(s *terminal.Streams, out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "bagnet",
		Short: "Classify photographs with BagNets",
		Long: `bagnet classifies photographs with BagNets: convolutional networks that look at
an image through small patches only and add up what each patch says.

A small trained model is part of the program, so the first command works
without any download:

  bagnet classify photo.jpg`,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("bagnet {{.Version}}\n")
	root.SetIn(s.In)
	root.SetOut(out)
	root.SetErr(s.Err)
	flags := root.PersistentFlags()
	flags.BoolVarP(&s.Quiet, "quiet", "q", false, "say nothing on stderr but errors")
	flags.BoolVarP(&s.Verbose, "verbose", "v", false, "say on stderr which model and kernel are used, and how long things take")
	root.MarkFlagsMutuallyExclusive("quiet", "verbose")
	root.AddCommand(newClassifyCmd(s), newHeatmapCmd(s), newAttributeCmd(s), newExploreCmd(s), newTextureCmd(s), newTopPatchesCmd(s), newPatchesCmd(s), newEvaluateCmd(s), newCertifyCmd(s), newMergeCmd(s), newExperimentCmd(s), newWordsCmd(s), newModelsCmd(s), newBenchCmd(s), newVersionCmd(s), newManCmd(s))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() { // Cobra's own ignore arguments that they do not know
		switch cmd.Name() {
		case "completion":
			cmd.Args = noSuchCommand
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			if bash, _, err := cmd.Find([]string{"bash"}); err == nil {
				completeInBash(bash)
			}
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				named, rest, err := root.Find(args)
				if err != nil {
					named, rest = root, args
				}
				return noSuchCommand(named, rest)
			}
		}
	}
	return root
}

// flagError is the usage error for what a flag could not make sense of.
func flagError(_ *cobra.Command, err error) error {
	return usageErrorf("%w", flagvalue.Explain(err))
}

// noSuchCommand is the error about args, none of which is a command, with a hint at what may
// have been meant; nil if there are none.
func noSuchCommand(root *cobra.Command, args []string) error {
	err := cobra.NoArgs(root, args)
	if err == nil {
		return nil
	}
	err = &exitError{code: exitUsage, err: err}
	if suggestions := root.SuggestionsFor(args[0]); len(suggestions) > 0 {
		return hint.Add(err, "did you mean '%s %s'?", root.CommandPath(), suggestions[0])
	}
	if _, statErr := os.Stat(args[0]); statErr == nil {
		return hint.Add(err, "to classify it, run 'bagnet classify %s'", text.Path(args[0]))
	}
	return err
}
