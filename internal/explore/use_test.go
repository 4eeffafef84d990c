package explore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"bagnet/internal/explore"
	"bagnet/internal/heatmap"
)

const erasedCells = "Array.from(bagnet.erased).sort((a, b) => a - b)"

// TestPointer shows the patch under the pointer, chooses by a click, erases by clicks,
// drags and a brush, and undoes.
func TestPointer(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "")
	golf := patches.Heatmaps()[patches.Answer.Top(1)[0].Index]
	evidence := func(i int, format string) string {
		return strings.ReplaceAll(fmt.Sprintf(format, golf.Values[i]), "-", "−")
	}

	x, y := p.at(37)
	p.mouse(moved, x, y, false)
	p.settle()
	if got, want := p.text("tip"), evidence(37, "%+.2f"); got != want {
		t.Errorf("at the pointer: %s, want %s", got, want)
	}
	if got, want := p.text("patch-value"), evidence(37, "%+.3f"); got != want {
		t.Errorf("the patch under the pointer: %s, want %s", got, want)
	}
	p.drag(37)
	p.mouse(moved, 5, 5, false)
	p.settle()
	p.want(`document.getElementById('tip').hidden`)
	if got := p.text("patch-place"); !strings.HasPrefix(got, "row 3, column 6 ·") {
		t.Errorf("chosen: %s", got)
	}
	p.want(`bagnet.erased.size === 0`)

	p.click("#tool-erase")
	p.drag(20)
	p.drag(50, 54) // along a row
	if got, want := value[[]int](p, erasedCells), []int{20, 50, 51, 52, 53, 54}; !slices.Equal(got, want) {
		t.Errorf("erased %v, want %v", got, want)
	}
	if got := p.text("erased-text"); got != "6 of 256 patches erased" {
		t.Error(got)
	}
	p.click("#tool-restore")
	p.drag(51)
	if got, want := value[[]int](p, erasedCells), []int{20, 50, 52, 53, 54}; !slices.Equal(got, want) {
		t.Errorf("erased %v, want %v", got, want)
	}
	p.click("#undo")
	p.click("#undo")
	if got, want := value[[]int](p, erasedCells), []int{20}; !slices.Equal(got, want) {
		t.Errorf("after two undone: %v, want %v", got, want)
	}
	p.click("#redo")
	p.want(`bagnet.erased.size === 6`)
	p.press("z", kb.ModifierCtrl)
	p.want(`bagnet.erased.size === 1`)
	p.press("Z", kb.ModifierCtrl, kb.ModifierShift)
	p.want(`bagnet.erased.size === 6`)
	p.click("#restore-all")
	p.want(`bagnet.erased.size === 0 && document.getElementById('restore-all').disabled`)

	p.click("#undo")
	p.want(`!document.getElementById('redo').disabled`)
	p.click("#tool-erase")
	p.drag(200) // there is nothing to redo after something else
	p.want(`bagnet.erased.size === 7 && document.getElementById('redo').disabled`)
	p.click("#restore-all")
	p.set("brush", "3")
	p.drag(17)
	if got, want := value[[]int](p, erasedCells), []int{0, 1, 2, 16, 17, 18, 32, 33, 34}; !slices.Equal(got, want) {
		t.Errorf("brushed %v, want %v", got, want)
	}
	p.drag(0) // at the corner, half of the brush is outside
	p.want(`bagnet.erased.size === 9`)
	p.shot("erased")
}

