package sheets

import (
	"strings"
	"testing"
)

// TestIndex has the page say what it shows, whatever is in a label, and be known again.
func TestIndex(t *testing.T) {
	i := Index{Model: "<mine>", Patch: 33, Images: 12, Sheets: []Sheet{
		{Index: 3, ID: "n03", Label: "a, <b>", Name: "a & <b>", File: "3 a.png", Width: 640, Height: 480},
		{Index: 5, Label: "c", Name: "c", File: "5.png", Width: 1, Height: 2},
	}}
	page, err := i.HTML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{"&lt;mine&gt;", "33", "12", "a &amp; &lt;b&gt;", `"3%20a.png"`, `width="640"`, `height="480"`, `"5.png"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "<mine>") || strings.Contains(text, "<b>") {
		t.Errorf("tags of others in\n%s", text)
	}
	if !IsIndex(page[:1024]) {
		t.Errorf("%s\nis not known again", page[:1024])
	}
	for _, other := range []string{"", "<html>", "bagnet top-patches"} {
		if IsIndex([]byte(other)) {
			t.Errorf("%q is taken for an index", other)
		}
	}
	if strings.Contains(text, "around it") {
		t.Errorf("a patch stands for more in\n%s", text)
	}
	i.Sheets[0].PDF = true
	if pdf, err := i.HTML(); err != nil || strings.Count(string(pdf), `<embed src="`+"3%20a.png"+`" type="application/pdf" width="640" height="480">`) != 1 || strings.Count(string(pdf), "<img ") != len(i.Sheets)-1 {
		t.Errorf("%s\ndoes not show a PDF file (%v)", pdf, err)
	}
	i.Sees = 435
	if wide, err := i.HTML(); err != nil || !strings.Contains(string(wide), "stands for 435 × 435 pixels around it") {
		t.Errorf("%s\ndoes not say what a patch stands for (%v)", wide, err)
	}
	i.Sees, i.Lowest = 0, true
	lowest, err := i.HTML()
	if err != nil || string(lowest) == text {
		t.Errorf("a page of the least evidence says nothing of it (%v)", err)
	}
}
