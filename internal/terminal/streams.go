// Package terminal is the standard streams of a run: what is said on them, and how far it
// has come.
package terminal

import (
	"fmt"
	"io"

	"golang.org/x/term"

	"bagnet/internal/text"
)

// Streams are the standard streams of a run and how much to say on stderr.
// All but In are used from one goroutine at a time.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Quiet    bool
	Verbose  bool
	Dumb     bool // the terminal cannot draw a line anew
}

// Is reports whether stream is a terminal.
func Is(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// canAnimate reports whether a progress bar can be shown on stderr.
func (s *Streams) canAnimate() bool {
	return !s.Quiet && Is(s.Err) && !s.Dumb
}

// Write sends one finished piece of output to stdout.
func (s *Streams) Write(p []byte) error {
	if _, err := s.Out.Write(p); err != nil {
		return fmt.Errorf("writing standard output: %w", text.Reason(err))
	}
	return nil
}

// Printf writes formatted text to stdout.
func (s *Streams) Printf(format string, args ...any) error {
	return s.Write(fmt.Appendf(nil, format, args...))
}

// Errorf says on stderr what went wrong.
func (s *Streams) Errorf(format string, args ...any) { s.say("bagnet: ", format, args) }

// Hintf says on stderr what to do about an error.
func (s *Streams) Hintf(format string, args ...any) { s.say("hint: ", format, args) }

// Warnf says on stderr what may be wrong, unless told to be quiet.
func (s *Streams) Warnf(format string, args ...any) {
	if !s.Quiet {
		s.say("bagnet: warning: ", format, args)
	}
}

// Notef says on stderr what is good to know, unless told to be quiet.
func (s *Streams) Notef(format string, args ...any) {
	if !s.Quiet {
		s.say("bagnet: ", format, args)
	}
}

// Detailf says on stderr what only --verbose asks for.
func (s *Streams) Detailf(format string, args ...any) {
	if s.Verbose {
		s.say("bagnet: ", format, args)
	}
}

// say writes one line to stderr; if that fails there is nobody left to tell.
func (s *Streams) say(prefix, format string, args []any) {
	io.WriteString(s.Err, prefix+text.OneLine(fmt.Sprintf(format, args...))+"\n")
}
