package experiment

import (
	"slices"
	"testing"

	"bagnet/internal/class"
)

// among is a run of networks with these classes, by label, and these labels of images.
func among(labels []int, networks ...string) *Run[int] {
	r := &Run[int]{}
	for _, names := range networks {
		m := &Measured[int]{Labels: slices.Clone(labels)}
		m.Model = names
		for i, c := range names {
			m.Classes = append(m.Classes, class.Class{Index: i, Label: string(c)})
		}
		r.Networks = append(r.Networks, m)
	}
	return r
}

// TestNetworksOfOneName are called by what was given for them.
func TestNetworksOfOneName(t *testing.T) {
	r := &Run[int]{}
	var given []string
	for _, n := range [][2]string{{"a/net.pth", "net.pth"}, {"b/net.pth", "net.pth"}, {"other/other.pth", "other.pth"}} {
		given = append(given, n[0])
		r.Networks = append(r.Networks, &Measured[int]{NetworkSummary: NetworkSummary{Model: n[1]}})
	}
	r.Distinguish(given)
	var names []string
	for _, m := range r.Networks {
		names = append(names, m.Model)
	}
	if !slices.Equal(names, []string{"a/net.pth", "b/net.pth", "other.pth"}) {
		t.Errorf("names %q", names)
	}
}

// TestAgree has networks that number the same classes in other ways, and one of other
// classes, whose images stay as they are.
func TestAgree(t *testing.T) {
	r := among([]int{0, 1, 2, class.None}, "abc", "bca", "abd", "ab")
	r.Networks[1].Labels[3] = 1 // which the first does not know
	if other := r.Agree(); other != r.Networks[2] {
		t.Errorf("the first of other classes is %v", other)
	}
	for i, want := range [][]int{{0, 1, 2, class.None}, {2, 0, 1, class.None}, {0, 1, 2, class.None}, {0, 1, 2, class.None}} {
		if got := r.Networks[i].Labels; !slices.Equal(got, want) {
			t.Errorf("network %d has images of classes %v, want %v", i, got, want)
		}
	}
	if r := among([]int{0}, "abc", "cba"); r.Agree() != nil || r.Shared() != nil || r.Networks[1].Labels[0] != 2 {
		t.Errorf("the same classes: %+v", r.Networks[1])
	}
}

// TestRestrict leaves b and c of networks with abc and cdb.
func TestRestrict(t *testing.T) {
	r := among(nil, "abc", "cdb")
	r.Networks[0].Labels = []int{0, 1, 2, class.None, class.None, 1}
	r.Networks[1].Labels = []int{class.None, 2, 0, 1, class.None, 0}
	common := r.Shared()
	if common == nil || !slices.Equal(common.Names, []string{"b", "c"}) {
		t.Fatalf("%+v", common)
	}
	r.Restrict(common)
	// a and d are known, but not common; the last image is b to one and c to the other.
	if r.Common != 2 || r.LeftOut != 3 {
		t.Errorf("%+v", r.Summary)
	}
	none := class.None
	if a, b := r.Networks[0].Labels, r.Networks[1].Labels; !slices.Equal(a, []int{none, 1, 2, none, none, none}) || !slices.Equal(b, []int{none, 2, 0, none, none, none}) {
		t.Errorf("%v and %v", a, b)
	}
}
