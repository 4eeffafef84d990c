package certify

import "testing"

// TestLargest has the sticker that Largest gives fit into the window, and a larger one not.
func TestLargest(t *testing.T) {
	for _, g := range []Geometry{{Patch: 33, Stride: 8}, {Patch: 17, Stride: 8}, {Patch: 9, Stride: 8}, {Patch: 45, Stride: 4}, {Patch: 9, Stride: 1}} {
		for w := range 40 {
			p := g.Largest(w)
			if p > 0 && g.Window(p) != w || g.Window(p+1) != max(w, g.Window(1)-1)+1 {
				t.Errorf("%+v: %d pixels for windows of %d, but they need %d, and a pixel more %d", g, p, w, g.Window(p), g.Window(p+1))
			}
		}
	}
	if w := (Geometry{Patch: 33, Stride: 8}).Window(32); w != 8 { // PatchGuard's, of 224 pixels
		t.Errorf("windows of %d", w)
	}
}
