package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/evidence"
	"bagnet/internal/ranking"
	"bagnet/internal/testkit"
	"bagnet/internal/toppatches"
)

// writeScene draws rectangles of random colours, w x h pixels.
func writeScene(t *testing.T, path string, w, h int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for range 60 {
		x, y, c := r.IntN(w), r.IntN(h), color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		for j := y; j < min(h, y+5+r.IntN(40)); j++ {
			for i := x; i < min(w, x+30); i++ {
				img.SetNRGBA(i, j, c)
			}
		}
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// wholeMap is what `bagnet patches` writes about one image.
type wholeMap struct {
	evidence.Array
	Predicted int
	values    [][][]float32 // [rows][cols][classes]
}

// bruteForce ranks every patch inside the images one by one: the definition of
// top-patches, from the arrays of `bagnet patches`.
func bruteForce(maps []wholeMap, truth func(path string) int, class, n, perImage int, sign float32) map[string][]toppatches.Patch {
	found := map[string][]toppatches.Patch{}
	for _, m := range maps {
		group := ranking.GroupNames[ranking.GroupOf(truth(m.Path), class)]
		var all []toppatches.Patch
		for i := range m.Rows {
			for j := range m.Cols {
				y, x := m.Origin[0]+i*m.Stride-m.Patch/2, m.Origin[1]+j*m.Stride-m.Patch/2
				if y >= 0 && x >= 0 && y+m.Patch <= 160 && x+m.Patch <= 160 {
					all = append(all, toppatches.Patch{Path: m.Path, X: x, Y: y, Evidence: m.values[i][j][class], Group: group})
				}
			}
		}
		slices.SortStableFunc(all, func(a, b toppatches.Patch) int { return cmp.Compare(sign*b.Evidence, sign*a.Evidence) })
		var kept []toppatches.Patch
		for _, c := range all {
			free := len(kept) < perImage
			for _, k := range kept {
				free = free && (c.X >= k.X+m.Patch || k.X >= c.X+m.Patch || c.Y >= k.Y+m.Patch || k.Y >= c.Y+m.Patch)
			}
			if free {
				kept = append(kept, c)
			}
		}
		found[group] = append(found[group], kept...)
	}
	for group, all := range found {
		slices.SortStableFunc(all, func(a, b toppatches.Patch) int {
			return cmp.Or(cmp.Compare(sign*b.Evidence, sign*a.Evidence), cmp.Compare(a.Path, b.Path))
		})
		found[group] = all[:min(n, len(all))]
	}
	return found
}

// allMaps runs patches on a directory.
func allMaps(t *testing.T, dir string, args ...string) []wholeMap {
	t.Helper()
	arrays := t.TempDir()
	code, out, stderr := runMain(t, nil, append([]string{"patches", "--format", "json", "--npy", arrays, dir}, args...)...)
	if code != 0 {
		t.Fatalf("patches: status %d: %s", code, stderr)
	}
	var maps []wholeMap
	for line := range strings.Lines(out) {
		var m wholeMap
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(m.Output)
		if err != nil {
			t.Fatal(err)
		}
		flat, err := testkit.ParseNPY(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < m.Rows; i++ {
			m.values = append(m.values, flat[i*m.Cols:(i+1)*m.Cols])
		}
		maps = append(maps, m)
	}
	return maps
}

// topPatches runs top-patches and returns its records by class and group.
func topPatches(t *testing.T, args ...string) map[string][]toppatches.Patch {
	t.Helper()
	code, out, stderr := runMain(t, nil, append([]string{"top-patches", "--format", "json"}, args...)...)
	if code != 0 {
		t.Fatalf("top-patches: status %d: %s", code, stderr)
	}
	found := map[string][]toppatches.Patch{}
	for line := range strings.Lines(out) {
		var c toppatches.Patch
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(c.Class.Index, c.Group)
		found[key] = append(found[key], c)
		if c.Rank != len(found[key]) {
			t.Errorf("%s: rank %d at place %d", key, c.Rank, len(found[key]))
		}
	}
	return found
}

// TestTopPatchesAreBruteForce searches all maps of the same images one by one.
func TestTopPatchesAreBruteForce(t *testing.T) {
	dir := t.TempDir()
	directories := []string{"n01440764", "golf ball", "3", "elsewhere"}
	truths := map[string]int{"n01440764": 0, "golf ball": 8, "3": 3, "elsewhere": class.None}
	for i := range 12 {
		name := directories[i%len(directories)]
		writeScene(t, filepath.Join(dir, name, fmt.Sprintf("%d.png", i)), 170+10*(i%3), 160+7*(i%5), uint64(i))
	}
	truth := func(path string) int { return truths[filepath.Base(filepath.Dir(path))] }
	at8 := allMaps(t, dir, "--stride", "8")
	for _, test := range []struct {
		stride, n, perImage int
		lowest              bool
	}{{8, 2, 1, false}, {8, 1000, 5, false}, {4, 7, 3, false}, {8, 5, 2, true}} {
		args := []string{"--stride", fmt.Sprint(test.stride), dir}
		maps := at8
		if test.stride != 8 {
			maps = allMaps(t, dir, "--stride", fmt.Sprint(test.stride))
		}
		args = append(args, "--class", "all", "-n", fmt.Sprint(test.n), "--per-image", fmt.Sprint(test.perImage))
		sign := float32(1)
		if test.lowest {
			args, sign = append(args, "--lowest"), -1
		}
		got := topPatches(t, append(args, "--threads", "2")...)
		for class := range 10 {
			for group, want := range bruteForce(maps, truth, class, test.n, test.perImage, sign) {
				key := fmt.Sprint(class, group)
				if len(got[key]) != len(want) {
					t.Fatalf("%+v, %s: %d patches, want %d", test, key, len(got[key]), len(want))
				}
				for i, w := range want {
					g := got[key][i]
					if g.Path != w.Path || g.X != w.X || g.Y != w.Y || g.Evidence != w.Evidence || g.Size != 33 {
						t.Fatalf("%+v, %s, place %d: %+v, want %+v", test, key, i, g, w)
					}
					if known := truth(g.Path); (g.Label == nil) != (known < 0) || g.Label != nil && g.Label.Index != known {
						t.Errorf("%s: true class %v", g.Path, g.Label)
					}
				}
				delete(got, key)
			}
		}
		if len(got) > 0 {
			t.Errorf("%+v: groups nobody asked for: %v", test, got)
		}
	}
}

// TestTopPatchesDoNotDependOnTheOrder gives the same images in two orders, some
// twice, to different numbers of threads.
func TestTopPatchesDoNotDependOnTheOrder(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 9 {
		path := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		writeScene(t, path, 170, 160, uint64(i%5)) // some pictures are the same
		files = append(files, path)
	}
	args := []string{"--class", "tench", "--class", "8", "--per-image", "2"}
	want := topPatches(t, slices.Concat(args, []string{"--threads", "1"}, files)...)
	slices.Reverse(files)
	got := topPatches(t, slices.Concat(args, []string{"--threads", "3"}, files, files[2:5])...)
	a, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) || len(want["8all"]) != 8 {
		t.Errorf("in order: %s\nreversed: %s", a, b)
	}
}
