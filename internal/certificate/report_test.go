package certificate

import (
	"math"
	"strings"
	"testing"

	"bagnet/internal/certify"
	"bagnet/internal/class"
	"bagnet/internal/results"
)

var (
	classes  = []class.Class{{Index: 0, Label: "cat"}, {Index: 1, Label: "dog"}}
	settings = Settings{Methods: []certify.Method{certify.Double, certify.Detect}, Stickers: []Sticker{{Name: "8", Pixels: 8}, {Name: "2%", Percent: 2}}, Attacks: 10}
)

// madeUp is an image of a class with an answer by each method and size: c for a certified
// one, o for one that is not, C and O the same for the other class, a for an alert.
func madeUp(label, plain, side, largest int, answers string) *Image {
	i := &Image{Label: &classes[label], Plain: &classes[plain], Largest: &largest, Weakest: &[4]int{1, 2, 3, 4}}
	for k, a := range answers {
		r := Result{Method: settings.Methods[k/2], Size: settings.Stickers[k%2].Name, Patch: []int{8, side}[k%2], Window: 5 + k%2, Answer: classes[label]}
		if a == 'C' || a == 'O' {
			r.Answer = classes[1-label]
		}
		r.Alert, r.Certified = a == 'a', a == 'c' || a == 'C'
		correct := a == 'c' || a == 'o'
		r.Correct = &correct
		if !r.Alert {
			broken := 0
			if !r.Certified {
				broken = 3
			}
			r.Attacks, r.Broken = 10, &broken
		}
		i.Results = append(i.Results, r)
	}
	return i
}

