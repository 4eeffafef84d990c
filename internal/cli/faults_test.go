//go:build linux

package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bagnet/internal/text"
)

// The tests called TestFaults feed the program what breaks programs. They are
// short unless BAGNET_FAULTS=long, which scripts/faults.sh sets.
func longFaults() bool { return os.Getenv("BAGNET_FAULTS") == "long" }

// scaledFault is one of two sizes of a test.
func scaledFault(short, long int) int {
	if longFaults() {
		return long
	}
	return short
}

// skipRace leaves out what starts so many processes that the race detector,
// which sees as much in other tests, makes minutes of it.
func skipRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("too many processes for the race detector")
	}
}

// fault is a process of bagnet and what came of it.
type fault struct {
	code           int // of a process that took too long, -1
	stdout, stderr string
	peak           int // resident memory, MiB; 0 where the system does not say
	took           time.Duration
}

// bagnetIn makes a process of bagnet in dir, not started yet.
func bagnetIn(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bagnet", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "BAGNET_MODEL=", "GORACE=atexit_sleep_ms=0"), env...)
	return cmd
}

// runFault runs bagnet in dir and waits for its end, for a minute at most.
func runFault(t *testing.T, dir string, env []string, args ...string) fault {
	t.Helper()
	return finish(t, func(ctx context.Context, env []string) *exec.Cmd { return bagnetIn(ctx, dir, env, args...) }, env)
}

// finish runs the process that start makes and waits for its end.
func finish(t *testing.T, start func(ctx context.Context, env []string) *exec.Cmd, env []string) fault {
	t.Helper()
	peak := filepath.Join(t.TempDir(), "peak")
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(scaledFault(60, 3600))*time.Second)
	defer cancel()
	cmd := start(ctx, append(env, "BAGNET_TEST_PEAK="+peak))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	begin := time.Now()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		t.Fatalf("running %q: %v", cmd.Args, err)
	}
	f := fault{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String(), took: time.Since(begin)}
	if text, err := os.ReadFile(peak); err == nil {
		kib, _ := strconv.Atoi(string(text))
		f.peak = kib >> 10
	}
	return f
}

// checkMessage sees that an error is one line, with hints perhaps, that says text.
func (f fault) checkMessage(t *testing.T, part string) {
	t.Helper()
	if !strings.Contains(f.stderr, part) {
		t.Errorf("stderr %q, want %q", f.stderr, part)
	}
	for line := range strings.Lines(f.stderr) {
		if !strings.HasPrefix(line, "bagnet: ") && !strings.HasPrefix(line, "hint: ") {
			t.Errorf("stderr has the line %q", line)
		}
		if !text.Printable(strings.TrimSuffix(line, "\n")) {
			t.Errorf("stderr has what is not printable: %q", line)
		}
	}
	if strings.Contains(f.stderr, "internal error") || strings.Contains(f.stderr, "goroutine ") {
		t.Errorf("a bug: %s", f.stderr)
	}
}

// quickFlags are flags that make a picture of 64 pixels quick work, and several pictures side by side.
var quickFlags = []string{"--resize", "48", "--crop", "48", "--threads", "4"}

func quickly(args ...string) []string { return append(args, quickFlags...) }
