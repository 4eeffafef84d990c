package explore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// tolerance is how far the page's logits may be from the program's.
const tolerance = 1e-5

// difference is the largest one between logits.
func difference(got []float64, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst := 0.0
	for i, v := range want {
		if d := math.Abs(got[i] - float64(v)); !(d <= worst) {
			worst = d
		}
	}
	return worst
}

// TestWholePictureIsClassified has the page's logits be classify's, for 10 and for 1000
// classes, and every cell the value of its patch, bit for bit.
func TestWholePictureIsClassified(t *testing.T) {
	for _, m := range []*bagnet.Model{embedded(t), atSize(t, withOutputs(t, 1000), 224)} {
		img := golfBall(t, m)
		patches := patchesOf(t, m, img, 8)
		p := newTab(t, 1200, 900)
		p.open(written(t, pageOf(t, m, "golf-ball.png", img, patches)), "")
		answer, err := m.Classify(context.Background(), img)
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(value[[]float64](p, "Array.from(bagnet.logits())"), answer.Logits); d > tolerance {
			t.Errorf("%d classes: logits differ by %g", len(m.Classes()), d)
		} else {
			t.Logf("%d classes: logits differ by at most %.2g", len(m.Classes()), d)
		}
		values := patches.Values.Float32s()
		p.want(fmt.Sprintf("bagnet.cells instanceof Float64Array && bagnet.cells.length === %d", len(values)))
		p.want(fmt.Sprintf("bagnet.rows === %d && bagnet.cols === %d && bagnet.classes.length === %d", patches.Rows, patches.Cols, len(m.Classes())))
		const chunk = 1 << 16
		for from := 0; from < len(values); from += chunk {
			to := min(from+chunk, len(values))
			for i, v := range value[[]float64](p, fmt.Sprintf("Array.from(bagnet.cells.subarray(%d, %d))", from, to)) {
				if v != float64(values[from+i]) {
					t.Fatalf("cell value %d is %v, want %v", from+i, v, values[from+i])
				}
			}
		}
	}
}

