package explore_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"bagnet"
)

// means returns the logits of the patches that are not erased.
func means(patches *bagnet.Patches, erased map[int]bool) []float64 {
	values, n := patches.Values.Float32s(), len(patches.Classes)
	sums := make([]float64, n)
	left := 0
	for i := range len(values) / n {
		if erased[i] {
			continue
		}
		left++
		for c := range n {
			sums[c] += float64(values[i*n+c])
		}
	}
	for c := range sums {
		sums[c] /= float64(left)
	}
	return sums
}

func best(logits []float64) int {
	return slices.Index(logits, slices.Max(logits))
}

// TestLeastThatChanges finds as many patches as it takes and no more: for every other
// class, taking away the patches that are most for the answer against it, one fewer than
// were found, leaves it behind.
func TestLeastThatChanges(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "")
	p.click("#least")
	cells := value[[]int](p, erasedCells)
	erased := map[int]bool{}
	for _, c := range cells {
		erased[c] = true
	}
	whole := best(means(patches, nil))
	now := best(means(patches, erased))
	if now == whole {
		t.Fatalf("without %v the answer is the same", cells)
	}
	values, n := patches.Values.Float32s(), len(patches.Classes)
	for c := range n {
		if c == whole {
			continue
		}
		var ahead []float64
		sum := 0.0
		for i := range len(values) / n {
			d := float64(values[i*n+whole]) - float64(values[i*n+c])
			ahead = append(ahead, d)
			sum += d
		}
		slices.Sort(ahead)
		slices.Reverse(ahead)
		for _, d := range ahead[:len(cells)-1] {
			sum -= d
		}
		if sum < 0 {
			t.Errorf("%d patches would do for class %d", len(cells)-1, c)
		}
	}
	want := fmt.Sprintf("Without these %d patches the answer is %s. No smaller set changes it.", len(cells), strings.Split(patches.Classes[now].Label, ",")[0])
	if got := p.text("found"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := p.text("verdict-note"), fmt.Sprintf("Changed. The whole picture is golf ball, %.1f %%.", 100*patches.Answer.Top(1)[0].Probability); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	t.Logf("%d of %d patches change the answer", len(cells), len(values)/n)
	p.shot("least")
	p.click("#undo")
	p.want(`bagnet.erased.size === 0 && document.getElementById('found').hidden`)
}

// TestMostThatKeeps leaves few patches, which have the same answer.
func TestMostThatKeeps(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "")
	p.click("#most")
	erased := map[int]bool{}
	for _, c := range value[[]int](p, erasedCells) {
		erased[c] = true
	}
	if best(means(patches, erased)) != best(means(patches, nil)) {
		t.Error("the answer is another")
	}
	if left := 256 - len(erased); left != 1 { // many patches alone are taken for golf balls
		t.Errorf("%d patches are left", left)
	}
	if got := p.text("found"); got != "This one patch of 256 says golf ball without the others." {
		t.Error(got)
	}
	p.shot("most")
	// Without the last one there is no answer, and no number where there is none.
	p.run(`Array.from({length: 256}, (_, i) => bagnet.erase(i))`)
	if got := p.text("verdict-class"); got != "Nothing is left" {
		t.Error(got)
	}
	p.want(`bagnet.logits().every(Number.isNaN) && !document.body.innerText.includes('NaN')`)
	for _, bad := range []string{"-1", "256", "0.5", "'1'"} {
		p.want(fmt.Sprintf(`(() => { try { bagnet.erase(%s); return false; } catch (e) { return e instanceof RangeError; } })()`, bad))
	}
	p.run(`bagnet.restore(9)`)
	if d := math.Abs(value[float64](p, `bagnet.logits()[0]`) - float64(patches.Values.Float32s()[90])); d != 0 {
		t.Errorf("one patch alone differs by %g", d)
	}
}
