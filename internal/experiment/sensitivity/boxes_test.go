package sensitivity

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
	"bagnet/internal/text"
)

// boxesOf are boxes of an image, and where it is.
func boxesOf(t *testing.T, rows ...string) (*dataset.Boxes, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "boxes.csv")
	list := "path,x0,y0,x1,y1,class\nx.png," + strings.Join(rows, "\nx.png,") + "\n"
	if err := os.WriteFile(file, []byte(list), 0o666); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(file), "x.png")
	b, err := dataset.ReadBoxes(file, []dataset.Image{{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	return b, path
}

// TestTarget has a picture of 100x80 pixels resized to 50x40 and cut to 32x32, 9 from the
// left and 4 from above, and boxes that it shows, shows in part and does not show.
func TestTarget(t *testing.T) {
	boxes, path := boxesOf(t, "20,10,40,30,", "60,60,100,80,a", "0,0,17,80,", "40,20,60,40,b")
	net := &experiment.Network{Classes: []class.Class{{Index: 0, Label: "a"}, {Index: 1, Label: "b"}},
		Preprocessing: images.Preprocessing{Resize: images.Resize{Short: 40}, Crop: 32}}
	it := &experiment.Sample{Image: experiment.NewImage(32, 32), Path: path, Width: 100, Height: 80}
	x := &Experiment{Settings{Boxes: boxes}}
	got, err := x.target(net, it, 0)
	if err != nil || len(got) != 2 || got[0] != (rectangle{1, 1, 11, 11}) || got[1] != (rectangle{21, 26, 32, 32}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = x.target(net, it, 1); err != nil || len(got) != 2 || got[1] != (rectangle{11, 6, 21, 16}) {
		t.Errorf("of class b: %v, %v", got, err)
	}
	it.Path = "y.png"
	if got, err = x.target(net, it, 1); err != nil || got != nil {
		t.Errorf("of an image without boxes: %v, %v", got, err)
	}
	it.Path, net.Classes = path, net.Classes[:1]
	if _, err := x.target(net, it, 0); err == nil {
		t.Error("no error about a class that the network has not")
	}
}

// TestPoint holds hits and precision against counting: every cell's centre and every
// box by itself.
func TestPoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		cells := experiment.Cells{Rows: 2 + rng.IntN(4), Cols: 2 + rng.IntN(4), Side: 1 + rng.IntN(5)}
		var boxes target
		for range 1 + rng.IntN(2) {
			x, y := rng.Float64()*15, rng.Float64()*15
			boxes = append(boxes, rectangle{x, y, x + 1 + rng.Float64()*8, y + 1 + rng.Float64()*8})
		}
		values := make([]float64, cells.Len())
		for i := range values {
			values[i] = float64(rng.Perm(100)[0]) + float64(i)/1000
		}
		inside := func(cell, tolerance int) bool {
			x := float64(cells.Side) * (float64(cell%cells.Cols) + 0.5)
			y := float64(cells.Side) * (float64(cell/cells.Cols) + 0.5)
			for _, b := range boxes {
				nearestX, nearestY := x, y
				if x < b.x0 {
					nearestX = b.x0
				} else if x > b.x1 {
					nearestX = b.x1
				}
				if y < b.y0 {
					nearestY = b.y0
				} else if y > b.y1 {
					nearestY = b.y1
				}
				if (x-nearestX)*(x-nearestX)+(y-nearestY)*(y-nearestY) <= float64(tolerance*tolerance) {
					return true
				}
			}
			return false
		}
		all, best := 0, 0
		for cell, v := range values {
			if inside(cell, 0) {
				all++
			}
			if v > values[best] {
				best = cell
			}
		}
		if got := boxes.record(cells); got.Boxes != len(boxes) || got.Cells != all {
			t.Fatalf("%+v, want %d cells", got, all)
		}
		tolerance, top := rng.IntN(4), rng.IntN(4)
		got := boxes.point(ranking{cells: values}, cells, tolerance, top)
		if got.Hit != inside(best, tolerance) {
			t.Fatalf("hit %v at %v,%v of %v with tolerance %d", got.Hit, got.X, got.Y, boxes, tolerance)
		}
		k := top
		if k == 0 {
			k = all
		}
		want := math.NaN()
		if k = min(k, cells.Len()); k > 0 {
			in := 0
			for cell, v := range values {
				higher := 0
				for _, other := range values {
					if other > v {
						higher++
					}
				}
				if higher < k && inside(cell, 0) {
					in++
				}
			}
			want = float64(in) / float64(k)
		}
		if p := float64(got.Precision); p != want && !(math.IsNaN(p) && math.IsNaN(want)) {
			t.Fatalf("precision %v at %d, want %v", p, k, want)
		}
	}
}

// TestPointOfPixels points with the highest pixel, where there are pixels.
func TestPointOfPixels(t *testing.T) {
	cells := experiment.Cells{Rows: 1, Cols: 2, Side: 2}
	r := ranking{cells: []float64{3, 2}, pixels: []float64{3, 3, 0, 0, 3, 3, 0, 8}}
	got := target{{3, 1, 4, 2}}.point(r, cells, 0, 1)
	if !got.Hit || got.X != 3.5 || got.Y != 1.5 || got.Precision != 0 {
		t.Errorf("%+v", got)
	}
	if got := (target{{2, 0, 4, 2}}).point(ranking{cells: r.cells}, cells, 0, 1); got.Hit || got.X != 1 || got.Y != 1 {
		t.Errorf("of cells: %+v", got)
	}
}

// TestMeasureBoxes goes from the list to the record.
func TestMeasureBoxes(t *testing.T) {
	boxes, path := boxesOf(t, "2,0,4,2,")
	x := &Experiment{Settings{Maps: []Map{byNumber(1), Occlusion{}}, Cell: 2, Shares: []float64{0, 25}, Follow: FollowTrue, Boxes: boxes, NoTruth: true}}
	it := numbered()
	it.Path = path
	r, err := x.Measure(t.Context(), &experiment.Network{Runner: weighted{}}, it)
	if err != nil || r.Boxes == nil || *r.Boxes != (BoxRecord{1, 1}) || r.Maps[0].Pointing == nil || *r.Maps[0].Pointing != (PointRecord{3, 3, false, 0}) {
		t.Fatalf("%+v, %v", r, err)
	}
	x.Tolerance, x.Top = 1, 3
	if r, err = x.Measure(t.Context(), &experiment.Network{Runner: weighted{}}, it); err != nil || *r.Maps[1].Pointing != (PointRecord{3, 3, true, text.Ratio(1.0 / 3)}) {
		t.Errorf("a pixel beside it: %+v, %v", r.Maps[1].Pointing, err)
	}
	it.Path += strconv.Itoa(1)
	if r, err = x.Measure(t.Context(), &experiment.Network{Runner: weighted{}}, it); err != nil || r.Boxes != nil || r.Maps[0].Pointing != nil {
		t.Errorf("an image without boxes: %+v, %v", r, err)
	}
}
