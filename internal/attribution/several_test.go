package attribution

import "testing"

// TestCheckEach takes a setting that one of several methods has a use for.
func TestCheckEach(t *testing.T) {
	s := Default("")
	for _, c := range []struct {
		methods []string
		given   string
		want    string // the setting that makes no sense
	}{
		{[]string{Saliency}, "steps", "steps"},
		{[]string{Saliency, IntegratedGradients}, "steps", ""},
		{[]string{IntegratedGradients, Saliency}, "steps", ""},
		{[]string{Saliency, DeepLIFT}, "steps", "steps"},
		{[]string{Saliency, DeepLIFT}, "baseline", ""},
		{[]string{GradCAM, Occlusion}, "layer", ""},
		{[]string{GradCAM, Occlusion}, "", ""},
	} {
		option, err := s.CheckEach(c.methods, func(option string) bool { return option == c.given })
		if option != c.want || (err != nil) != (c.want != "") {
			t.Errorf("%v, %s: %q, %v, want %q", c.methods, c.given, option, err, c.want)
		}
	}
	s.Steps = 0
	if option, err := s.CheckEach([]string{Saliency, DeepLIFT}, func(string) bool { return false }); option != "steps" || err == nil {
		t.Errorf("no steps: %q, %v", option, err)
	}
	all := s.Each([]string{Saliency, DeepLIFT})
	if len(all) != 2 || all[0].Method != Saliency || all[1].Method != DeepLIFT || all[0] == all[1] || s.Method != "" {
		t.Errorf("%+v", all)
	}
}