// TestTouch erases with a finger, and zooms with two, which erase nothing.
func TestTouch(t *testing.T) {
	p := newTab(t, 500, 900)
	send(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	html, _, _ := ball(t)
	p.open(html, "")
	touch := func(kind input.DispatchTouchEventType, points ...float64) {
		params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
		for i := 0; i < len(points); i += 2 {
			id := float64(i)
			params.TouchPoints = append(params.TouchPoints, &input.TouchPoint{X: points[i], Y: points[i+1], ID: &id})
		}
		send(p, input.DispatchTouchEvent, params)
	}
	p.click("#tool-erase")
	x, y := p.at(50)
	x2, y2 := p.at(54)
	touch(input.DispatchTouchEventTypeTouchStart, x, y)
	touch(input.DispatchTouchEventTypeTouchMove, (x+x2)/2, y)
	touch(input.DispatchTouchEventTypeTouchMove, x2, y2)
	touch(input.DispatchTouchEventTypeTouchEnd)
	p.settle()
	if got, want := value[[]int](p, erasedCells), []int{50, 51, 52, 53, 54}; !slices.Equal(got, want) {
		t.Errorf("erased %v, want %v", got, want)
	}
	x, y = p.at(134) // where nothing is erased
	touch(input.DispatchTouchEventTypeTouchStart, x, y)
	p.want(`bagnet.erased.size === 6`)
	touch(input.DispatchTouchEventTypeTouchStart, x, y, x+40, y)
	touch(input.DispatchTouchEventTypeTouchMove, x-40, y, x+80, y)
	p.settle()
	touch(input.DispatchTouchEventTypeTouchEnd)
	p.settle()
	p.want(`document.getElementById('zoom-text').textContent === '300%'`)
	p.want(`bagnet.erased.size === 5`)
}

// TestKeys does all of it from the keyboard, and tells those who hear the page.
func TestKeys(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "#patch=0")
	live := `document.getElementById('live').textContent`
	p.focus("#stage")
	p.press(kb.ArrowRight)
	p.press(kb.ArrowDown)
	if got := value[string](p, live); !strings.HasPrefix(got, "row 2, column 2: ") || !strings.Contains(got, "Alone it would be ") {
		t.Errorf("heard %q", got)
	}
	p.press(kb.ArrowRight, kb.ModifierShift)
	p.press(kb.ArrowLeft)
	p.press(kb.ArrowUp)
	p.press(kb.ArrowUp) // there is none above the first row
	if got := p.text("patch-place"); !strings.HasPrefix(got, "row 1, column 6 ·") {
		t.Error(got)
	}
	p.press(kb.Enter)
	p.want(`bagnet.erased.size === 1 && bagnet.erased.has(5)`)
	if got := value[string](p, live); !strings.HasPrefix(got, "1 patch erased. The answer is golf ball, ") {
		t.Errorf("heard %q", got)
	}
	p.press(" ")
	p.want(`bagnet.erased.size === 0`)
	p.press("]")
	p.press(kb.Enter)
	p.want(`bagnet.erased.size === 6`) // 3 x 3, a row of which would be above the picture
	p.press("[")
	p.press("p")
	p.want(`!document.getElementById('pins').hidden`)
	p.press("h")
	p.want(`document.getElementById('view-picture').getAttribute('aria-pressed') === 'true'`)
	p.press("h")
	p.press("e")
	p.want(`document.getElementById('stage').dataset.tool === 'erase'`)
	p.press("l")
	p.press("+")
	p.want(`document.getElementById('zoom-text').textContent === '150%'`)
	p.press("0")
	p.want(`document.getElementById('zoom-text').textContent === '100%'`)
	golf := patches.Heatmaps()[patches.Answer.Top(1)[0].Index].Values
	p.press(kb.Home)
	if got, want := p.text("patch-value"), fmt.Sprintf("%+.3f", slices.Max(golf)); got != want {
		t.Errorf("strongest %s, want %s", got, want)
	}
	p.press(kb.End)
	if got, want := p.text("patch-value"), strings.Replace(fmt.Sprintf("%+.3f", slices.Min(golf)), "-", "−", 1); got != want {
		t.Errorf("weakest %s, want %s", got, want)
	}
	p.press("?")
	p.want(`document.getElementById('help').open`)
	p.click("#help-close")
	p.want(`!document.getElementById('help').open`)
	// Letters mean nothing where one types.
	p.focus("#scale")
	p.press("e")
	p.want(`document.getElementById('stage').dataset.tool === 'look'`)
}

