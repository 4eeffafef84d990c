// Package cli is the bagnet command: its subcommands, streams, exit statuses
// and progress display, wired to the packages that do the work.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bagnet/internal/hint"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// Main runs the bagnet command with args (the program's name not among them)
// and returns its exit status: 0 all good, 1 some input failed or an output
// could not be written, 2 usage, 3 the model could not be had or read, 130
// interrupted. Streams that are *os.File are checked for being terminals.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	s := &terminal.Streams{In: stdin, Out: stdout, Err: stderr}
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

	limitMemory(0)
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
	root.AddCommand(newClassifyCmd(s), newHeatmapCmd(s), newTopPatchesCmd(s), newPatchesCmd(s), newEvaluateCmd(s), newExperimentCmd(s), newModelsCmd(s), newBenchCmd(s), newVersionCmd(s), newManCmd(s))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() { // Cobra's own make nothing of what they do not know
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
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return usageErrorf("%w", err)
	}
	reason, kind := errors.Unwrap(invalid), invalid.GetFlag().Value.Type()
	if want := valueOf(kind); want != "" {
		reason = errors.New("want " + want)
		if beyondRange(invalid.GetValue(), kind) {
			reason = fmt.Errorf("%w; this one is too large", reason)
		}
	}
	return usageErrorf("invalid argument %q for --%s: %w", invalid.GetValue(), invalid.GetFlag().Name, reason)
}

// beyondRange reports whether a value is a number that a flag of a pflag type
// cannot hold. pflag does not say so itself.
func beyondRange(value, kind string) bool {
	one := func(s string) (err error) {
		switch kind {
		case "float64", "float64Slice":
			_, err = strconv.ParseFloat(s, 64)
		case "uint64":
			_, err = strconv.ParseUint(s, 0, 64)
		case "int", "int64", "intSlice":
			_, err = strconv.ParseInt(s, 0, 64)
		}
		return err
	}
	return slices.ContainsFunc(strings.Split(value, ","), func(s string) bool { return errors.Is(one(s), strconv.ErrRange) })
}

// valueOf says what a flag of a pflag type takes; "" for types of our own, which
// say so themselves.
func valueOf(kind string) string {
	switch kind {
	case "bool":
		return "true or false"
	case "float64":
		return "a number"
	case "float64Slice":
		return "numbers with commas between"
	case "intSlice":
		return "whole numbers with commas between"
	case "uint64":
		return "a whole number, 0 or more"
	case "int", "int64":
		return "a whole number"
	}
	return ""
}

// noSuchCommand explains what args, none of them a command, may have meant.
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
