package sensitivity

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/testkit"
	"bagnet/models"
)

// ballView is the golf ball as the embedded network sees it, in side x side
// pixels and cells of 16.
func ballView(t *testing.T, side int) View {
	t.Helper()
	data, _ := models.Embedded(models.DefaultName)
	m, err := bagnet.Read(bytes.NewReader(data), int64(len(data)), &bagnet.Options{Name: models.DefaultName, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	p := m.Preprocessing()
	p.Resize.Short, p.Crop = side, side
	if m, err = m.WithPreprocessing(p); err != nil {
		t.Fatal(err)
	}
	picture, err := bagnet.Decode(bytes.NewReader(testkit.GolfBall(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	img, err := m.Prepare(picture)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := experiment.NewCells(side, side, 16)
	if err != nil {
		t.Fatal(err)
	}
	net := &experiment.Network{Runner: m, Name: m.Name(), Family: m.Info().Family, Patch: m.Info().Patch}
	for _, c := range m.Classes() {
		net.Classes = append(net.Classes, class.Class(c))
	}
	it := &experiment.Sample{Image: experiment.ImageOf(img), Path: "set/golf ball/ball.png", Class: 8, RNG: rand.New(rand.NewPCG(1, 1))}
	return View{it, net, 8, cells}
}

// masking is the experiment with some maps.
func masking(maps ...Map) *Experiment {
	return &Experiment{Settings{Maps: maps, Cell: 16, Stride: 2, Shares: []float64{0, 10, 50}, Follow: FollowPredicted}}
}

// logitsOf are a network's outputs for an image.
func logitsOf(t *testing.T, net *experiment.Network, img experiment.Image) []float32 {
	t.Helper()
	a, err := net.Classify(t.Context(), img.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	return a.Outputs
}

// TestAreaIsOverWholeCells has shares that are no whole cells: 10 % of 16 are 2,
// or 12.5 %, and the area is that under a curve of those.
func TestAreaIsOverWholeCells(t *testing.T) {
	v := ballView(t, 64)
	r, err := masking(Occlusion{}).Measure(t.Context(), v.Net, v.Sample)
	if err != nil {
		t.Fatal(err)
	}
	m := r.Maps[0]
	if len(m.Curve) != 3 || m.Curve[1].Percent != 10 || m.Curve[1].Masked != 2 || m.Curve[2].Masked != 8 {
		t.Fatalf("curve %+v", m.Curve)
	}
	p := [3]float64{m.Curve[0].Probability, m.Curve[1].Probability, m.Curve[2].Probability}
	want := ((p[0]+p[1])/2*0.125 + (p[1]+p[2])/2*0.375) / 0.5
	if math.Abs(float64(m.Area)-want) > 1e-12 {
		t.Errorf("area %v, want %v", m.Area, want)
	}
	if asked := ((p[0]+p[1])/2*0.1 + (p[1]+p[2])/2*0.4) / 0.5; math.Abs(asked-want) < 1e-6 {
		t.Errorf("over the shares asked for it is %v, which tells nothing", asked)
	}
}

// TestOcclusionOfBagNet holds the true sensitivity against masking done by hand,
// and against the patches: a cell's effect is the mean of what it does to all.
func TestOcclusionOfBagNet(t *testing.T) {
	v := ballView(t, 64)
	logits := logitsOf(t, v.Net, v.Image)
	effects, err := experiment.NewMasking(v.Net, v.Image, 8, logits, experiment.MeanFill{}).Occlusion(t.Context(), v.Cells)
	if err != nil {
		t.Fatal(err)
	}
	patchesOf := func(img experiment.Image) []float32 { // of class 8, row by row
		p, err := v.Net.Patches(t.Context(), img.Pixels(), &bagnet.PatchOptions{Classes: []bagnet.Class{{Index: 8}}})
		if err != nil {
			t.Fatal(err)
		}
		if p.Rows != 4 || p.Cols != 4 || p.Stride != 8 {
			t.Fatalf("grid %+v", p.Grid)
		}
		return p.Values.Float32s()
	}
	intact := patchesOf(v.Image)
	for cell := range effects {
		masked := experiment.Image{Values: slices.Clone(v.Values), H: 64, W: 64}
		for i := range masked.Values {
			if y, x := i/3/64, i/3%64; y/16*4+x/16 == cell {
				masked.Values[i] = 0
			}
		}
		got := logitsOf(t, v.Net, masked)
		if want := float64(logits[8]) - float64(got[8]); effects[cell] != want {
			t.Errorf("cell %d: the logit falls by %v, by hand by %v", cell, effects[cell], want)
		}
		var sum float64
		for i, value := range patchesOf(masked) {
			py, px := i/4*8, i%4*8 // 4 x 4 patches of 33 pixels
			touched := py < cell/4*16+16 && py+33 > cell/4*16 && px < cell%4*16+16 && px+33 > cell%4*16
			if !touched && value != intact[i] {
				t.Errorf("cell %d changes patch %d, which it does not touch", cell, i)
			}
			sum += float64(intact[i]) - float64(value)
		}
		if math.Abs(sum/16-effects[cell]) > 1e-4 {
			t.Errorf("cell %d: the logit falls by %v, its patches by %v in the mean", cell, effects[cell], sum/16)
		}
	}
}

// TestFollow follows the predicted class or the true one.
func TestFollow(t *testing.T) {
	v := ballView(t, 64)
	v.Sample.Class = 0
	logits := logitsOf(t, v.Net, v.Image)
	x := masking(Random{})
	for follow, want := range map[string]int{FollowPredicted: 8, FollowTrue: 0} {
		x.Follow = follow
		v.RNG = rand.New(rand.NewPCG(3, 3))
		r, err := x.Measure(t.Context(), v.Net, v.Sample)
		if err != nil || r.Class != want || r.Cells != 16 || r.Logit != float64(logits[want]) {
			t.Errorf("%s: %+v, %v", follow, r, err)
		}
		point := r.Maps[0].Curve[0]
		if point.Masked != 0 || point.Response != r.Response || r.Maps[0].Curve[2].Masked != 8 {
			t.Errorf("%s: curve %+v from %+v", follow, r.Maps[0].Curve, r.Response)
		}
	}
}

// byNumber is a map whose values are the cells' numbers, times scale.
type byNumber float64

func (byNumber) Name() string { return "by number" }

func (byNumber) Weights() string { return "" }

func (m byNumber) Values(_ context.Context, v View) ([]float64, error) {
	values := make([]float64, v.Cells.Len())
	for i := range values {
		values[i] = float64(m) * float64(i)
	}
	return values, nil
}

// weighted is a network whose two logits are 0 and a hundredth of the sum of all values.
type weighted struct{ experiment.Runner }

func (weighted) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	sum := 0.0
	for _, v := range img.Tensor().Float32s() {
		sum += float64(v)
	}
	logits := []float32{0, float32(sum / 100)}
	return bagnet.Answer{Logits: logits, Outputs: logits}, nil
}

// TestMeasure has an image whose cells count 1, 2, 3 and 4, and a map that ranks them so,
// and one that ranks them the other way round: what is left of the sum is known.
func TestMeasure(t *testing.T) {
	it := &experiment.Sample{Image: experiment.NewImage(4, 4), Class: 1}
	for i := range 16 {
		it.Values[3*i] = float32(25 * (i/8*2 + i%4/2 + 1)) // 4 pixels a cell
	}
	x := &Experiment{Settings{Maps: []Map{byNumber(2), byNumber(-1), Occlusion{}}, Cell: 2, Shares: []float64{0, 25, 75}, Follow: FollowTrue}}
	r, err := x.Measure(t.Context(), &experiment.Network{Runner: weighted{}}, it)
	if err != nil || r.Cells != 4 || r.Class != 1 || r.Logit != 10 || len(r.Maps) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, want := range []struct {
		name        string
		logits      [3]float64
		correlation float64
	}{{"by number", [3]float64{10, 6, 1}, 1}, {"by number", [3]float64{10, 9, 4}, -1}, {OcclusionName, [3]float64{10, 6, 1}, 1}} {
		m := r.Maps[i]
		var p [3]float64
		for k, logit := range want.logits {
			p[k] = 1 / (1 + math.Exp(-logit))
			point := m.Curve[k]
			if point.Percent != x.Shares[k] || point.Masked != []int{0, 1, 3}[k] || point.Logit != logit || math.Abs(point.Probability-p[k]) > 1e-12 {
				t.Errorf("map %d: point %+v, want logit %v and probability %v", i, point, logit, p[k])
			}
		}
		area := ((p[0]+p[1])/2*0.25 + (p[1]+p[2])/2*0.5) / 0.75
		if m.Map != want.name || math.Abs(float64(m.Correlation)-want.correlation) > 1e-12 || math.Abs(float64(m.Area)-area) > 1e-12 {
			t.Errorf("map %d: %+v, want %+v and area %v", i, m, want, area)
		}
	}
	x.Cell = 3
	if _, err := x.Measure(t.Context(), nil, it); err == nil {
		t.Error("cells of 3 pixels of an image of 4")
	}
}

// TestBasisTellsRunsApart changes one setting after the other: no run may go on with
// the records of another one's.
func TestBasisTellsRunsApart(t *testing.T) {
	masked := func(change func(*Settings)) string {
		t.Helper()
		x := &Experiment{Settings{Maps: []Map{&BagNet{Called: "m", SHA256: "1"}, Random{}}, Cell: 16, Stride: 2, Shares: []float64{0, 50}, Follow: FollowPredicted}}
		change(&x.Settings)
		basis, err := json.Marshal(x.Basis())
		if err != nil {
			t.Fatal(err)
		}
		return string(basis)
	}
	seen := map[string]int{}
	for i, basis := range []string{
		masked(func(*Settings) {}),
		masked(func(s *Settings) { s.Maps[0] = &BagNet{Called: "m", SHA256: "2"} }),
		masked(func(s *Settings) { s.Maps[0] = &BagNet{Called: "n", SHA256: "1"} }),
		masked(func(s *Settings) { s.Maps[1] = Occlusion{} }),
		masked(func(s *Settings) { s.Maps[1] = NewFiles("directory", nil) }),
		masked(func(s *Settings) { s.Maps = s.Maps[:1] }),
		masked(func(s *Settings) { s.Cell = 8 }),
		masked(func(s *Settings) { s.Stride = 1 }),
		masked(func(s *Settings) { s.Shares[1] = 20 }),
		masked(func(s *Settings) { s.Follow = FollowTrue }),
		masked(func(s *Settings) { s.Curve = Insertion }),
		masked(func(s *Settings) { s.Curve = Both }),
		masked(func(s *Settings) { s.Fill = FillRoad }),
		masked(func(s *Settings) { s.Place = PlacePeaks }),
		masked(func(s *Settings) { s.NoTruth = true }),
		masked(func(s *Settings) { s.Boxes = &dataset.Boxes{SHA256: "1"} }),
		masked(func(s *Settings) { s.Boxes = &dataset.Boxes{SHA256: "2"} }),
		masked(func(s *Settings) { s.Tolerance = 1 }),
		masked(func(s *Settings) { s.Top = 1 }),
	} {
		if j, there := seen[basis]; there {
			t.Errorf("settings %d and %d are both %s", j, i, basis)
		}
		seen[basis] = i
	}
	// Ids of runs come of this text: records of earlier versions stay good.
	want := `{"Maps":[{"Name":"m","Weights":"1"},{"Name":"random","Weights":""}],"Patch":16,"Stride":2,"Shares":[0,50],"Follow":"predicted"}`
	if got := masked(func(*Settings) {}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := masked(func(s *Settings) {
		s.Curve, s.Fill, s.Place, s.Compare = Deletion, FillMean, PlaceCells, CompareAll
	}); got != want {
		t.Errorf("what is usual, by name: %s, want %s", got, want)
	}
}