// TestClasses chooses classes by typing, one against another.
func TestClasses(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "")
	names := `Array.from(document.querySelectorAll('#class-a-list [data-index]'), o => o.firstChild.textContent)`
	p.click("#class-a")
	if got := value[[]string](p, names); len(got) != 10 || !strings.HasPrefix(got[0], "golf ball") {
		t.Errorf("offered %q: want all, the likeliest first", got)
	}
	p.press("chur")
	if got := value[[]string](p, names); len(got) != 1 || !strings.HasPrefix(got[0], "church") {
		t.Errorf("offered %q for chur", got)
	}
	p.want(`document.getElementById('class-a').getAttribute('aria-expanded') === 'true'`)
	p.want(`document.getElementById(document.getElementById('class-a').getAttribute('aria-activedescendant')).getAttribute('aria-selected') === 'true'`)
	p.press(kb.Enter)
	p.want(`document.getElementById('class-a').value === 'church' && document.getElementById('class-a-list').hidden`)
	maps := patches.Heatmaps()
	church, golf := maps[4], maps[8]
	for _, h := range maps {
		switch {
		case strings.HasPrefix(h.Class.Label, "church"):
			church = h
		case strings.HasPrefix(h.Class.Label, "golf ball"):
			golf = h
		}
	}
	if got, want := p.text("strongest-title"), "Most for church"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Against another class.
	p.click("#class-b")
	p.press("golf")
	p.press(kb.Enter)
	d, err := church.Minus(golf)
	if err != nil {
		t.Fatal(err)
	}
	strongest := slices.Index(d.Values, slices.Max(d.Values))
	if got, want := p.text("patch-value"), strings.ReplaceAll(fmt.Sprintf("%+.3f", float64(church.Values[strongest])-float64(golf.Values[strongest])), "-", "−"); got != want {
		t.Errorf("the most for church against golf ball: %s, want %s", got, want)
	}
	if got, want := p.text("sum-text"), fmt.Sprintf("the difference of logits, −%.4f.", -d.Logit); !strings.HasSuffix(got, want) {
		t.Errorf("%q, want it to end in %q", got, want)
	}
	p.shot("versus")
	p.click("#swap")
	p.want(`document.getElementById('class-a').value === 'golf ball' && document.getElementById('class-b').value === 'church'`)
	// The likeliest classes are buttons, too; a class cannot be against itself.
	p.run(`Array.from(document.querySelectorAll('#likeliest .name')).find(b => b.textContent === 'church').click()`)
	p.want(`document.getElementById('class-a').value === 'church' && document.getElementById('class-b').value === 'golf ball'`)
	p.click("#class-b")
	p.press(kb.ArrowDown)
	p.press(kb.Enter) // nothing
	p.want(`document.getElementById('class-b').value === '' && document.getElementById('swap').disabled`)
	// What was typed and not chosen is forgotten.
	p.click("#class-a")
	p.press("zzz")
	p.want(`document.querySelectorAll('#class-a-list [data-index]').length === 0`)
	p.press(kb.Escape)
	p.want(`document.getElementById('class-a').value === 'church'`)
}

// TestPins compares two patches; a third one takes the place of the first.
func TestPins(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "#patch=37")
	golf := patches.Heatmaps()[patches.Answer.Top(1)[0].Index].Values
	p.click("#pin")
	p.run(`document.querySelector('#strongest button').click()`)
	p.click("#pin")
	strongest := slices.Index(golf, slices.Max(golf))
	want := fmt.Sprintf("1 says %.2f less than 2.", golf[strongest]-golf[37])
	if got := value[string](p, `document.querySelector('.difference').textContent`); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.shot("pins")
	p.press("")
	p.run(`document.querySelector('#weakest button').click()`)
	p.click("#pin")
	p.wait(fmt.Sprintf(`location.hash.includes('pins=%d,%d')`, strongest, slices.Index(golf, slices.Min(golf))))
	p.click("#pin")
	p.want(`document.querySelectorAll('#pinned .thumb').length === 1`)
}

