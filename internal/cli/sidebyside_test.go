package cli

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/testkit"
)

// TestSideBySide puts many images through every command, one of them broken and one cut
// off, on one CPU and more: what comes out and what is said is the same, byte for byte and
// in the same order, and so are the files.
func TestSideBySide(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	dir := t.TempDir()
	for i := range 10 {
		writeScene(t, filepath.Join(dir, "set", []string{"8", "tench", "church"}[i%3], fmt.Sprintf("%02d.png", i)), 70, 60+i, uint64(i))
	}
	put(t, dir, "set/church/03.png", []byte("broken"))
	put(t, dir, "set/tench/09.png", testkit.GolfBall(t)[:1000])
	t.Chdir(dir)
	commands := map[string][]string{
		"classify":     {"classify", "--format", "json", "--npy", "out/logits.npy"},
		"evaluate":     {"evaluate", "--format", "json", "--predictions", "out/p.ndjson", "--confusion", "out/c.csv"},
		"top-patches":  {"top-patches", "-c", "all", "-n", "3", "-o", "out/sheets"},
		"lowest":       {"top-patches", "-c", "tench", "--lowest", "-o", "out/low.png"},
		"patches":      {"patches", "--npy", "out/arrays", "--format", "json"},
		"heatmap":      {"heatmap", "--stride", "8", "-o", "out/maps", "-c", "tench", "-c", "church", "--format", "json", "--npy", "out/maps"},
		"likeliest":    {"heatmap", "--stride", "4", "-o", "out/maps"},
		"shuffle":      {"experiment", "shuffle", "--tiles", "16", "--patches", "2", "--records", "out/r.ndjson"},
		"interactions": {"experiment", "interactions", "--sizes", "8", "--gaps", "8", "--records", "out/r.ndjson"},
		"sensitivity":  {"experiment", "sensitivity", "--patch", "16", "--map", "bagnet9-imagenette", "--map", "random", "--records", "out/r.ndjson"},
		"noise":        {"experiment", "noise", "--levels", "0,0.5", "--records", "out/r.ndjson"},
		"errors":       {"experiment", "errors", "-m", "bagnet9-imagenette", "-m", "bagnet17-imagenette", "--records", "out/r.ndjson"},
	}
	threads := []string{"2", "3", "8"}
	if raceDetector {
		threads = []string{"4"}
	}
	type result struct {
		code           int
		stdout, stderr string
		files          map[string][]byte
	}
	run := func(args []string, threads string) (r result) {
		os.RemoveAll("out")
		if err := os.Mkdir("out", 0o777); err != nil {
			t.Fatal(err)
		}
		r.code, r.stdout, r.stderr = runMain(t, nil, append(args, "--resize", "64", "--crop", "48", "--threads", threads, "set")...)
		r.stdout = regexp.MustCompile(`"(seconds|images_per_second)":[0-9.]+`).ReplaceAllString(r.stdout, "")
		r.files = tree(t, "out")
		return r
	}
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		t.Run(name, func(t *testing.T) {
			args := commands[name]
			if args[0] != "experiment" {
				args = append(args, "-m", "bagnet9-imagenette")
			} else if name != "errors" {
				args = append(args, "-m", "bagnet17-imagenette")
			}
			want := run(args, "1")
			if want.code != exitFailed || !strings.Contains(want.stderr, "2 of 12 images failed") || len(want.files) == 0 {
				t.Fatalf("exit status %d, %d files: %s", want.code, len(want.files), want.stderr)
			}
			for _, n := range threads {
				got := run(args, n)
				if got.code != want.code || got.stdout != want.stdout || got.stderr != want.stderr {
					t.Errorf("%s threads: exit status %d\n%s\n%s\nwant %d\n%s\n%s", n, got.code, got.stdout, got.stderr, want.code, want.stdout, want.stderr)
				}
				for file := range want.files {
					if !bytes.Equal(got.files[file], want.files[file]) {
						t.Errorf("%s threads: %s is another", n, file)
					}
				}
				if len(got.files) != len(want.files) {
					t.Errorf("%s threads: %d files, want %d", n, len(got.files), len(want.files))
				}
			}
		})
	}
}

// tree returns the contents of all files in dir and below, by path.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestSaysHowManyPasses has several images and one, of one size and of any.
func TestSaysHowManyPasses(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	dir := t.TempDir()
	for i := range 4 {
		writeScene(t, filepath.Join(dir, "tench", fmt.Sprint(i, ".png")), 64, 64, uint64(i))
	}
	one := filepath.Join(dir, "tench", "0.png")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"4 passes at once, each with 1 thread\n", []string{"classify", "--threads", "4", "-k1", dir}},
		{"4 passes at once, each with 2 threads\n", []string{"patches", "--npy", dir, "--threads", "8", dir}},
		{"4 passes at once, each with 1 thread\n", []string{"evaluate", "--threads", "4", dir}},
		{"", []string{"classify", "--threads", "1", "-k1", dir}},
		{"", []string{"classify", "--threads", "4", "-k1", one}},
		{"", []string{"classify", "--threads", "4", "-k1", "--crop", "none", dir}},
	} {
		code, _, stderr := runMain(t, nil, append(c.args, "-v", "-m", "bagnet9-imagenette")...)
		if code != exitOK || c.want != "" && !strings.Contains(stderr, c.want) || c.want == "" && strings.Contains(stderr, "at once") {
			t.Errorf("%v: exit status %d, %s", c.args, code, stderr)
		}
	}
}
