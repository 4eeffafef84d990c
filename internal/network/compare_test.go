package network

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/inference"
)

// TestRatio has a machine that is three times as slow in some rounds, for both networks.
func TestRatio(t *testing.T) {
	first := []float64{10, 30, 10, 30, 10}
	if got := ratio([]float64{25, 75, 25, 75, 20}, first); got != 2.5 {
		t.Errorf("%v, want 2.5", got)
	}
	if first[1] != 30 {
		t.Error("the times have changed places")
	}
}

// TestRandomNetwork has the published size, and values that neither vanish nor explode.
func TestRandomNetwork(t *testing.T) {
	n, known, err := Random("resnet18", Options{Threads: 1})
	if err != nil || !known {
		t.Fatal(known, err)
	}
	if a := n.Architecture(); a.Parameters != 11689512 || a.Layers != 18 || a.Classes != 1000 || len(n.Classes) != 1000 || n.Name != "resnet18" {
		t.Errorf("%+v", a)
	}
	img := make([]float32, 3*64*64)
	for i := range img {
		img[i] = float32(math.Sin(float64(i)))
	}
	pixels, err := inference.FromTensor(tensor.New(tensor.WithShape(64, 64, 3), tensor.WithBacking(img)))
	if err != nil {
		t.Fatal(err)
	}
	logits, err := n.Classify(t.Context(), pixels)
	if err != nil {
		t.Fatal(err)
	}
	largest := 0.0
	for _, v := range logits {
		largest = max(largest, math.Abs(float64(v)))
	}
	if !(largest > 0.01 && largest < 1000) {
		t.Errorf("logits up to %v", largest)
	}
	if _, known, err := Random("resnet51", Options{}); known || err != nil {
		t.Errorf("known %v, %v", known, err)
	}
	// One network beside itself: as fast, but for chance, and with its turn in each round.
	m := Measurement{Size: 32, Runs: 3, Passes: 1}
	all, err := Compare(t.Context(), []*Network{n, n}, m)
	if err != nil || len(all) != 2 || all[0].Ratio != 1 || all[1].Ratio <= 0 || all[0].Passes != 0 || all[1].Runs != 3 || all[1].Size != 32 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, r := range all {
		if want := 2 * float64(n.MACs(32, 32)) / r.Median / 1e6; math.Abs(r.GFLOPS-want) > 1e-9*want || r.Min > r.Median || r.Median > r.Max {
			t.Errorf("%+v, want %v GFLOP/s", r, want)
		}
	}
	m.Passes = 2
	beside, err := n.Bench(t.Context(), m, false)
	if want := 4 * float64(n.MACs(32, 32)) / beside.Median / 1e6; err != nil || beside.Passes != 2 || math.Abs(beside.Speed-2e3/beside.Median) > 1e-9 || math.Abs(beside.GFLOPS-want) > 1e-9*want || beside.Ratio != 0 {
		t.Errorf("%+v, %v", beside, err)
	}
	if text := beside.Text(); !strings.Contains(text, "\n2 passes side by side, ") || !strings.Contains(text, "\na round   ") {
		t.Error(text)
	}
}

func TestComparisonText(t *testing.T) {
	c := Comparison{
		{Model: "resnet50", Size: 224, Threads: 2, Kernel: "avx2", Runs: 5, Median: 100, Min: 90, Max: 120, GFLOPS: 82, Ratio: 1},
		{Model: "bagnet33", Size: 224, Threads: 2, Kernel: "avx2", Runs: 5, Median: 260, Min: 250, Max: 280, GFLOPS: 125, Ratio: 2.5},
	}
	want := `224 x 224 pixels, kernel avx2, 2 threads; the median of 5 rounds, in each of which
every network has its turn

network          ms    fastest    slowest    ratio  images/s   GFLOP/s
resnet50      100.0       90.0      120.0     1.00      10.0        82
bagnet33      260.0      250.0      280.0     2.50       3.8       125
`
	if got := c.Text(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for i := range c {
		c[i].Passes = 4
	}
	if got := c.Text(); !strings.Contains(got, " of 4 passes side by side\n") || !strings.Contains(got, "      40.0        82\n") {
		t.Error(got)
	}
}
