//go:build unix

package cli

import (
	"bytes"
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

// experimentCommand is `bagnet experiment` in dir, on small pictures and with a
// tiny network beside the embedded one.
func experimentCommand(t *testing.T, dir, name string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	tiny, err := filepath.Abs(filepath.Join("..", "convnet", "testdata", "resnet-basic.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	cmd, stdout, stderr = evaluateCommand(dir)
	cmd.Args = append([]string{"bagnet", "experiment", name, "-m", "bagnet33-imagenette", "-m", tiny, "--format", "json",
		"--crop", "64", "--threads", "4"}, args...)
	return cmd, stdout, stderr
}

// ballsOf makes a set of four images, one of them broken, in classes that both
// networks know.
func ballsOf(t *testing.T, dir string) {
	t.Helper()
	ball := testkit.GolfBall(t)
	for i, class := range []string{"1", "3"} {
		if err := os.MkdirAll(filepath.Join(dir, "set", class), 0o777); err != nil {
			t.Fatal(err)
		}
		for j := range 2 {
			data := ball
			if i+j == 2 {
				data = ball[:len(ball)/2]
			}
			if err := os.WriteFile(filepath.Join(dir, "set", class, string(rune('a'+j))+".png"), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestKilledExperiment kills an experiment with two networks again and again; in
// the end the report, the records and the plot are those of a run that nobody
// disturbed.
func TestKilledExperiment(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"shuffle":      {"--tiles", "8,16", "--patches", "1", "--features"},
		"interactions": {"--sizes", "8", "--gaps", "0,32"},
		"sensitivity":  {"--map", "occlusion", "--map", "random", "--patch", "32", "--shares", "0,25,50"},
	} {
		dir := t.TempDir()
		ballsOf(t, dir)
		run := func(records, plot string, more ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
			return experimentCommand(t, dir, name, append(append(flags, "--records", records, "--plot", plot, "set"), more...)...)
		}
		cmd, want, stderr := run("undisturbed.ndjson", "undisturbed.png")
		if cmd.Run(); cmd.ProcessState.ExitCode() != exitFailed {
			t.Fatalf("%s: exit status %d: %s", name, cmd.ProcessState.ExitCode(), stderr)
		}
		rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
		finished := filepath.Join(dir, "killed.ndjson")
		part := finished + ".part"
		for kills := 0; ; {
			cmd, got, stderr := run("killed.ndjson", "killed.png", "--resume")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if kills < 5 {
				n := lines(part) + rng.IntN(3)
				waitFor(t, func() bool { return lines(part) >= n || output.Exists(finished) })
				time.Sleep(time.Duration(rng.IntN(20_000)) * time.Microsecond)
				cmd.Process.Kill()
			}
			cmd.Wait()
			if cmd.ProcessState.ExitCode() < 0 {
				kills++
				continue
			}
			if code := cmd.ProcessState.ExitCode(); code != exitFailed {
				t.Fatalf("%s: exit status %d after %d kills: %s", name, code, kills, stderr)
			}
			if got.String() != want.String() {
				t.Errorf("%s: report after %d kills: %s\nwant %s", name, kills, got, want)
			}
			if kills == 0 {
				t.Errorf("%s: the process was never killed", name)
			}
			break
		}
		for _, files := range [][2]string{{"killed.ndjson", "undisturbed.ndjson"}, {"killed.png", "undisturbed.png"}} {
			a, errA := os.ReadFile(filepath.Join(dir, files[0]))
			b, errB := os.ReadFile(filepath.Join(dir, files[1]))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: %s is not %s (%v, %v)", name, files[0], files[1], errA, errB)
			}
		}
		if n := lines(finished); n != 8 {
			t.Errorf("%s: %d records, want 8", name, n)
		}
		drawing, _ := filepath.Glob(filepath.Join(dir, ".bagnet-*.tmp")) // at the moment of a kill; swept after a minute
		for _, path := range drawing {
			os.Remove(path)
		}
		testkit.WantOnly(t, dir, "killed.ndjson", "killed.png", "set", "undisturbed.ndjson", "undisturbed.png")
	}
}

func TestInterruptedExperiment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "1"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1", "ball.png"), testkit.GolfBall(t), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "1", "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--tiles", "8", "--patches", "0", "--records", "r.ndjson", "--force", "--plot", "p.svg"}
	interrupt := func(t *testing.T) string {
		t.Helper()
		cmd, stdout, stderr := experimentCommand(t, dir, "shuffle", append(flags, "1/ball.png", "1/pipe", "1/ball.png")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return lines(filepath.Join(dir, "r.ndjson.part")) >= 1 })
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.HasSuffix(stderr.String(), "bagnet: interrupted\n") {
			t.Errorf("exit status %d, want %d; stderr %s", code, exitInterrupted, stderr)
		}
		return stdout.String()
	}
	report := interrupt(t)
	for _, want := range []string{`"images":3,"of":3,"interrupted":true,`, `"patch":33,"measured":1,"failed":0`, `"family":"resnet","measured":0,"failed":0,"unlabelled":0,"intact":{"mean":null,"standard_error":null},"tiles":[]`} {
		if !strings.Contains(report, want) {
			t.Errorf("report %s has no %s", report, want)
		}
	}
	testkit.WantOnly(t, dir, "1", "p.svg", "r.ndjson")

	// It replaces no plot.
	if err := os.WriteFile(filepath.Join(dir, "p.svg"), []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	interrupt(t)
	if old, err := os.ReadFile(filepath.Join(dir, "p.svg")); err != nil || string(old) != "old" {
		t.Errorf("the older plot is now %q, %v", old, err)
	}

	// A list that never ends is no reason not to be interrupted.
	if err := syscall.Mkfifo(filepath.Join(dir, "list"), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd, _, stderr := experimentCommand(t, dir, "shuffle", "--files-from", "list")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	list, err := os.OpenFile(filepath.Join(dir, "list"), os.O_WRONLY, 0) // waits for the reader
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit status %d; stderr %s", code, stderr)
	}
}
