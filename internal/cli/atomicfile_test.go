package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/filelock"
	"bagnet/internal/testkit"
)

// TestOutputsReachTheDisk has commands publish files: each is synced under its
// temporary name, before it is renamed, and its directory after that.
func TestOutputsReachTheDisk(t *testing.T) {
	ball := testkit.GolfBall(t)
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("set/golf ball", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("set/golf ball/ball.png", ball, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args      []string
		published []string
	}{
		"heatmap":  {[]string{"heatmap", "--stride", "8", "-o", "h.png", "--npy", "h.npy", "set/golf ball/ball.png"}, []string{"h.png", "h.npy"}},
		"classify": {[]string{"classify", "--npy", "c.npy", "set/golf ball/ball.png"}, []string{"c.npy"}},
		"evaluate": {[]string{"evaluate", "--predictions", "p.ndjson", "--confusion", "c.csv", "set"}, []string{"p.ndjson", "c.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			there := func() (n int) {
				for _, name := range c.published {
					if _, err := os.Stat(name); err == nil {
						n++
					}
				}
				return n
			}
			var files, directories []string
			filelock.OnSync = func(path string) {
				if info, err := os.Stat(path); err == nil && info.IsDir() {
					directories = append(directories, path)
					if there() != len(directories) {
						t.Errorf("the directory was synced %d times when %d files had their names", len(directories), there())
					}
					return
				}
				files = append(files, path)
				if slices.Contains(c.published, filepath.Base(path)) || there() >= len(files) {
					t.Errorf("%s was synced after it had its name", path)
				}
			}
			defer func() { filelock.OnSync = nil }()
			if code, _, stderr := runMain(t, nil, c.args...); code != exitOK {
				t.Fatalf("status %d: %s", code, stderr)
			}
			if len(files) != len(c.published) || len(directories) != len(c.published) || there() != len(c.published) {
				t.Errorf("synced %s and directories %s, published %d of %q", strings.Join(files, " "), strings.Join(directories, " "), there(), c.published)
			}
		})
	}
}
