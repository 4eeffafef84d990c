package flagvalue

import (
	"testing"

	"bagnet/internal/images"
)

// TestPreprocessing gives every flag alone, and all of them.
func TestPreprocessing(t *testing.T) {
	own := images.ImageNet()
	var all Preprocessing
	if got, err := all.Apply(own); err != nil || got != own {
		t.Errorf("without flags: %+v, %v", got, err)
	}
	want := own
	for name, c := range map[string]struct {
		set    func(f *Preprocessing)
		change func(p *images.Preprocessing)
	}{
		"resize":        {func(f *Preprocessing) { f.Resize.Set("300") }, func(p *images.Preprocessing) { p.Resize.Short = 300 }},
		"crop":          {func(f *Preprocessing) { f.Crop.Set("160") }, func(p *images.Preprocessing) { p.Crop = 160 }},
		"interpolation": {func(f *Preprocessing) { f.Interpolation.Value = "bicubic" }, func(p *images.Preprocessing) { p.Interpolation = images.Bicubic }},
		"mean":          {func(f *Preprocessing) { f.Mean.Set("0,0.5,1") }, func(p *images.Preprocessing) { p.Mean = [3]float64{0, 0.5, 1} }},
		"std":           {func(f *Preprocessing) { f.Std.Set("1,2,3") }, func(p *images.Preprocessing) { p.Std = [3]float64{1, 2, 3} }},
	} {
		var one Preprocessing
		if one.Any() {
			t.Fatal("no flag changes the preprocessing")
		}
		c.set(&one)
		expected := own
		c.change(&expected)
		if got, err := one.Apply(own); err != nil || got != expected || !one.Any() || one.All() {
			t.Errorf("%s: %+v, %v, any %v, all %v, want %+v", name, got, err, one.Any(), one.All(), expected)
		}
		if all.All() {
			t.Errorf("all before %s", name)
		}
		c.set(&all)
		c.change(&want)
	}
	if got, err := all.Apply(own); err != nil || got != want || !all.All() {
		t.Errorf("%+v, %v, all %v, want %+v", got, err, all.All(), want)
	}
	all.Interpolation.Value = ""
	if all.All() {
		t.Error("interpolation is open")
	}
	all.Resize.Set("none")
	if !all.All() {
		t.Error("nothing is interpolated")
	}
	all.Std.Set("0,1,1")
	if _, err := all.Apply(own); err == nil {
		t.Error("a deviation of 0 is taken")
	}
}
