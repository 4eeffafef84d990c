package explore_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"bagnet"
	"bagnet/internal/explore"
	"bagnet/internal/testkit"
)

// TestChoose takes all classes where there is room for them, else the likeliest, and those
// that are wanted in any case.
func TestChoose(t *testing.T) {
	m := withOutputs(t, 1000)
	answer, err := m.Classify(context.Background(), golfBall(t, m))
	if err != nil {
		t.Fatal(err)
	}
	order := answer.Top(0)
	unlikely := []bagnet.Class{order[998].Class, order[999].Class}
	for _, c := range []struct {
		side, stride int
		all          bool
		wanted       []bagnet.Class
		want         int
	}{
		{224, 8, false, nil, 1000},
		{224, 8, false, unlikely, 1000},
		{224, 4, false, nil, 322}, // 1 << 20 values / 57 x 57 patches
		{224, 4, false, unlikely, 322},
		{224, 4, true, nil, 1000},
		{224, 1, false, nil, 20},
		{224, 1, true, nil, 0},
		{8000, 8, false, nil, 0},
		{4000, 8, false, unlikely, 4},
		{4000, 8, false, nil, 4},
		{5000, 8, false, unlikely, 0},
	} {
		got, err := explore.Choose(answer, image.Pt(c.side, c.side), c.stride, c.all, c.wanted...)
		if c.want == 0 {
			testkit.CheckMessage(t, err)
			if !errors.Is(err, bagnet.ErrTooLarge) {
				t.Errorf("%+v: %v, want ErrTooLarge", c, err)
			}
			continue
		}
		if err != nil || len(got) != c.want {
			t.Errorf("%+v: %d classes, %v", c, len(got), err)
			continue
		}
		if !slices.IsSortedFunc(got, func(a, b bagnet.Class) int { return a.Index - b.Index }) {
			t.Errorf("%+v: not in the order of indices", c)
		}
		likeliest := slices.Clone(c.wanted)
		for _, p := range order[:c.want-len(c.wanted)] {
			likeliest = append(likeliest, p.Class)
		}
		for _, l := range likeliest {
			if !slices.Contains(got, l) {
				t.Errorf("%+v: class %d is missing", c, l.Index)
			}
		}
	}
}

// TestPageIsBounded refuses an image for which a page has no room, and stays as it was.
func TestPageIsBounded(t *testing.T) {
	m := atSize(t, withOutputs(t, 1000), 224)
	img := golfBall(t, m)
	patches := patchesOf(t, m, img, 8)
	page := &explore.Page{Outputs: 1000, Total: 1000}
	each := len(patches.Values.Float32s())
	for range explore.MaxValues / each {
		if err := page.Add("x", img.Picture(), patches); err != nil {
			t.Fatal(err)
		}
	}
	n := page.Images()
	err := page.Add("x", img.Picture(), patches)
	testkit.CheckMessage(t, err)
	if !errors.Is(err, bagnet.ErrTooLarge) || page.Images() != n || n != 14 {
		t.Errorf("%d images, then %d: %v", n, page.Images(), err)
	}
}

// TestLargePictures has the picture as PNG, or as JPEG where that would be large, and says so.
func TestLargePictures(t *testing.T) {
	m := embedded(t)
	random := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		w, h  int
		noise bool
		want  string
		lossy string
	}{
		{160, 160, true, "image/png", `"lossy":false`},
		{600, 600, true, "image/jpeg", `"lossy":true`}, // more than 1 MiB as PNG
		{600, 600, false, "image/png", `"lossy":false`},
		{1100, 1100, false, "image/jpeg", `"lossy":true`},
	} {
		picture := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
		for i := range picture.Pix {
			if picture.Pix[i] = 255; c.noise && i%4 < 3 {
				picture.Pix[i] = byte(random.Uint32())
			}
		}
		p := m.Preprocessing()
		p.Resize, p.Crop = bagnet.Resize{}, 0
		whole, err := m.WithPreprocessing(p)
		if err != nil {
			t.Fatal(err)
		}
		img, err := whole.Prepare(picture)
		if err != nil {
			t.Fatal(err)
		}
		html := written(t, pageOf(t, whole, "x", img, patchesOf(t, whole, img, 8)))
		if !bytes.Contains(html, []byte(`<script type="`+c.want+`" id="picture-0">`)) || !bytes.Contains(html, []byte(c.lossy)) {
			t.Errorf("%d x %d, noise %v: want %s, %s", c.w, c.h, c.noise, c.want, c.lossy)
		}
	}
}

// TestFirstClasses shows the classes at first that the page is told.
func TestFirstClasses(t *testing.T) {
	m := embedded(t)
	img := golfBall(t, m)
	patches := patchesOf(t, m, img, 8)
	classes := m.Classes()
	page := &explore.Page{Title: "Mine", Model: "m", Outputs: 10, Total: 10, Class: &classes[4], Versus: &classes[0]}
	if err := page.Add("x.png", img.Picture(), patches); err != nil {
		t.Fatal(err)
	}
	html := written(t, page)
	d, err := patches.Heatmaps()[4].Minus(patches.Heatmaps()[0])
	if err != nil {
		t.Fatal(err)
	}
	short := func(i int) string { return strings.Split(classes[i].Label, ",")[0] }
	if want := short(4) + " against " + short(0) + ": logit "; !bytes.Contains(html, []byte(want)) {
		t.Errorf("%q is not in the static part", want)
	}
	if !bytes.Contains(html, []byte("<title>Mine · bagnet explore</title>")) {
		t.Error("the title is another")
	}
	p := newTab(t, 1000, 800)
	p.open(html, "")
	p.want(`document.getElementById('class-a').value === ` + script(t, short(4)) + ` && document.getElementById('class-b').value === ` + script(t, short(0)))
	if got, want := p.text("patch-value"), slices.Max(d.Values); !strings.HasPrefix(got, "+") || want <= 0 {
		t.Errorf("%s, want %+.3f", got, want)
	}
	// Nothing can be chosen instead, and a link says so.
	p.click("#class-b")
	p.press(kb.ArrowDown)
	p.press(kb.Enter)
	p.wait(`location.hash.includes('versus=none')`)
	p.visit("#versus=none")
	p.want(`document.getElementById('class-b').value === ''`)
}

// TestIndexMark tells an index from other pages.
func TestIndexMark(t *testing.T) {
	index := &explore.Index{Title: "T", Model: "M"}
	html, err := index.HTML()
	if err != nil {
		t.Fatal(err)
	}
	page, _, _ := ball(t)
	if !explore.IsIndex(html[:1024]) || explore.IsIndex(page[:1024]) || explore.IsIndex(nil) {
		t.Error("an index is not told from a page")
	}
}