// TestReport counts four images. A certified answer that is wrong does not count as
// certified, and neither does one that is withheld.
func TestReport(t *testing.T) {
	c := NewCounts(settings, classes)
	c.Add(madeUp(0, 0, 20, 16, "cocc"))
	c.Add(madeUp(0, 1, 20, 40, "COoa"))
	c.Add(madeUp(0, 0, 20, 8, "ooca"))
	c.Add(madeUp(1, 1, 20, 24, "cccc"))
	r := c.Report(Run{Model: "net", Images: 6, Failed: 1, Unlabelled: 1})
	if r.Evaluated != 4 || r.Plain != 0.75 || r.Largest != 16 || len(r.Classes) != 2 {
		t.Errorf("%+v", r)
	}
	for k, want := range [][2]float64{{0.75, 0.5}, {0.75, 0.25}, {1, 0.75}, {0.5, 0.5}} {
		if got := r.Results[k]; float64(got.Clean) != want[0] || float64(got.Certified) != want[1] || *got.Patch != []int{8, 20}[k%2] || *got.Window != 5+k%2 {
			t.Errorf("result %d: %+v, want %v", k, got, want)
		}
	}
	if a := *r.Results[0].Attacked; a != (AttackReport{30, 0, 1, 1}) {
		t.Errorf("attacks %+v", a)
	}
	if cat := r.Classes[0]; cat.Images != 3 || math.Abs(float64(cat.Plain)-2./3) > 1e-15 || math.Abs(float64(cat.Certified[0])-1./3) > 1e-15 || math.Abs(float64(cat.Clean[3])-1./3) > 1e-15 {
		t.Errorf("%+v", cat)
	}
	text := string(r.Text("--rest"))
	for _, want := range []string{
		"plain        75.00%  3 of 4 right, without a defence\n",
		"\ndouble            2%      20      6   75.00%       3   25.00%       1\n",
		"largest certified sticker: median 16 pixels, of the images that double answers right\n",
		"\ndouble             8: 0 of 30 attacks on certified answers succeeded; 1 of 1 answer without a certificate changed\n",
		"\ncertified, by class           images    plain  double 8  double 2%  detect 8  detect 2%\n" +
			"dog                                1  100.00%   100.00%    100.00%   100.00%    100.00%\n" +
			"cat                                3   66.67%    33.33%      0.00%    66.67%     33.33%\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	f := r.Figure()
	if len(f.Series) != 6 || f.Series[3].Name != "double" || f.Series[3].Kind != "certified" || f.Series[3].Points[1].X != 20 || f.Series[3].Points[1].Y != 0.25 || f.Series[0].Points[0].Y != 0.75 || f.Series[1].Points[0].Y != 0.5 {
		t.Errorf("%+v", f)
	}
	c.Add(madeUp(1, 1, 21, 24, "cccc"))
	if r = c.Report(Run{}); r.Results[1].Patch != nil || r.Results[1].Window != nil || *r.Results[0].Patch != 8 || r.Largest != 20 {
		t.Errorf("images of two sizes: %+v", r.Results)
	}
	if f = r.Figure(); len(f.Series[2].Points) != 1 {
		t.Errorf("images of two sizes: %+v", f)
	}
	broken := 1
	wrong := madeUp(1, 1, 21, 24, "cccc")
	wrong.Results[0].Broken = &broken
	c.Add(wrong)
	if text := string(c.Report(Run{}).Text("")); !strings.Contains(text, "double             8: THE CERTIFICATES ARE WRONG: 1 of 50 attacks") {
		t.Errorf("a certificate that broke:\n%s", text)
	}
}

// TestNothingCounted has no images: shares are null.
func TestNothingCounted(t *testing.T) {
	r := NewCounts(settings, classes).Report(Run{Interrupted: true})
	if !math.IsNaN(float64(r.Plain)) || !math.IsNaN(float64(r.Results[0].Clean)) || !math.IsNaN(float64(r.Largest)) || r.Results[0].Patch != nil || len(r.Classes) != 0 {
		t.Errorf("%+v", r)
	}
	if text := string(r.Text("")); !strings.HasPrefix(text, "interrupted: this is about the first 0 images\n\n") || strings.Contains(text, "median") || strings.Contains(text, "by class") {
		t.Errorf("%s", text)
	}
}

// TestImageText is what people see of one image.
func TestImageText(t *testing.T) {
	i := madeUp(0, 0, 20, 16, "coCa")
	want := "  double           8:    8 px,  5 cells  certified      cat\n" +
		"              0 of 10 attacks on the cells changed the answer\n" +
		"  double          2%:   20 px,  6 cells  not certified  cat\n" +
		"              3 of 10 attacks on the cells changed the answer\n" +
		"  detect           8:    8 px,  5 cells  certified      dog\n" +
		"              0 of 10 attacks on the cells changed the answer\n" +
		"  detect          2%:   20 px,  6 cells  alert          cat\n" +
		"  largest certified sticker: 16 x 16 pixels; weakest window: 3 x 4 pixels from (1, 2)\n"
	if got := string(i.Text()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := i.Results[1].Line(); got != "double\t2%\t20\t6\tnot certified\tcat" {
		t.Errorf("%q", got)
	}
	*i.Largest, *i.Results[0].Broken = 0, 2
	if got := string(i.Text()); !strings.Contains(got, "largest certified sticker: none;") || !strings.Contains(got, "THE CERTIFICATE IS WRONG: 2 of 10") {
		t.Errorf("%s", got)
	}
	if w := i.Window(); w.Min.X != 1 || w.Min.Y != 2 || w.Dx() != 3 || w.Dy() != 4 {
		t.Errorf("%v", w)
	}
}

// TestMismatch changes one thing of a record after the other.
func TestMismatch(t *testing.T) {
	trial := &results.Trial{Class: 1}
	for i, change := range []func(*Record){
		func(*Record) {},
		func(r *Record) { r.Label = &classes[0] },
		func(r *Record) { r.Label = nil },
		func(r *Record) { r.Results = r.Results[1:] },
		func(r *Record) { r.Plain = nil },
		func(r *Record) { r.Plain = &class.Class{Index: 2} },
		func(r *Record) { r.Plain = &class.Class{Index: -1} },
		func(r *Record) { r.Largest = nil },
		func(r *Record) { r.Results[3].Method = certify.Double },
		func(r *Record) { r.Results[3].Size = "8" },
		func(r *Record) { r.Results[3].Correct = nil },
	} {
		r := &Record{Image: *madeUp(1, 1, 20, 16, "cccc")}
		change(r)
		if reason := settings.Mismatch(trial, r, len(classes)); (reason == "") != (i == 0) {
			t.Errorf("change %d: %q", i, reason)
		}
		r.Error = "gone"
		if reason := settings.Mismatch(trial, r, len(classes)); reason != "" {
			t.Errorf("change %d, of a failure: %q", i, reason)
		}
	}
}
