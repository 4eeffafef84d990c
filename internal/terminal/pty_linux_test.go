package terminal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// newTerminal returns a terminal of 80 columns, and what ends it and returns the text that
// a person sees on it then.
func newTerminal(t *testing.T) (terminal *os.File, shown func() string) {
	t.Helper()
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { unix.Close(master) })
	number, err := unix.IoctlGetUint32(master, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err == nil {
		terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return terminal, func() string {
		terminal.Close()
		var written []byte
		for buf := make([]byte, 4096); ; {
			n, err := unix.Read(master, buf)
			if errors.Is(err, unix.EIO) || err == nil && n == 0 { // nobody writes any more
				return seen(string(written))
			}
			if err != nil {
				t.Fatal(err)
			}
			written = append(written, buf[:n]...)
		}
	}
}

// seen is the text that a terminal shows after written: a carriage return goes back to the
// beginning of the line, ESC [2K and ESC [K clear it.
func seen(written string) string {
	var above []string
	var line []rune
	at := 0
	for written != "" {
		for _, clears := range []string{"\x1b[2K", "\x1b[K"} {
			if rest, ok := strings.CutPrefix(written, clears); ok {
				written, line = rest, nil
			}
		}
		if written == "" {
			break
		}
		r := []rune(written)[0]
		written = written[len(string(r)):]
		switch r {
		case '\r':
			at = 0
		case '\n':
			above, line, at = append(above, strings.TrimRight(string(line), " ")), nil, 0
		default:
			for len(line) <= at {
				line = append(line, ' ')
			}
			line[at] = r
			at++
		}
	}
	return strings.Join(append(above, strings.TrimRight(string(line), " ")), "\n")
}
