//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bagnet/internal/output"
	"bagnet/internal/testkit"
)

// shardsOf makes the shards of a command's run in dir, killing each of them at random
// moments and starting it again. It returns how often.
func shardsOf(t *testing.T, dir string, shards int, args ...string) (kills int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(shards)))
	for i := range shards {
		part := filepath.Join(dir, "parts", fmt.Sprintf("%05d-of-%05d.ndjson", i, shards))
		for attempt := 0; ; attempt++ {
			cmd := exec.Command("bagnet", slices.Concat(args, []string{"--shard", fmt.Sprintf("%d/%d", i, shards), "--part", "parts/"})...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "BAGNET_MODEL=bagnet9-imagenette", "GORACE=atexit_sleep_ms=0")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if attempt < 2 {
				n := lines(part+".part") + rng.IntN(4)
				waitFor(t, func() bool { return lines(part+".part") >= n || output.Exists(part) })
				time.Sleep(time.Duration(rng.IntN(5_000)) * time.Microsecond)
				cmd.Process.Kill()
			}
			cmd.Wait()
			code := cmd.ProcessState.ExitCode()
			if code < 0 {
				kills++
				continue
			}
			if code != exitOK && code != exitFailed {
				t.Fatalf("shard %d of %d: exit status %d: %s", i, shards, code, &stderr)
			}
			break
		}
	}
	return kills
}

// outputOf is what a command prints in dir, one of whose images fails.
func outputOf(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("bagnet", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BAGNET_MODEL=bagnet9-imagenette", "GORACE=atexit_sleep_ms=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Fatalf("bagnet %s: exit status %d: %s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.String()
}

// TestShardsAreTheWhole makes runs in one and in several shards, of directories and tars,
// whose processes are killed again and again: what merging gives is the same.
func TestShardsAreTheWhole(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a hundred processes")
	}
	dir := t.TempDir()
	runs := []struct {
		inputs string
		shards []int
	}{{"set", []int{7}}, {"s-{0..3}.tar", []int{3}}}
	pictures := drawnPictures(t)
	for i, class := range []string{"tench", "8", "church", "unknown"} {
		if err := os.MkdirAll(filepath.Join(dir, "set", class), 0o777); err != nil {
			t.Fatal(err)
		}
		for j := range 4 {
			data := pictures[(4*i+j)%len(pictures)]
			if i == 1 && j == 2 {
				data = data[:len(data)/2] // fails
			}
			if err := os.WriteFile(filepath.Join(dir, "set", class, fmt.Sprintf("%d.png", j)), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		tar := exec.Command("tar", "-C", "set", "-cf", fmt.Sprintf("s-%d.tar", i), class)
		tar.Dir = dir
		if out, err := tar.CombinedOutput(); err != nil {
			t.Skipf("no tar: %v, %s", err, out)
		}
	}
	for _, run := range runs {
		inputs := run.inputs
		evaluate := []string{"evaluate", "--threads", "2", "--resize", "64", "--crop", "64", inputs}
		top := []string{"top-patches", "--threads", "2", "-c", "all", "-n", "3", "--per-image", "2", "--context", inputs}
		arrays := []string{"patches", "--resize", "32", "--crop", "32", "--features", "--npy", "arrays", inputs}
		report := untimed(t, []byte(outputOf(t, dir, append(evaluate, "--format", "json", "--predictions", "one.ndjson", "--confusion", "one.csv")...)))
		best := outputOf(t, dir, append(top, "-o", "one")...)
		index := outputOf(t, dir, append(arrays, "--format", "json")...)
		written := treeOf(t, filepath.Join(dir, "arrays"))
		for _, n := range run.shards {
			kills := shardsOf(t, dir, n, evaluate...)
			merged := untimed(t, []byte(outputOf(t, dir, "merge", "evaluate", "--format", "json", "--predictions", "merged.ndjson", "--confusion", "merged.csv", "parts")))
			if merged != report {
				t.Errorf("%s in %d shards: report\n%s, want\n%s", inputs, n, merged, report)
			}
			for _, ext := range []string{".ndjson", ".csv"} {
				if !bytes.Equal(fileOf(t, dir, "merged"+ext), fileOf(t, dir, "one"+ext)) {
					t.Errorf("%s in %d shards: merged%s is another", inputs, n, ext)
				}
			}
			os.RemoveAll(filepath.Join(dir, "parts"))
			os.Remove(filepath.Join(dir, "merged.ndjson"))

			kills += shardsOf(t, dir, n, top...)
			if merged := outputOf(t, dir, "merge", "top-patches", "-o", "merged", "parts"); merged != best {
				t.Errorf("%s in %d shards: patches\n%s, want\n%s", inputs, n, merged, best)
			}
			if got, want := treeOf(t, filepath.Join(dir, "merged")), treeOf(t, filepath.Join(dir, "one")); got != want {
				t.Errorf("%s in %d shards: sheets are others", inputs, n)
			}
			os.RemoveAll(filepath.Join(dir, "parts"))

			os.RemoveAll(filepath.Join(dir, "arrays"))
			kills += shardsOf(t, dir, n, arrays...)
			if merged := outputOf(t, dir, "merge", "patches", "--format", "json", "parts"); merged != index {
				t.Errorf("%s in %d shards: index\n%s, want\n%s", inputs, n, merged, index)
			}
			if treeOf(t, filepath.Join(dir, "arrays")) != written {
				t.Errorf("%s in %d shards: arrays are others", inputs, n)
			}
			os.RemoveAll(filepath.Join(dir, "parts"))
			t.Logf("%s in %d shards: killed %d times", inputs, n, kills)
			if kills == 0 {
				t.Errorf("%s in %d shards: no process was killed", inputs, n)
			}
		}
		os.RemoveAll(filepath.Join(dir, "one"))
		os.RemoveAll(filepath.Join(dir, "merged"))
		os.RemoveAll(filepath.Join(dir, "arrays"))
		os.Remove(filepath.Join(dir, "one.ndjson"))
	}
}

// drawnPictures are parts of the golf ball, each another picture.
func drawnPictures(t *testing.T) (all [][]byte) {
	t.Helper()
	ball, err := png.Decode(bytes.NewReader(testkit.GolfBall(t)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		part := image.NewNRGBA(image.Rect(0, 0, 80+5*i, 90-5*i))
		draw.Draw(part, part.Rect, ball, image.Pt(20*i, 7*i*i), draw.Src)
		var b bytes.Buffer
		if err := png.Encode(&b, part); err != nil {
			t.Fatal(err)
		}
		all = append(all, b.Bytes())
	}
	return all
}

func fileOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// treeOf is what a directory's files are called and contain.
func treeOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".bagnet-") { // of a killed process, which later ones remove
			continue
		}
		fmt.Fprintf(&all, "%s %x\n", e.Name(), fileOf(t, dir, e.Name()))
	}
	return all.String()
}
