package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"bagnet/internal/text"
)

// streams are the standard streams of a run and how much to say on stderr.
// They are used from one goroutine at a time, in except.
type streams struct {
	in       io.Reader
	out, err io.Writer
	quiet    bool
	verbose  bool
}

// isTerminal reports whether stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// canAnimate reports whether a progress bar can be shown on stderr.
func (s *streams) canAnimate() bool {
	return !s.quiet && isTerminal(s.err) && os.Getenv("TERM") != "dumb"
}

// write sends one finished piece of output to stdout.
func (s *streams) write(p []byte) error {
	if _, err := s.out.Write(p); err != nil {
		return fmt.Errorf("writing standard output: %w", text.Reason(err))
	}
	return nil
}

// printf writes formatted text to stdout.
func (s *streams) printf(format string, args ...any) error {
	return s.write(fmt.Appendf(nil, format, args...))
}

// errorf says on stderr what went wrong.
func (s *streams) errorf(format string, args ...any) { s.say("bagnet: ", format, args) }

// hintf says on stderr what to do about an error.
func (s *streams) hintf(format string, args ...any) { s.say("hint: ", format, args) }

// warnf says on stderr what may be wrong, unless told to be quiet.
func (s *streams) warnf(format string, args ...any) {
	if !s.quiet {
		s.say("bagnet: warning: ", format, args)
	}
}

// notef says on stderr what is good to know, unless told to be quiet.
func (s *streams) notef(format string, args ...any) {
	if !s.quiet {
		s.say("bagnet: ", format, args)
	}
}

// detailf says on stderr what only --verbose asks for.
func (s *streams) detailf(format string, args ...any) {
	if s.verbose {
		s.say("bagnet: ", format, args)
	}
}

// say writes one line to stderr; if that fails there is nobody left to tell.
func (s *streams) say(prefix, format string, args []any) {
	io.WriteString(s.err, prefix+text.OneLine(fmt.Sprintf(format, args...))+"\n")
}
