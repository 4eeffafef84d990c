package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"bagnet/internal/hint"
	"bagnet/internal/terminal"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1 // some image failed, or an output could not be written
	exitUsage       = 2 // the command line is wrong
	exitModel       = 3 // the model could not be had or read
	exitInterrupted = 130
)

// exitError is an error together with the exit status it leads to. A nil err
// means that everything has been said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageErrorf makes an error for a wrong command line (exit status 2).
func usageErrorf(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// modelError makes err, which may be nil, one about a model that cannot be had or read
// (exit status 3).
func modelError(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitModel, err: err}
}

// alreadyReported is the result of a command whose failures are all on stderr.
var alreadyReported = &exitError{code: exitFailed}

// tally counts the images of a run.
type tally struct{ done, failed int }

// outcome says how a run went: ctx's error if it was interrupted, alreadyReported
// if images failed.
func (t tally) outcome(ctx context.Context, s *terminal.Streams) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case t.done == 0:
		s.Notef("no images were listed")
	case t.failed > 0 && t.done > 1:
		s.Notef("%d of %d images failed", t.failed, t.done)
	}
	if t.failed > 0 {
		return alreadyReported
	}
	return nil
}

// explain prints err and what to do about it.
func explain(s *terminal.Streams, err error) {
	s.Errorf("%s", err)
	if what := hint.Of(err); what != "" {
		s.Hintf("%s", what)
	}
}

// report prints err, returned by cmd, and gives the exit status it leads to.
func report(s *terminal.Streams, cmd *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) {
		s.Errorf("interrupted")
		return exitInterrupted
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitFailed // whoever read our output has seen enough
	}
	e, ok := errors.AsType[*exitError](err)
	if !ok {
		// Cobra's own complaints are the only ones that carry no status.
		message, rest, _ := strings.Cut(err.Error(), "\n")
		e = &exitError{code: exitUsage, err: errors.New(message)}
		if err = e; rest != "" {
			err = hint.Add(e, "%s", strings.Join(strings.Fields(rest), " "))
		}
	}
	if e.err == nil {
		return e.code
	}
	explain(s, err)
	if e.code == exitUsage {
		s.Hintf("run '%s --help' for how to use it", cmd.CommandPath())
	}
	return e.code
}

// withStatus gives the errors of run an exit status unless they carry one: 2 if they are
// refusals of the request, else 1. So report can tell them from Cobra's usage errors.
func withStatus(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		if _, ok := errors.AsType[*exitError](err); ok || err == nil {
			return err
		}
		if hint.Refused(err) {
			return &exitError{code: exitUsage, err: err}
		}
		return &exitError{code: exitFailed, err: err}
	}
}
