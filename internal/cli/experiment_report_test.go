package cli

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/inference"
	"bagnet/internal/text"
)

// shuffledRun is a made-up run of a BagNet over four images of class 1.
func shuffledRun(patches, features text.Ratio) *experimentRun[shuffleRecord] {
	m := &measured[shuffleRecord]{networkSummary: networkSummary{Model: "net", Family: "v1", Patch: 33, Measured: 4}}
	for i := range 4 {
		logit := float32(i)
		m.results = append(m.results, result[shuffleRecord]{class: 1, value: shuffleRecord{
			Side: 64, Class: min(i, 1), Logit: logit,
			Tiles: []tilesRecord{
				{32, []shuffledImage{{1, 2 * logit, 0.5}, {0, 2 * logit, 0.7}}},
				{8, []shuffledImage{{0, -logit, text.Ratio(math.NaN())}, {2, -logit, -1}}},
			},
			Features: &featuresRecord{[]shuffledImage{{1, logit, 1}}, features},
			Patches:  &patches,
		}})
	}
	return &experimentRun[shuffleRecord]{experimentSummary: experimentSummary{Experiment: "shuffle", Images: 4, All: 9}, networks: []*measured[shuffleRecord]{m}}
}

func TestShuffleReport(t *testing.T) {
	n := newShuffleReport(shuffledRun(1e-6, 0)).Networks[0]
	if n.Intact.Mean != 0.75 || n.Intact.Error != 0.25 {
		t.Errorf("accuracy of the intact images %+v", n.Intact)
	}
	if len(n.Tiles) != 2 || n.Tiles[0].Tile != 8 || n.Tiles[1].Tile != 32 {
		t.Fatalf("tiles %+v", n.Tiles)
	}
	small, large := n.Tiles[0], n.Tiles[1]
	if large.Accuracy.Mean != 0.5 || large.Accuracy.Error != 0 { // each image is right in one of two orders
		t.Errorf("accuracy %+v", large.Accuracy)
	}
	if large.LogitCorrelation != 1 || small.LogitCorrelation != -1 {
		t.Errorf("correlations of logits %v, %v", large.LogitCorrelation, small.LogitCorrelation)
	}
	if math.Abs(float64(large.ClassCorrelation.Mean)-0.6) > 1e-15 || small.ClassCorrelation.Mean != -1 {
		t.Errorf("correlations over classes %v, %v", large.ClassCorrelation, small.ClassCorrelation)
	}
	last := newShuffleReport(shuffledRun(1e-6, 0)).figure().Series[0].Points[2] // the intact images
	if last.X != 64 || last.Y != 0.75 || last.Error != 0.25 {
		t.Errorf("drawn as %+v", last)
	}
	if !n.Patches.Exact || n.Patches.Images != 4 || !n.Features.Exact || !n.Features.Averaged {
		t.Errorf("proofs %+v, %+v", n.Patches, n.Features)
	}
}

// TestWhatIsNotExactIsSaid has deviations beyond rounding.
func TestWhatIsNotExactIsSaid(t *testing.T) {
	r := newShuffleReport(shuffledRun(3e-5, 0.25))
	text := string(r.text())
	if n := strings.Count(text, "the logits are NOT the same"); n != 2 || r.Networks[0].Patches.Exact {
		t.Errorf("%d of two deviations in:\n%s", n, text)
	}
	run := shuffledRun(0, 0.25)
	run.networks[0].Family, run.networks[0].Patch = "vgg_bn", 0
	r = newShuffleReport(run)
	if text := string(r.text()); strings.Contains(text, "NOT") || !strings.Contains(text, "the logits move by at most 0.25 of their range, 4 images") {
		t.Errorf("a VGG's features:\n%s", text)
	}

	run2 := &experimentRun[interactionsRecord]{networks: []*measured[interactionsRecord]{{networkSummary: networkSummary{Model: "net", Family: "v1", Patch: 33, Measured: 1}}}}
	apart := false
	run2.networks[0].results = []result[interactionsRecord]{{value: interactionsRecord{Range: 10, Regions: []regionsRecord{{Size: 8, Gap: 32, Joint: 1, Sum: 2, SharedPatch: &apart}}}}}
	o := &interactionsOptions{sizes: []int{8}, gaps: []int{32}}
	if text := string(newInteractionsReport(run2, o).text()); !strings.Contains(text, "they do NOT add up exactly;\nlargest deviation 0.1 of the logits' range, 1 measurement\n") {
		t.Errorf("interactions:\n%s", text)
	}
}

