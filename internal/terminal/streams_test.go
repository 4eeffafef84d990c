package terminal

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"
)

// TestSaid is what goes to stderr at each of the three levels.
func TestSaid(t *testing.T) {
	for _, c := range []struct {
		name    string
		streams Streams
		want    string
	}{
		{"as it is", Streams{}, "bagnet: e 1\nhint: h\nbagnet: warning: w\nbagnet: n\n"},
		{"quiet", Streams{Quiet: true}, "bagnet: e 1\nhint: h\n"},
		{"verbose", Streams{Verbose: true}, "bagnet: e 1\nhint: h\nbagnet: warning: w\nbagnet: n\nbagnet: d\n"},
	} {
		var stderr bytes.Buffer
		s := c.streams
		s.Err = &stderr
		s.Errorf("e %d", 1)
		s.Hintf("h")
		s.Warnf("w")
		s.Notef("n")
		s.Detailf("d")
		if got := stderr.String(); got != c.want {
			t.Errorf("%s: said %q, want %q", c.name, got, c.want)
		}
	}
}

// TestSaidInOneLine keeps what names hold from breaking lines or driving a terminal.
func TestSaidInOneLine(t *testing.T) {
	var stderr bytes.Buffer
	s := &Streams{Err: &stderr}
	s.Errorf("reading %s", "a\nb\x1b[31m\xff")
	if got, want := stderr.String(), `bagnet: reading a\nb\x1b[31m\xff`+"\n"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}

// failing is a stream that cannot be written to.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestPrinted(t *testing.T) {
	var stdout bytes.Buffer
	s := &Streams{Out: &stdout}
	if err := s.Printf("%s\x1b %d\n", "as it is", 7); err != nil || stdout.String() != "as it is\x1b 7\n" {
		t.Errorf("printed %q (%v)", stdout.String(), err)
	}
	full := errors.New("no space left on device")
	s.Out = failing{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: full}}
	if err := s.Printf("x"); !errors.Is(err, full) || err.Error() != "writing standard output: no space left on device" {
		t.Errorf("error %v", err)
	}
}
