//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bagnet/internal/testkit"
)

// interrupted starts bagnet in dir on a picture followed by a pipe that nobody
// writes to, interrupts it when the first result is there, and returns its
// exit status, the number of results and stderr.
func interrupted(t *testing.T, dir string, args ...string) (code, results int, stderr string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "ball.png"), testkit.GolfBall(t), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil && !errors.Is(err, syscall.EEXIST) {
		t.Fatal(err)
	}
	cmd := exec.Command("bagnet", append([]string{"classify", "--format", "json", "ball.png", "ball.png", "pipe", "ball.png"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BAGNET_MODEL=")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if results++; results == 2 {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), results, errs.String()
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, results, stderr := interrupted(t, dir, "--npy", "logits.npy")
	if code != exitInterrupted || results != 2 {
		t.Errorf("exit status %d with %d results, want %d with 2", code, results, exitInterrupted)
	}
	if !strings.HasSuffix(stderr, "bagnet: interrupted\n") {
		t.Errorf("stderr: %q", stderr)
	}
	// What was finished is written.
	data, err := os.ReadFile(filepath.Join(dir, "logits.npy"))
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := testkit.ParseNPY(data); err != nil || len(rows) != 2 {
		t.Errorf("%d rows, %v, want 2", len(rows), err)
	}

	// But an older output is replaced only by a finished one.
	if code, _, _ := interrupted(t, dir, "--npy", "logits.npy"); code != exitInterrupted {
		t.Errorf("exit status %d", code)
	}
	if again, err := os.ReadFile(filepath.Join(dir, "logits.npy")); err != nil || !bytes.Equal(again, data) {
		t.Errorf("an unfinished output replaced an older file (%v)", err)
	}
	testkit.WantOnly(t, dir, "ball.png", "logits.npy", "pipe")
}

// TestTopPatchesInterrupted leaves what was found so far.
func TestTopPatchesInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ball.png"), testkit.GolfBall(t), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bagnet", "top-patches", "--class", "tench", "--class", "golf ball", "-o", "sheets", "--format", "json", "--files-from", "-")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BAGNET_MODEL=")
	cmd.Stdin = strings.NewReader("ball.png\nmissing.png\n" + strings.Repeat("ball.png\n", 100_000))
	var out, errs bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(&errs, lines.Text())
		if strings.Contains(lines.Text(), "missing.png") { // the first image's patches are there
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit status %d, want %d", code, exitInterrupted)
	}
	if !strings.Contains(errs.String(), "these are the patches of the first") || strings.Count(out.String(), `"rank":1,`) != 2 || strings.Contains(out.String(), `"rank":2,`) {
		t.Errorf("it said %q and printed %q", &errs, &out)
	}
	testkit.WantOnly(t, dir, "ball.png", "sheets")
	testkit.WantOnly(t, filepath.Join(dir, "sheets"), "index.html", "top-patches.golf_ball.png", "top-patches.tench.png")
}

// TestReaderHasEnough is `bagnet classify ... | head -1`.
func TestReaderHasEnough(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ball.png"), testkit.GolfBall(t), 0o666); err != nil {
		t.Fatal(err)
	}
	images := slices.Repeat([]string{"ball.png"}, 2000) // so many that they outlast the reader
	cmd := exec.Command("bagnet", append([]string{"classify", "--npy", "logits.npy"}, images...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BAGNET_MODEL=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReaderSize(stdout, 16).ReadString('\n')
	if err != nil || line != "ball.png\n" {
		t.Errorf("first line %q, %v", line, err)
	}
	stdout.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || stderr.Len() > 0 {
		t.Errorf("exit status %d, stderr %q, want %d and silence", code, stderr.String(), exitFailed)
	}
	testkit.WantOnly(t, dir, "ball.png")
}

// TestInterruptedPull keeps what came for the next pull.
func TestInterruptedPull(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(make([]byte, 100))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	dir := t.TempDir()
	cmd := exec.Command("bagnet", "models", "pull", "bagnet33", "bagnet17")
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+dir, "BAGNET_MODEL_BASE_URL="+server.URL)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, "bagnet", "bagnet32-2ddd53ed.pth.tar.part")
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(part); err == nil && info.Size() == 100 {
			break
		}
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.HasSuffix(stderr.String(), "\nbagnet: interrupted\n") {
		t.Errorf("exit status %d, stderr %q", code, stderr.String())
	}
	if info, err := os.Stat(part); err != nil || info.Size() != 100 {
		t.Errorf("the part: %v, %v", info, err)
	}
}
