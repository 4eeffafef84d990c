package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/evidence"
	"bagnet/internal/testkit"
)

// TestVersusIsTheDifference holds everything that --versus says against the maps
// of the two classes: its values, mean and logit are their difference, and the
// residual is what mean and logit differ by.
func TestVersusIsTheDifference(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ball.png"), testkit.GolfBall(t), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	type said struct {
		evidence.Map
		rows [][]float32
	}
	heatmaps := func(args ...string) (all []said) {
		t.Helper()
		code, stdout, stderr := runMain(t, nil, append([]string{"heatmap", "--format", "json", "-o", "out/", "--npy", "arrays/", "ball.png"}, args...)...)
		if code != exitOK {
			t.Fatalf("status %d: %s", code, stderr)
		}
		for line := range strings.Lines(stdout) {
			var s said
			if err := json.Unmarshal([]byte(line), &s.Map); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			name := strings.TrimSuffix(filepath.Base(s.Output), ".heatmap.png")
			data, err := os.ReadFile(filepath.Join("arrays", name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			if s.rows, err = testkit.ParseNPY(data); err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
	for _, c := range []struct {
		name    string
		stride  string
		classes []string // their indices; none is the likeliest, 8
		versus  string
	}{
		{"two classes", "8", []string{"0", "6"}, "1"},
		{"the likeliest, finely", "4", nil, "3"},
	} {
		args := []string{"--stride", c.stride, "--versus", c.versus}
		plain := []string{"--stride", c.stride}
		for _, name := range c.classes {
			args, plain = append(args, "-c", name), append(plain, "-c", name)
		}
		if c.classes == nil {
			plain = append(plain, "-c", "8")
		}
		differences := heatmaps(args...)
		each := heatmaps(append(plain, "-c", c.versus)...)
		other := each[len(each)-1]
		if len(differences) != len(each)-1 {
			t.Fatalf("%s: %d maps, want %d", c.name, len(differences), len(each)-1)
		}
		for i, d := range differences {
			one := each[i]
			if d.Class != one.Class || d.Versus == nil || class.Class(*d.Versus) != other.Class {
				t.Errorf("%s: map %d is of %v against %v", c.name, i, d.Class, d.Versus)
			}
			if want := one.Logit - other.Logit; d.Logit != want {
				t.Errorf("%s: logit %v, want %v - %v", c.name, d.Logit, one.Logit, other.Logit)
			}
			if want := one.Mean - other.Mean; math.Abs(d.Mean-want) > 1e-12 {
				t.Errorf("%s: mean %v, want %v - %v", c.name, d.Mean, one.Mean, other.Mean)
			}
			if want := math.Abs((one.Mean - other.Mean) - (one.Logit - other.Logit)); math.Abs(d.Residual-want) > 1e-12 {
				t.Errorf("%s: residual %v, want %v", c.name, d.Residual, want)
			}
			if d.Probability != one.Probability {
				t.Errorf("%s: probability %v, want the class's own, %v", c.name, d.Probability, one.Probability)
			}
			if len(d.rows) != len(one.rows) {
				t.Fatalf("%s: %d rows, want %d", c.name, len(d.rows), len(one.rows))
			}
			for y, row := range d.rows {
				want := slices.Clone(one.rows[y])
				for x := range want {
					want[x] -= other.rows[y][x]
				}
				if !slices.Equal(row, want) {
					t.Fatalf("%s: row %d is %v, want %v", c.name, y, row, want)
				}
			}
		}
	}
}
