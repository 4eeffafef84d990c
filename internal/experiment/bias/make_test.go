package bias

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/testkit"
)

// TestConflict compares coarse and fine parts with scipy's.
func TestConflict(t *testing.T) {
	g := testkit.ReadGolden[golden](t, "testdata/bias.json")
	a := experiment.Image{Values: g.A, H: g.Height, W: g.Width}
	b := experiment.Image{Values: g.B, H: g.Height, W: g.Width}
	for sigma, want := range g.Made {
		s, err := strconv.ParseFloat(sigma, 64)
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(g.A)
		got := Recipe{Sigma: s}.Conflict(a, b, nil)
		for i, v := range want {
			if math.Abs(float64(got.Values[i])-v) > 1e-6 {
				t.Fatalf("sigma %s, value %d: %v, want %v", sigma, i, got.Values[i], v)
			}
		}
		if !slices.Equal(before, a.Values) {
			t.Error("the shape's image changed")
		}
	}
}

// TestConflictTiles finds every tile of the fine part somewhere, and the rest where it was.
func TestConflictTiles(t *testing.T) {
	g := testkit.ReadGolden[golden](t, "testdata/bias.json")
	black := experiment.NewImage(g.Height, g.Width)
	b := experiment.Image{Values: g.B, H: g.Height, W: g.Width}
	r := Recipe{Sigma: 2, Tile: 4}
	still := Recipe{Sigma: 2}.Conflict(black, b, nil)
	moved := r.Conflict(black, b, rand.New(rand.NewPCG(1, 2)))
	again := r.Conflict(black, b, rand.New(rand.NewPCG(1, 2)))
	if !slices.Equal(moved.Values, again.Values) || slices.Equal(moved.Values, still.Values) {
		t.Error("chance does not decide alone")
	}
	tiles := func(m experiment.Image) (all []string) {
		for y := 0; y+4 <= m.H; y += 4 {
			for x := 0; x+4 <= m.W; x += 4 {
				var b strings.Builder
				for _, v := range m.Crop(y, x, 4, 4).Values {
					b.WriteString(strconv.FormatFloat(float64(v), 'g', -1, 32) + " ")
				}
				all = append(all, b.String())
			}
		}
		slices.Sort(all)
		return all
	}
	if !slices.Equal(tiles(moved), tiles(still)) {
		t.Error("the tiles are others")
	}
	if rest, want := moved.Crop(8, 0, 3, g.Width), still.Crop(8, 0, 3, g.Width); !slices.Equal(rest.Values, want.Values) {
		t.Error("the rest at the bottom moved")
	}
}

func TestCheckRecipe(t *testing.T) {
	for _, tc := range []struct {
		r    Recipe
		want string
	}{
		{Recipe{2, 32}, ""}, {Recipe{0.5, 0}, ""}, {Recipe{64, 1}, ""},
		{Recipe{0, 0}, "a blur of 0 pixels"}, {Recipe{math.NaN(), 0}, "a blur of NaN"}, {Recipe{65, 0}, "a blur of 65 pixels for images of 80x64"},
		{Recipe{1, -1}, "tiles of -1 pixels"}, {Recipe{1, 33}, "tiles of 33 pixels"},
	} {
		err := tc.r.Check(64, 80)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.r, err, tc.want)
		}
	}
}

func TestPairs(t *testing.T) {
	labels := []int{0, 0, class.None, 1, 2, 2}
	seen := map[int]bool{}
	for seed := range uint64(40) {
		pairs := Pairs(labels, rand.New(rand.NewPCG(seed, 1)))
		var shapes []int
		for _, p := range pairs {
			shapes = append(shapes, p.Shape)
			if labels[p.Texture] == class.None || labels[p.Texture] == labels[p.Shape] {
				t.Errorf("%+v", p)
			}
			seen[10*p.Shape+p.Texture] = true
		}
		if !slices.Equal(shapes, []int{0, 1, 3, 4, 5}) {
			t.Errorf("shapes %v", shapes)
		}
	}
	if len(seen) != 3+3+4+3+3 {
		t.Errorf("%d of 16 pairs", len(seen))
	}
	if pairs := Pairs([]int{1, 1, class.None}, rand.New(rand.NewPCG(1, 1))); len(pairs) != 0 {
		t.Errorf("of one class: %v", pairs)
	}
}

// TestNames reads back the names that are given.
func TestNames(t *testing.T) {
	labels := []int{2, class.None, 2, 1, 3}
	names, directories := Names(labels, animals[:4])
	if want := "Border_collie1  Border_collie2 cat1 T-shirt1"; strings.Join(names, " ") != want {
		t.Errorf("%q", names)
	}
	if strings.Join(directories, " ") != "bear cat Border_collie T-shirt" {
		t.Errorf("%q", directories)
	}
	if err := CheckNames(labels, names, animals[:4]); err != nil {
		t.Error(err)
	}
	index := class.NewIndex(animals)
	if shape, texture, err := Cues(names[2]+"-"+names[4]+".png", index); shape != 2 || texture != 3 || err != nil {
		t.Errorf("%d, %d, %v", shape, texture, err)
	}
	plain := class.PlainClasses(3)
	labels = []int{0, 1}
	names, _ = Names(labels, plain)
	if err := CheckNames(labels, names, plain); err == nil || !strings.Contains(err.Error(), "the name of class 0  class 0, with a number behind it, would not say") {
		t.Errorf("%v", err)
	}
}
