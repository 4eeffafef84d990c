//go:build linux

package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bagnet"
)

// TestFaultsLong runs over many images, of which one in a hundred is broken. The
// counts are right, and memory does not grow with the number of images.
func TestFaultsLong(t *testing.T) {
	t.Parallel()
	skipRace(t)
	dir := t.TempDir()
	var names []string
	for i := range 100 {
		name := fmt.Sprintf("%d/%02d.png", i%10, i)
		writeScene(t, filepath.Join(dir, name), 64, 64, uint64(i))
		names = append(names, name)
	}
	broken := filepath.Join(dir, names[42])
	if err := os.Truncate(broken, 60); err != nil {
		t.Fatal(err)
	}
	list := func(images int) string {
		text := strings.Repeat(strings.Join(names, "\n")+"\n", images/len(names))
		return put(t, dir, fmt.Sprintf("list%d.txt", images), []byte(text))
	}
	many := scaledFault(500, 20_000)
	few := max(many/5, len(names))

	// growth is how many MiB the peak may differ by: the list itself, and chance.
	const growth = 25
	for _, command := range []struct {
		name  string
		args  []string
		check func(t *testing.T, images int, f fault)
	}{
		{"classify", []string{"classify", "--format", "json", "-k1"}, func(t *testing.T, images int, f fault) {
			records, errs := 0, 0
			for line := range strings.Lines(f.stdout) {
				var r struct {
					Error       string
					Predictions []bagnet.Prediction
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil || (r.Error == "") != (len(r.Predictions) == 1) {
					t.Fatalf("record %q: %v", line, err)
				}
				if records++; r.Error != "" {
					errs++
				}
			}
			if records != images || errs != images/100 {
				t.Errorf("%d records, %d with errors, of %d images", records, errs, images)
			}
		}},
		{"evaluate", []string{"evaluate", "--format", "json", "--predictions", "p.ndjson", "--force"}, func(t *testing.T, images int, f fault) {
			var r struct{ Images, Failed, Evaluated int }
			if err := json.Unmarshal([]byte(f.stdout), &r); err != nil || r.Images != images || r.Failed != images/100 || r.Evaluated != images-images/100 {
				t.Errorf("%+v, %v", r, err)
			}
			if n := lines(filepath.Join(dir, "p.ndjson")); n != images {
				t.Errorf("%d results of %d images", n, images)
			}
		}},
		{"top-patches", []string{"top-patches", "-c", "all", "-o", "sheets", "--format", "json"}, func(t *testing.T, images int, f fault) {
			patches, errs := 0, 0
			for line := range strings.Lines(f.stdout) {
				if strings.Contains(line, `"error":`) {
					errs++
				} else {
					patches++
				}
			}
			// Eight correct patches and eight distractors of each of ten classes.
			if errs != images/100 || patches != 160 {
				t.Errorf("%d patches, %d errors, of %d images", patches, errs, images)
			}
		}},
	} {
		t.Run(command.name, func(t *testing.T) {
			var peaks [2]int
			for i, images := range []int{few, many} {
				// Collected early, so that the peak is what is kept, and little else.
				f := runFault(t, dir, []string{"GOGC=25"}, quickly(append(command.args, "--files-from", list(images))...)...)
				if f.code != exitFailed {
					t.Fatalf("exit status %d: %.1000s", f.code, f.stderr)
				}
				if n := strings.Count(f.stderr, "truncated PNG"); n != images/100 {
					t.Errorf("%d errors reported, want %d", n, images/100)
				}
				if command.name != "evaluate" && !strings.Contains(f.stderr, fmt.Sprintf("%d of %d images failed", images/100, images)) {
					t.Errorf("stderr does not say how many failed: %.500s", f.stderr)
				}
				command.check(t, images, f)
				peaks[i] = f.peak
			}
			if peaks[1] > peaks[0]+growth {
				t.Errorf("the peak of %d images is %d MiB, that of %d is %d", many, peaks[1], few, peaks[0])
			}
			t.Logf("figures: peak %d MiB with %d images, %d MiB with %d", peaks[0], few, peaks[1], many)
		})
	}
}
