package evaluation

import (
	"fmt"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/text"
)

func TestWorstClassesAreShown(t *testing.T) {
	r := &Report{Model: "m"}
	for i := range 100 {
		r.Classes = append(r.Classes, ClassReport{Class: class.Class{Index: i, ID: fmt.Sprint("n", i), Label: fmt.Sprint("label", i)}, Images: 1, Top1: text.Ratio(i%50) / 50})
	}
	shown := string(r.Text("--format json has all"))
	if !strings.Contains(shown, "... 70 classes between the 10 best and the 20 worst: --format json has all ...\n") || strings.Count(shown, "label") != 30 {
		t.Errorf("got:\n%s", shown)
	}
	best, worst, _ := strings.Cut(shown, "...")
	if !strings.Contains(best, "label49 ") || !strings.Contains(best, "label99 ") || !strings.Contains(worst, "label0 ") || !strings.Contains(worst, "label50 ") {
		t.Errorf("got:\n%s", shown)
	}
}