// TestLists links the strongest patches and the weakest, none over half of another.
func TestLists(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, patches, _ := ball(t)
	p.open(html, "")
	h := patches.Heatmaps()[patches.Answer.Top(1)[0].Index]
	listed := value[[]int](p, `Array.from(document.querySelectorAll('#strongest button'), b => Number(b.dataset.key))`)
	var want []int
	for _, top := range h.Top(10, 0.5) {
		for i := range h.Values {
			if h.Rect(i/h.Cols, i%h.Cols) == top.Rect {
				want = append(want, i)
			}
		}
	}
	if !slices.Equal(listed, want) {
		t.Errorf("strongest %v, want %v", listed, want)
	}
	if got := value[int](p, `Number(document.querySelector('#weakest button').dataset.key)`); got != slices.Index(h.Values, slices.Min(h.Values)) {
		t.Errorf("weakest %d", got)
	}
	p.run(`document.querySelectorAll('#strongest button')[2].click()`)
	if got, want := p.text("patch-value"), fmt.Sprintf("%+.3f", h.Values[want[2]]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// What has the focus keeps it when all is drawn anew.
	p.run(`document.querySelectorAll('#strongest button')[3].focus()`)
	p.press(kb.Enter)
	p.want(`document.activeElement === document.querySelectorAll('#strongest button')[3]`)
	p.run(`document.querySelectorAll('#likeliest .name')[1].focus()`)
	p.press(kb.Enter)
	p.want(`document.activeElement === document.querySelectorAll('#likeliest .name')[1] && document.activeElement.getAttribute('aria-pressed') === 'true'`)
	p.run(`document.querySelectorAll('#likeliest .name')[0].click()`)
	// All of them are in the table, those erased struck out.
	p.run(`bagnet.erase(3), document.querySelector('#table summary').click()`)
	p.want(`document.querySelectorAll('#table tbody tr').length === 16 && document.querySelectorAll('#table tbody td').length === 256`)
	p.want(`document.querySelectorAll('#table s').length === 1`)
	if got, want := value[string](p, `document.querySelectorAll('#table tbody td')[37].innerText`), strings.ReplaceAll(fmt.Sprintf("%+.1f", h.Values[37]), "-", "−"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestDrawing zooms, pans, hides what is weak, and takes another scale and other colours.
func TestDrawing(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, _, _ := ball(t)
	p.open(html, "")
	pixels := func() string {
		p.settle()
		return value[string](p, `document.getElementById('canvas').toDataURL()`)
	}
	before := pixels()
	differs := func(what string) {
		t.Helper()
		if now := pixels(); now == before {
			t.Errorf("%s changes nothing", what)
		} else {
			before = now
		}
	}
	p.set("opacity", "1")
	differs("opacity")
	p.set("threshold", "0.4")
	differs("a threshold")
	p.set("scale", "50")
	differs("a scale")
	if got := p.text("ramp-high"); got != "for +50.00" {
		t.Error(got)
	}
	p.set("scale", "no number")
	differs("the usual scale")
	p.set("colormap", "viridis")
	differs("a colour map")
	p.want(`document.querySelectorAll('#colormap option').length === 22`)
	p.click("#view-map")
	differs("the map alone")
	p.click("#view-picture")
	differs("the picture alone")
	p.click("#zoom-in")
	differs("zoom")
	x, y := p.at(100)
	p.mouse(pressed, x, y, true)
	p.mouse(moved, x-60, y-50, true)
	p.mouse(released, x-60, y-50, true)
	p.mouse(moved, 5, 5, false)
	differs("panning")
	send(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: wheel, X: x, Y: y, DeltaX: 1e-3, DeltaY: -100, Modifiers: int64(kb.ModifierCtrl)})
	p.wait(`document.getElementById('zoom-text').textContent !== '150%'`)
	differs("the wheel")
	p.click("#zoom-fit")
	differs("fitting")
	p.want(`document.getElementById('zoom-text').textContent === '100%'`)
}

// TestTabs has several images on one page with one scale, each with what was done to it.
func TestTabs(t *testing.T) {
	m := embedded(t)
	small := atSize(t, m, 96)
	a, b := golfBall(t, m), golfBall(t, small)
	pa, pb := patchesOf(t, m, a, 8), patchesOf(t, small, b, 8)
	page := &explore.Page{Title: "Two", Model: m.Name(), Outputs: 10, Total: 10}
	for _, err := range []error{page.Add("a.png", a.Picture(), pa), page.Add("b.png", b.Picture(), pb)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p := newTab(t, 1200, 900)
	p.open(written(t, page), "")
	scale := func() string { p.settle(); return p.text("ramp-high") }
	p.wait(`document.querySelectorAll('[role=tab]').length === 2`)
	p.run(`bagnet.erase(7)`)
	p.click("#class-a")
	p.press("golf")
	p.press(kb.Enter)
	golf := pa.Answer.Top(1)[0].Index
	both := heatmap.Map{Values: slices.Concat(pa.Heatmaps()[golf].Values, pb.Heatmaps()[golf].Values)}
	first := scale()
	if want := fmt.Sprintf("for %+.2f", both.Scale(99)); first != want {
		t.Errorf("scale %q, want that of both images, %q", first, want)
	}
	p.click("#tab-1")
	p.wait(fmt.Sprintf(`bagnet.rows === %d`, pb.Rows))
	if second := scale(); second != first {
		t.Errorf("scales %q and %q: want one", first, second)
	}
	p.want(`bagnet.erased.size === 0`)
	if d := difference(value[[]float64](p, "Array.from(bagnet.logits())"), pb.Answer.Logits); d > tolerance {
		t.Errorf("logits differ by %g", d)
	}
	p.wait(`location.hash.includes('image=1')`)
	p.press(kb.ArrowLeft)
	p.wait(`bagnet.rows === 16`)
	p.want(`bagnet.erased.size === 1 && document.activeElement.id === 'tab-0'`)
	p.shot("tabs")
}

// TestLinks opens an address that the page has given itself, and shows the same.
func TestLinks(t *testing.T) {
	p := newTab(t, 1200, 900)
	html, _, _ := ball(t)
	p.open(html, "")
	p.run(`[3, 77, 255].forEach(bagnet.erase)`)
	p.set("opacity", "0.35")
	p.set("threshold", "0.2")
	p.set("scale", "12.5")
	p.set("colormap", "PuOr_r")
	p.click("#view-map")
	p.click("#zoom-in")
	p.run(`Array.from(document.querySelectorAll('#likeliest .name'))[1].click()`)
	p.run(`document.querySelectorAll('#strongest button')[1].click()`)
	p.click("#pin")
	p.wait(`location.hash.includes('pins=') && location.hash.includes('zoom=')`)
	state := `JSON.stringify([document.getElementById('canvas').toDataURL(), document.getElementById('answer').innerText, document.getElementById('lists').innerText, document.getElementById('patch-value').innerText, document.getElementById('ramp-high').innerText])`
	p.mouse(moved, 3, 3, false)
	p.run(`document.activeElement.blur()`)
	before, link := value[string](p, state), value[string](p, `location.hash`)
	p.visit(link)
	if after := value[string](p, state); before != after {
		t.Errorf("%s does not show the same:\n%s\n%s", link, before[max(0, len(before)-900):], after[max(0, len(after)-900):])
	}
	p.want(`location.hash === ` + fmt.Sprintf("%q", link))
	// A link that is pasted over the address.
	p.run(`location.hash = '#erased=C'`)
	p.wait(`bagnet.erased.size === 1 && bagnet.erased.has(1)`)
	// Nonsense is as if it were not there.
	p.visit("#image=7&class=99&versus=x&patch=1e9&pins=-1,99999&erased=__<>" + strings.Repeat("_", 100) + "&view=evil&opacity=2&threshold=NaN&colors=toString&scale=-1&zoom=1e9,0,0")
	p.want(`bagnet.erased.size <= 256 && document.getElementById('class-a').value === 'golf ball' && document.getElementById('colormap').value === 'RdBu_r'`)
}
