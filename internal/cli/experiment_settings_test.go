package cli

import (
	"encoding/json"
	"testing"
)

// TestSettingsTellRunsApart changes one setting of each experiment after the
// other: --resume must not take the records of any for those of another.
func TestSettingsTellRunsApart(t *testing.T) {
	shuffled := func(change func(*shuffleOptions)) any {
		o := &shuffleOptions{tiles: []int{16, 32}, repeats: 3, patches: 1}
		change(o)
		return shuffling{o}.settings()
	}
	interact := func(change func(*interactionsOptions)) any {
		o := &interactionsOptions{sizes: []int{8, 16}, gaps: []int{0, 32}}
		change(o)
		return interacting{o}.settings()
	}
	masked := func(change func(*sensitivityOptions), digest string) any {
		o := &sensitivityOptions{maps: []string{"m", mapRandom}, patch: 16, stride: 2, shares: []float64{0, 50}}
		o.follow.value = followPredicted
		change(o)
		m := &bagnetMap{}
		m.digest.SHA256 = digest
		return (&masking{o, []cellMap{m, nil}}).settings()
	}
	none := func(*sensitivityOptions) {}
	for experiment, all := range map[string][]any{
		"shuffle": {
			shuffled(func(*shuffleOptions) {}),
			shuffled(func(o *shuffleOptions) { o.tiles = []int{16} }),
			shuffled(func(o *shuffleOptions) { o.repeats = 4 }),
			shuffled(func(o *shuffleOptions) { o.patches = 0 }),
			shuffled(func(o *shuffleOptions) { o.features = true }),
		},
		"interactions": {
			interact(func(*interactionsOptions) {}),
			interact(func(o *interactionsOptions) { o.sizes = []int{8} }),
			interact(func(o *interactionsOptions) { o.gaps = []int{0, 33} }),
			interact(func(o *interactionsOptions) { o.sizes, o.gaps = o.gaps, o.sizes }),
		},
		"sensitivity": {
			masked(none, "1"),
			masked(none, "2"),
			masked(func(o *sensitivityOptions) { o.maps[1] = mapOcclusion }, "1"),
			masked(func(o *sensitivityOptions) { o.patch = 8 }, "1"),
			masked(func(o *sensitivityOptions) { o.stride = 1 }, "1"),
			masked(func(o *sensitivityOptions) { o.shares[1] = 20 }, "1"),
			masked(func(o *sensitivityOptions) { o.follow.value = followTrue }, "1"),
		},
	} {
		seen := map[string]int{}
		for i, settings := range all {
			text, err := json.Marshal(settings)
			if err != nil {
				t.Fatal(err)
			}
			if j, there := seen[string(text)]; there {
				t.Errorf("%s: settings %d and %d are both %s", experiment, j, i, text)
			}
			seen[string(text)] = i
		}
	}
}
