package evaluation

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/paper"
)

// TestConfusionPages has the names of more classes than pixels have room for on pages, which can be
// enlarged.
func TestConfusionPages(t *testing.T) {
	const n = 120
	e := New(n, 0)
	classes := make([]class.Class, n)
	for i := range classes {
		classes[i] = class.Class{Index: i, Label: fmt.Sprintf("class%d", i)}
	}
	e.Add(given("a", 7, 7, 8))
	for _, kind := range []string{paper.SVG, paper.PNG} {
		file, err := e.ConfusionFile(paper.Format{Kind: kind}, "us", "net", classes)
		if err != nil {
			t.Fatal(err)
		}
		if named := bytes.Count(file, []byte(">class119<")); kind == paper.SVG && named != 2 {
			t.Errorf("the last class is named %d times, want once at each axis", named)
		}
		if kind == paper.PNG {
			if img, err := png.DecodeConfig(bytes.NewReader(file)); err != nil || img.Width > 2000 {
				t.Errorf("%d pixels beside each other, %v", img.Width, err)
			}
		}
	}
}