func TestInteractionsReport(t *testing.T) {
	run := &experimentRun[interactionsRecord]{networks: []*measured[interactionsRecord]{{networkSummary: networkSummary{Model: "net", Family: "resnet", Measured: 4}}}}
	touching, apart := true, false
	for i, r := range []regionsRecord{
		{Joint: 1, Sum: 2, SharedPatch: &touching},
		{Joint: 2, Sum: 4, SharedPatch: &touching},
		{Joint: 3, Sum: 6, SharedPatch: &apart},
		{Joint: -4, Sum: -8, SharedPatch: nil},
	} {
		r.Size, r.Gap = 16, 8
		image := interactionsRecord{Range: float32(10 * (i + 1)), Regions: []regionsRecord{{Size: 16, Gap: 0, Joint: 7, Sum: 7}, r}}
		run.networks[0].results = append(run.networks[0].results, result[interactionsRecord]{value: image})
	}
	r := newInteractionsReport(run, &interactionsOptions{sizes: []int{16}, gaps: []int{0, 8, 99}})
	n := r.Networks[0]
	if len(n.Regions) != 3 {
		t.Fatalf("%+v", n.Regions)
	}
	same, some, none := n.Regions[0], n.Regions[1], n.Regions[2]
	if some.Images != 4 || some.Correlation.Mean != 1 || some.Relative.Mean != 1 || some.Largest != 0.1 || some.Relative.Error != 0 {
		t.Errorf("twice as much: %+v", some)
	}
	if !math.IsNaN(float64(same.Correlation.Mean)) || same.Relative.Mean != 0 || same.Largest != 0 {
		t.Errorf("the same for all: %+v", same)
	}
	if none.Images != 0 || !math.IsNaN(float64(none.Largest)) {
		t.Errorf("what does not fit: %+v", none)
	}
	if n.Additivity.Images != 1 || math.Abs(float64(n.Additivity.Deviation)-0.1) > 1e-15 || n.Additivity.Exact {
		t.Errorf("additivity %+v", n.Additivity)
	}
	series := r.figure().Series
	if len(series) != 1 || series[0].Name != "net, 16 px" || len(series[0].Points) != 2 || series[0].Points[1].X != 8 || series[0].Points[1].Y != 1 {
		t.Errorf("series %+v", series)
	}
}

func TestEstimatesForPeople(t *testing.T) {
	nan := text.Ratio(math.NaN())
	for _, tc := range []struct{ got, want string }{
		{estimate{0.12345, 0.01}.percent(), "12.35 ± 1.00%"},
		{estimate{0.5, nan}.percent(), "50.00%"},
		{estimate{nan, nan}.percent(), "-"},
		{estimate{-0.5, 0.25}.decimals(), "-0.500 ± 0.250"},
		{text.Ratio(1).Decimals(), "1.000"},
		{nan.Decimals(), "-"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
}

// TestNetworksOfOneName are called by their paths.
func TestNetworksOfOneName(t *testing.T) {
	r := &experimentRun[int]{}
	for _, given := range [][2]string{{"a/net.pth", "net.pth"}, {"b/net.pth", "net.pth"}, {"other.pth", "other.pth"}} {
		r.networks = append(r.networks, &measured[int]{given: given[0], networkSummary: networkSummary{Model: given[1]}})
	}
	r.distinguish()
	var names []string
	for _, m := range r.networks {
		names = append(names, m.Model)
	}
	if !slices.Equal(names, []string{"a/net.pth", "b/net.pth", "other.pth"}) {
		t.Errorf("names %q", names)
	}
}

// exploding is a network whose logits are not finite.
type exploding struct{ classifier }

func (exploding) Classify(context.Context, inference.Pixels) ([]float32, error) {
	return []float32{0, float32(math.Inf(1))}, nil
}

func TestLogitsThatAreNotFinite(t *testing.T) {
	if _, err := (finiteClassifier{exploding{}}).Classify(t.Context(), nil); !errors.Is(err, errNotFinite) {
		t.Errorf("error %v", err)
	}
}

// TestMismatchedRecords has records that are about something else.
func TestMismatchedRecords(t *testing.T) {
	sp := &specimen[int]{Image: dataset.Image{Path: "a", Ordinal: 3}, class: 1}
	one, two, value := class.Class{Index: 1}, class.Class{Index: 2}, 5
	for _, tc := range []struct {
		record experimentRecord[int]
		want   string
	}{
		{experimentRecord[int]{Image: 3, Label: &one, Result: &value}, ""},
		{experimentRecord[int]{Image: 3, Label: &one, Error: "broken"}, ""},
		{experimentRecord[int]{Image: 4, Label: &one, Result: &value}, "was image 4, now it is 3"},
		{experimentRecord[int]{Image: 3, Label: &two, Result: &value}, "the class of"},
		{experimentRecord[int]{Image: 3, Result: &value}, "the class of"},
		{experimentRecord[int]{Image: 3, Label: &one}, "it is damaged"},
	} {
		if got := sp.mismatch(&tc.record); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%+v: %q, want %q", tc.record, got, tc.want)
		}
	}
}
