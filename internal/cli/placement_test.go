package cli

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"bagnet/internal/toppatches"
)

// TestTopPatchesOfAnotherPlacement compares the strongest patch of a BagNet-45 at
// stride 4, whose map begins with pixel 2, with classify on that patch cut out.
func TestTopPatchesOfAnotherPlacement(t *testing.T) {
	dir := t.TempDir()
	model, image := filepath.Join("..", "model", "testdata", "v1-q45.safetensors"), filepath.Join(dir, "a.png")
	writeScene(t, image, 160, 160, 3)
	args := []string{"-m", model, "--stride", "4", "--resize", "none", "--crop", "none"}
	maps := allMaps(t, dir, args...)
	m := maps[0]
	if len(maps) != 1 || m.Origin != [2]int{2, 2} || m.Rows != 40 || m.Cols != 40 || m.Patch != 45 {
		t.Fatalf("origin %v, %d x %d, patches of %d", m.Origin, m.Rows, m.Cols, m.Patch)
	}
	code, out, stderr := runMain(t, nil, append([]string{"top-patches", "--class", "3", "-n", "1", "--format", "json", image}, args...)...)
	var top toppatches.Patch
	if err := json.Unmarshal([]byte(out), &top); code != 0 || err != nil {
		t.Fatalf("status %d, %v: %s%s", code, err, out, stderr)
	}
	want := bruteForce(maps, func(string) int { return -1 }, 3, 1, 1, 1)
	for _, cells := range want {
		if len(cells) != 1 || cells[0].X != top.X || cells[0].Y != top.Y || cells[0].Evidence != top.Evidence || top.X%4 != 0 {
			t.Errorf("%+v, want %+v", top, cells)
		}
	}
	if len(want) != 1 {
		t.Errorf("groups %v", want)
	}
}
