//go:build linux

package cli

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bagnet/internal/output"
	"bagnet/internal/testkit"
)

// writers are commands that write files to ./out, each with what it writes.
func writers(model string) map[string][]string {
	return map[string][]string{
		"heatmap":     quickly("heatmap", "--stride", "8", "-o", "out/a.png", "a.png"),
		"top-patches": quickly("top-patches", "-c", "tench", "-c", "golf ball", "-o", "out", "a.png"),
		"patches":     quickly("patches", "--features", "--npy", "out", "a.png"),
		"classify":    quickly("classify", "--npy", "out/logits.npy", "--files-from", "many.txt"),
		"convert":     {"models", "convert", model, "out/model.safetensors"},
		"evaluate":    quickly("evaluate", "--predictions", "out/p.ndjson", "--files-from", "many.txt", "--truth", "a.csv"),
		"confusion":   quickly("evaluate", "--confusion", "out/c.png", "a.csv"),
		"plot":        quickly("experiment", "shuffle", "--patches", "0", "--plot", "out/p.png", "a.csv"),
	}
}

// writersIn puts what writers read into dir.
func writersIn(t *testing.T, dir string) {
	t.Helper()
	writeScene(t, filepath.Join(dir, "a.png"), 64, 64, 1)
	put(t, dir, "a.csv", []byte("a.png,tench\n"))
	put(t, dir, "many.txt", []byte(strings.Repeat("a.png\n", 1800)))
}

// TestFaultsFullDisk fills the disk under each command: nothing appears under a
// final name, nothing is left beside it, and one line says what is wrong. The
// disk is a small file system in memory where this may mount one; else the size
// of files is limited.
func TestFaultsFullDisk(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	writersIn(t, dir)
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	limit, message := "", "no space left on device"
	if err := syscall.Mount("tmpfs", out, "tmpfs", 0, "size=8k"); err == nil {
		t.Cleanup(func() { syscall.Unmount(out, syscall.MNT_DETACH) })
	} else {
		limit, message = "ulimit -f 1; ", "file too large"
	}
	for name, args := range writers("bagnet33-imagenette") {
		t.Run(name, func(t *testing.T) {
			f := finish(t, func(ctx context.Context, env []string) *exec.Cmd {
				cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", limit + `exec bagnet "$@"`, "sh"}, args...)...)
				cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "BAGNET_MODEL="), env...)
				return cmd
			}, nil)
			f.checkMessage(t, message)
			if f.code != exitFailed {
				t.Errorf("exit status %d: %s", f.code, f.stderr)
			}
			if name == "evaluate" { // what there was room for is kept
				kept, err := os.ReadFile(filepath.Join(out, "p.ndjson.part"))
				if err != nil || bytes.Count(kept, []byte("\n")) == 0 {
					t.Errorf("%d results kept, %v", bytes.Count(kept, []byte("\n")), err)
				}
				os.Remove(filepath.Join(out, "p.ndjson.part"))
			}
			testkit.WantOnly(t, out)
		})
	}
}

// TestFaultsReadOnly has commands write to a directory that they may not write
// to. All say so before any picture is looked at.
func TestFaultsReadOnly(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "faults") // t.TempDir() hides its directories from other users
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	writersIn(t, dir)
	for path, mode := range map[string]os.FileMode{dir: 0o755, filepath.Join(dir, "out"): 0o555} {
		if err := os.MkdirAll(path, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	program, err := exec.LookPath("bagnet")
	if err != nil {
		t.Fatal(err)
	}
	coverage, err := os.MkdirTemp("", "coverage") // where go test -cover has the program write; that one is hidden, too
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(coverage)
	if err := os.Chmod(coverage, 0o777); err != nil {
		t.Fatal(err)
	}
	anybody := filepath.Join(dir, "bagnet") // the test's own directory is hidden, too
	data, err := os.ReadFile(program)
	if err == nil {
		err = os.WriteFile(anybody, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range writers("bagnet33-imagenette") {
		t.Run(name, func(t *testing.T) {
			f := finish(t, func(ctx context.Context, env []string) *exec.Cmd {
				cmd := exec.CommandContext(ctx, anybody, args...)
				cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "BAGNET_MODEL=", "GOCOVERDIR="+coverage), env...)
				if os.Getuid() == 0 { // root may write anywhere
					const nobody = 65534
					cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
				}
				return cmd
			}, nil)
			f.checkMessage(t, "permission denied")
			if f.code != exitFailed || f.stdout != "" {
				t.Errorf("exit status %d, stdout %q", f.code, f.stdout)
			}
			testkit.WantOnly(t, filepath.Join(dir, "out"))
		})
	}
}

// TestFaultsSwept runs two processes in one directory, in which a third one was
// killed: its file goes, theirs stay.
func TestFaultsSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writersIn(t, dir)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	running := bagnetIn(t.Context(), dir, nil, quickly("classify", "--npy", "first.npy", "a.png", "pipe")...)
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return beingWritten(dir) })
	own, _ := filepath.Glob(filepath.Join(dir, ".bagnet-*.tmp"))
	lost := put(t, dir, ".bagnet-00c0ffee.tmp", []byte("x"))
	photo := put(t, dir, ".bagnet-photo.tmp", []byte("x"))
	const longAgo = "200101010000"
	if out, err := exec.Command("touch", append([]string{"-t", longAgo, lost, photo}, own...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if f := runFault(t, dir, nil, quickly("classify", "--npy", "second.npy", "a.png")...); f.code != exitOK {
		t.Fatalf("exit status %d: %s", f.code, f.stderr)
	}
	if output.Exists(lost) || !output.Exists(photo) || len(own) != 1 || !output.Exists(own[0]) {
		t.Errorf("lost file there: %v; other's file there: %v; %q", output.Exists(lost), output.Exists(photo), own)
	}
	if err := os.WriteFile(filepath.Join(dir, "pipe"), []byte("GIF89a no more"), 0); err != nil {
		t.Fatal(err)
	}
	if err := running.Wait(); running.ProcessState.ExitCode() != exitFailed {
		t.Errorf("the first process: %v", err)
	}
	testkit.WantOnly(t, dir, ".bagnet-photo.tmp", "a.csv", "a.png", "first.npy", "many.txt", "pipe", "second.npy")
}

// TestFaultsTwoRuns has two evaluations write the same predictions: one waits
// for nobody and says so.
func TestFaultsTwoRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writersIn(t, dir)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "both.csv", []byte("a.png,tench\npipe,tench\n"))
	args := quickly("evaluate", "--predictions", "p.ndjson", "--resume", "both.csv")
	first := bagnetIn(t.Context(), dir, nil, args...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, "p.ndjson.part")
	waitFor(t, func() bool { return lines(part) == 1 })
	f := runFault(t, dir, nil, args...)
	f.checkMessage(t, `writing "p.ndjson.part": another process is at it: wait for its end, or give another name`)
	if f.code != exitFailed {
		t.Errorf("exit status %d", f.code)
	}
	if err := os.WriteFile(filepath.Join(dir, "pipe"), []byte("GIF89a no more"), 0); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	if code := first.ProcessState.ExitCode(); code != exitFailed || lines(filepath.Join(dir, "p.ndjson")) != 2 || output.Exists(part) {
		t.Errorf("the first run: exit status %d, %d results", code, lines(filepath.Join(dir, "p.ndjson")))
	}
}
