//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"bagnet/models"
)

// leftover matches what a killed process may leave beside its outputs.
var leftover = regexp.MustCompile(`(^|/)(\.bagnet-[0-9a-f]{8}\.tmp|[^/]*\.part|[^/]*\.part\.origin|[^/]*\.lock|[^/]*\.json)$`)

// TestFaultsKilled ends each command that writes files with SIGKILL, SIGTERM and
// SIGINT at random moments. Under a final name there is never anything but the
// file of an undisturbed run, or the one that was there before. What is left
// beside it is gone after the next run.
func TestFaultsKilled(t *testing.T) {
	t.Parallel()
	skipRace(t)
	shared := t.TempDir()
	var pictures []string
	for i := range 6 {
		name := fmt.Sprintf("set/%s/%d.png", []string{"8", "tench", "church"}[i%3], i)
		writeScene(t, filepath.Join(shared, name), 64, 64, uint64(i))
		pictures = append(pictures, filepath.Join(shared, name))
	}
	data, _ := models.Embedded(models.DefaultName)
	model := put(t, shared, "model.safetensors", data)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(&slowWriter{w}, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer server.Close()
	url := server.URL + "/" + test33().File

	moments := scaledFault(8, 80) // of each command
	for _, command := range []struct {
		name string
		args []string
	}{
		{"heatmap", append(quickly("heatmap", "--stride", "8", "-o", "out", "--npy", "out/arrays"), pictures...)},
		{"top-patches", append(quickly("top-patches", "-c", "tench", "-c", "golf ball", "-n", "4", "-o", "out"), pictures...)},
		{"patches", append(quickly("patches", "--npy", "out"), pictures...)},
		{"classify", append(quickly("classify", "--npy", "out/logits.npy"), pictures...)},
		{"convert", []string{"models", "convert", model, "out/model.safetensors"}},
		{"pull", []string{"models", "pull", "test33"}},
		{"evaluate", quickly("evaluate", "--predictions", "out/p.ndjson", "--resume", "--confusion", "out/c.csv", "--confusion", "out/c.png", filepath.Join(shared, "set"))},
	} {
		t.Run(command.name, func(t *testing.T) {
			killAtRandom(t, moments, url, command.args)
		})
	}
}

type slowWriter struct{ http.ResponseWriter }

func (w *slowWriter) Write(b []byte) (int, error) {
	time.Sleep(2 * time.Millisecond)
	return w.ResponseWriter.Write(b)
}

// killAtRandom is one command of TestFaultsKilled, which writes to ./out.
func killAtRandom(t *testing.T, moments int, url string, args []string) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	env := []string{"XDG_CACHE_HOME=" + out, "BAGNET_TEST_URL=" + url, "BAGNET_MODEL_BASE_URL="}
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	undisturbed := runFault(t, dir, env, args...)
	if undisturbed.code != exitOK {
		t.Fatalf("exit status %d: %s", undisturbed.code, undisturbed.stderr)
	}
	want := tree(t, out)
	final := func(name string) bool { return !leftover.MatchString(name) }
	var names []string
	for name := range want {
		if final(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("the command wrote nothing")
	}

	rng := rand.New(rand.NewPCG(uint64(len(args)), uint64(time.Now().UnixNano())))
	killed, ended, files, results, temporary := 0, 0, 0, 0, map[string]bool{}
	for moment := range moments {
		// Every other time the outputs are there from before. Results that
		// evaluate goes on with are never taken away.
		older := moment%2 == 1 && results == 0
		if older {
			for _, name := range names {
				put(t, out, name, want[name])
			}
		} else {
			for _, name := range names {
				if !strings.HasSuffix(name, ".ndjson") {
					os.Remove(filepath.Join(out, name))
				}
			}
		}
		cmd := bagnetIn(t.Context(), dir, env, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if moment%8 < 4 {
			time.Sleep(time.Duration(rng.Float64() * 1.1 * float64(undisturbed.took)))
		} else { // while something is being written
			deadline := time.Now().Add(undisturbed.took)
			for time.Now().Before(deadline) && !beingWritten(out) {
				time.Sleep(100 * time.Microsecond)
			}
			time.Sleep(time.Duration(rng.Float64() * float64(2*time.Millisecond)))
		}
		signal := []os.Signal{os.Kill, os.Kill, syscall.SIGTERM, os.Interrupt}[moment%4]
		cmd.Process.Signal(signal)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code < 0 && signal == os.Kill {
			killed++
		} else if code < 0 || code == exitInterrupted {
			ended++
		} else if code != exitOK {
			t.Errorf("exit status %d after %v", code, signal)
		} else if os.Remove(filepath.Join(out, "p.ndjson")) == nil {
			results = 0 // there would be nothing left to evaluate
		}
		before := results
		results = 0
		for name, data := range tree(t, out) {
			if strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".ndjson.part") {
				results = bytes.Count(data, []byte("\n"))
				data = data[:bytes.LastIndexByte(data, '\n')+1]
				if !bytes.HasPrefix(want["p.ndjson"], data) {
					t.Errorf("%s: other results than those of an undisturbed run", name)
				}
				continue
			}
			if strings.HasSuffix(name, ".tmp") && !temporary[name] {
				temporary[name] = true
				if signal != os.Kill {
					t.Errorf("%s is left after %v", name, signal)
				}
			}
			if !final(name) {
				continue
			}
			if signal != os.Kill && interruptible(args, name) {
				continue // of an interrupted run there is what it finished
			}
			files++
			if !bytes.Equal(data, want[name]) {
				t.Errorf("%s: %d bytes after %v, not the %d of an undisturbed run", name, len(data), signal, len(want[name]))
			}
		}
		if results < before {
			t.Errorf("%d results after %d", results, before)
		}
		if t.Failed() {
			return
		}
	}
	// What is left grows old, and the next run sweeps it.
	for _, name := range names {
		if !strings.HasSuffix(name, ".ndjson") {
			os.Remove(filepath.Join(out, name)) // else there is nothing to download
		}
	}
	long := time.Now().Add(-time.Hour)
	for name := range tree(t, out) {
		if err := os.Chtimes(filepath.Join(out, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	if f := runFault(t, dir, env, args...); f.code != exitOK {
		t.Fatalf("exit status %d after all: %s", f.code, f.stderr)
	}
	got := tree(t, out)
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is left in the end", name)
		}
	}
	for _, name := range names {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s is not that of an undisturbed run in the end", name)
		}
	}
	t.Logf("figures: %d moments: killed %d times, interrupted %d times; %d files compared, %d temporary files swept", moments, killed, ended, files, len(temporary))
}

// beingWritten reports whether there is a temporary file in dir.
func beingWritten(dir string) bool {
	found, _ := filepath.Glob(filepath.Join(dir, ".bagnet-*.tmp"))
	return len(found) > 0
}

// interruptible reports whether an output says what an interrupted run finished.
func interruptible(args []string, name string) bool {
	return args[0] == "top-patches" || args[0] == "classify" || args[0] == "evaluate" && strings.HasPrefix(name, "c.")
}
