//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bagnet/internal/output"
	"bagnet/internal/testkit"
)

// evaluateCommand is `bagnet evaluate` in dir on small pictures, so
// that it is quick.
func evaluateCommand(dir string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.Command("bagnet", append([]string{"evaluate", "--format", "json", "--resize", "64", "--crop", "64", "--threads", "1"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BAGNET_MODEL=", "GORACE=atexit_sleep_ms=0")
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// untimed is a report without what depends on the clock.
func untimed(t *testing.T, report []byte) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(report, &fields); err != nil {
		t.Fatalf("report %q: %v", report, err)
	}
	delete(fields, "seconds")
	delete(fields, "images_per_second")
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lines is how many lines a file has, 0 if it is not there.
func lines(path string) int {
	data, _ := os.ReadFile(path)
	return bytes.Count(data, []byte("\n"))
}

// waitFor waits until done says so, or for a minute.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 60_000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("nothing happened for a minute")
}

// TestKilledAndResumed kills the process again and again; in the end the
// report and the file are those of a run that nobody disturbed.
func TestKilledAndResumed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ball := testkit.GolfBall(t)
	for i, class := range []string{"8", "tench", "church"} {
		if err := os.MkdirAll(filepath.Join(dir, "set", class), 0o777); err != nil {
			t.Fatal(err)
		}
		for j := range 8 {
			data := ball
			if j == 2*i {
				data = ball[:len(ball)/2] // fails
			}
			if err := os.WriteFile(filepath.Join(dir, "set", class, string(rune('a'+j))+".png"), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd, want, stderr := evaluateCommand(dir, "--predictions", "undisturbed.ndjson", "set")
	if cmd.Run(); cmd.ProcessState.ExitCode() != exitFailed {
		t.Fatalf("exit status %d: %s", cmd.ProcessState.ExitCode(), stderr)
	}

	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	kills := 0
	finished := filepath.Join(dir, "killed.ndjson")
	part := finished + ".part"
	for {
		cmd, got, stderr := evaluateCommand(dir, "--predictions", "killed.ndjson", "--resume", "--threads", "4", "set")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kills < 8 {
			n := lines(part) + rng.IntN(4)
			waitFor(t, func() bool { return lines(part) >= n || output.Exists(finished) })
			time.Sleep(time.Duration(rng.IntN(10_000)) * time.Microsecond)
			cmd.Process.Kill()
		}
		cmd.Wait()
		if cmd.ProcessState.ExitCode() < 0 {
			kills++
			continue
		}
		if code := cmd.ProcessState.ExitCode(); code != exitFailed {
			t.Fatalf("exit status %d after %d kills: %s", code, kills, stderr)
		}
		if a, b := untimed(t, got.Bytes()), untimed(t, want.Bytes()); a != b {
			t.Errorf("report after %d kills: %s\nwant %s", kills, a, b)
		}
		break
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("the process was never killed")
	}
	a, errA := os.ReadFile(finished)
	b, errB := os.ReadFile(filepath.Join(dir, "undisturbed.ndjson"))
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("results after %d kills are not those of an undisturbed run (%v, %v)", kills, errA, errB)
	}
	testkit.WantOnly(t, dir, "killed.ndjson", "set", "undisturbed.ndjson")
}

func TestInterruptedEvaluation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "8"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "8", "ball.png"), testkit.GolfBall(t), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "8", "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	interrupt := func(flags ...string) (report string) {
		t.Helper()
		cmd, stdout, stderr := evaluateCommand(dir, append(flags, "--threads", "4", "--predictions", "p.ndjson", "--confusion", "c.csv", "8/ball.png", "8/ball.png", "8/pipe", "8/ball.png")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return lines(filepath.Join(dir, "p.ndjson.part")) >= 2 })
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.HasSuffix(stderr.String(), "bagnet: interrupted\n") {
			t.Errorf("exit status %d, want %d; stderr %s", code, exitInterrupted, stderr)
		}
		return stdout.String()
	}
	report := interrupt()
	if !strings.Contains(report, `"images":2,"failed":0,"unlabelled":0,"evaluated":2,`) || !strings.Contains(report, `"interrupted":true`) {
		t.Errorf("report: %s", report)
	}
	testkit.WantOnly(t, dir, "8", "c.csv", "p.ndjson") // what was finished is in its place
	finished, err := os.ReadFile(filepath.Join(dir, "p.ndjson"))
	if err != nil || bytes.Count(finished, []byte("\n")) != 2 {
		t.Errorf("results %q, %v", finished, err)
	}

	// But it replaces nothing.
	if err := os.WriteFile(filepath.Join(dir, "p.ndjson"), finished[:bytes.IndexByte(finished, '\n')+1], 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.csv"), []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	interrupt("--force")
	testkit.WantOnly(t, dir, "8", "c.csv", "p.ndjson", "p.ndjson.part")
	if old, err := os.ReadFile(filepath.Join(dir, "c.csv")); err != nil || string(old) != "old" {
		t.Errorf("the older matrix is now %q, %v", old, err)
	}

	// Without the pipe it comes to an end, from the second image.
	cmd, stdout, stderr := evaluateCommand(dir, "--predictions", "p.ndjson", "--resume", "8/ball.png", "8/ball.png", "8/ball.png")
	if err := cmd.Run(); err != nil || !strings.Contains(stderr.String(), "going on after the first 2 results") || !strings.Contains(stdout.String(), `"evaluated":3,`) {
		t.Errorf("%v, stdout %s, stderr %s", err, stdout, stderr)
	}
	testkit.WantOnly(t, dir, "8", "c.csv", "p.ndjson")
}