// TestErasedAtRandom erases 1000 random sets of patches: the logits of what is left are
// those that the network's own head makes of the features of the patches left, which is
// another way through other weights and another order of additions.
func TestErasedAtRandom(t *testing.T) {
	m := embedded(t)
	img := golfBall(t, m)
	p := newTab(t, 1200, 900)
	html, _, _ := ball(t)
	p.open(html, "")
	features, err := m.Features(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	shape, all := features.Shape(), features.Float32s()
	cells, channels := shape[0]*shape[1], shape[2]
	random := rand.New(rand.NewPCG(7, 8))
	var sets []string // a letter for each patch: 1 if it is erased
	var want [][]float32
	for range 1000 {
		kept := random.Perm(cells)[:1+random.IntN(cells)]
		set := bytes.Repeat([]byte("1"), cells)
		rest := make([]float32, 0, len(kept)*channels)
		for _, i := range kept {
			set[i] = '0'
			rest = append(rest, all[i*channels:][:channels]...)
		}
		answer, err := m.Head(context.Background(), tensor.New(tensor.WithShape(len(kept), 1, channels), tensor.WithBacking(rest)))
		if err != nil {
			t.Fatal(err)
		}
		sets, want = append(sets, string(set)), append(want, answer.Logits)
	}
	encoded, err := json.Marshal(sets)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, got := range value[[][]float64](p, string(encoded)+`.map(set => {
		[...set].forEach((bit, i) => bit === '1' ? bagnet.erase(i) : bagnet.restore(i));
		return Array.from(bagnet.logits());
	})`) {
		d := difference(got, want[i])
		if worst = max(worst, d); d > tolerance {
			t.Fatalf("without %s the logits differ by %g", sets[i], d)
		}
	}
	t.Logf("1000 sets of patches: logits differ by at most %.2g", worst)
}

// TestShownIsComputed has the page write the numbers that it computes.
func TestShownIsComputed(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "")
	best := patches.Answer.Top(2)
	if got, want := p.text("verdict-class")+" "+p.text("verdict-share"), fmt.Sprintf("golf ball %.1f %%", 100*best[0].Probability); got != want {
		t.Errorf("verdict %q, want %q", got, want)
	}
	rows := value[[][]string](p, `Array.from(document.querySelectorAll('#likeliest tbody tr'), r => [r.querySelector('button').innerText, r.cells[1].innerText, r.cells[2].innerText])`)
	for i, b := range best {
		want := []string{strings.Split(b.Label, ",")[0], fmt.Sprintf("%.1f %%", 100*b.Probability), fmt.Sprintf("%.2f", b.Logit)}
		if fmt.Sprint(rows[i]) != fmt.Sprint(want) {
			t.Errorf("row %d: %v, want %v", i, rows[i], want)
		}
	}
	if len(rows) != 5 {
		t.Errorf("%d rows of likeliest classes, want 5", len(rows))
	}
	// The patch that is shown at first is the strongest.
	h := patches.Heatmaps()[best[0].Index]
	strongest := 0
	for i, v := range h.Values {
		if v > h.Values[strongest] {
			strongest = i
		}
	}
	if got, want := p.text("patch-value"), fmt.Sprintf("%+.3f", h.Values[strongest]); got != want {
		t.Errorf("the strongest patch says %s, want %s", got, want)
	}
	adds := float64(h.Values[strongest]) / float64(len(h.Values))
	if got, want := p.text("patch-share"), fmt.Sprintf("Adds %+.4f to the logit of %.3f: %.2f %% of it.", adds, h.Logit, 100*adds/h.Logit); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r := h.Rect(strongest/h.Cols, strongest%h.Cols)
	if got, want := p.text("patch-place"), fmt.Sprintf("row %d, column %d · pixels %d–%d across, %d–%d down", strongest/h.Cols+1, strongest%h.Cols+1, r.Min.X, r.Max.X-1, r.Min.Y, r.Max.Y-1); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var sum float64
	for _, v := range h.Values {
		sum += float64(v)
	}
	if got, want := p.text("sum-text"), fmt.Sprintf("256 patches: %.2f in all; divided by 256 that is the logit, %.4f.", sum, sum/256); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := p.text("residual"), fmt.Sprintf("gives %.4f. Residual: ", h.Logit); !strings.Contains(got, want) {
		t.Errorf("%q, want %q in it", got, want)
	}
	if got, want := p.text("ramp-high"), fmt.Sprintf("for %+.2f", h.Scale(99)); got != want {
		t.Errorf("scale %q, want %q", got, want)
	}
	// Each patch's own classes.
	own := value[[]string](p, `Array.from(document.querySelectorAll('#patch-classes tbody tr'), r => r.cells[2].innerText)`)
	top := append([]float32{}, patches.Values.Float32s()[strongest*10:][:10]...)
	for i := range 5 {
		at := i
		for k := range top {
			if top[k] > top[at] {
				at = k
			}
		}
		if want := strings.ReplaceAll(fmt.Sprintf("%.2f", top[at]), "-", "−"); own[i] != want {
			t.Errorf("the patch's class %d has %s, want %s", i, own[i], want)
		}
		top[at] = float32(math.Inf(-1))
	}
	// Without others, a patch counts for more.
	p.run(`bagnet.erase(254), bagnet.erase(255)`)
	sum -= float64(h.Values[254]) + float64(h.Values[255])
	adds = float64(h.Values[strongest]) / 254
	if got, want := p.text("patch-share"), fmt.Sprintf("Adds %+.4f to the logit of %.3f: %.2f %% of it.", adds, sum/254, 100*adds/(sum/254)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := p.text("sum-text"), fmt.Sprintf("254 patches left: %.2f in all; divided by 254 that is the logit, %.4f.", sum, sum/254); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestOneOutput has probabilities of a network with one output be its sigmoid.
func TestOneOutput(t *testing.T) {
	m := withOutputs(t, 1)
	img := golfBall(t, m)
	patches := patchesOf(t, m, img, 8)
	if patches.Values.Shape()[2] != 2 {
		t.Fatalf("%v values, want those of two classes", patches.Values.Shape())
	}
	p := newTab(t, 1000, 800)
	p.open(written(t, pageOf(t, m, "x.png", img, patches)), "")
	if d := difference(value[[]float64](p, "Array.from(bagnet.logits())"), patches.Answer.Logits); d > tolerance {
		t.Errorf("logits differ by %g", d)
	}
	if got, want := p.text("verdict-share"), fmt.Sprintf("%.1f %%", 100*patches.Answer.Top(1)[0].Probability); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestFinerLayer draws patches every 4 pixels, of which the native ones make the logit.
func TestFinerLayer(t *testing.T) {
	m := embedded(t)
	img := golfBall(t, m)
	fine, native := patchesOf(t, m, img, 4), patchesOf(t, m, img, 8)
	p := newTab(t, 1000, 800)
	p.open(written(t, pageOf(t, m, "x.png", img, fine)), "")
	if d := difference(value[[]float64](p, "Array.from(bagnet.logits())"), fine.Answer.Logits); d > tolerance {
		t.Errorf("logits differ by %g", d)
	}
	for i, v := range value[[]float64](p, "Array.from(bagnet.cells)") {
		if v != float64(native.Values.Float32s()[i]) {
			t.Fatalf("cell value %d is %v, want %v", i, v, native.Values.Float32s()[i])
		}
	}
	p.want(`!document.getElementById('layer-note').hidden`)
	// Patches that reach beyond the picture count for no scale.
	all := fine.Heatmaps()[fine.Answer.Top(1)[0].Index]
	if got, want := p.text("ramp-high"), fmt.Sprintf("for %+.2f", all.Scale(99)); got != want || all.Scale(99) == all.ScaleWithBorder(99) {
		t.Errorf("scale %q, want %q and not %v", got, want, all.ScaleWithBorder(99))
	}
	// A patch between the native ones counts for nothing and cannot be erased.
	p.visit("#patch=1")
	p.want(`document.getElementById('erase-patch').disabled`)
	if got := p.text("patch-share"); got != "It lies between the 256 patches whose mean is the logit." {
		t.Error(got)
	}
	p.run(`document.querySelector('#table summary').click()`)
	values := `Array.from(document.querySelectorAll('#table tbody tr:nth-child(3) > *'), c => c.innerText).slice(0, 3).join()`
	h := native.Heatmaps()[native.Answer.Top(1)[0].Index]
	want := strings.ReplaceAll(fmt.Sprintf("%d,%+.1f,%+.1f", fine.First+2*fine.Step+1, h.Values[32], h.Values[33]), "-", "−")
	if got := value[string](p, values); got != want {
		t.Errorf("the table has %s, want %s", got, want)
	}
	p.shot("finer")
}
