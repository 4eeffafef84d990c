package loader

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
)

// TestDicts looks into what testdata/make_dicts.py wrote.
func TestDicts(t *testing.T) {
	flat := ramp(40)
	data, err := os.ReadFile(fixture("dicts.pth"))
	if err != nil {
		t.Fatal(err)
	}
	open := func(choose Select) (*Checkpoint, error) {
		return ReadSelected("dicts.pth", bytes.NewReader(data), int64(len(data)), choose)
	}
	var keys []string
	values := map[string][]float32{"state_dict": flat[16:20], "7": flat[8:12], "runs.0": flat[:4], "runs.1.0": flat[4:8], "ema.deep": flat[:4]}
	for key, v := range values {
		c, err := open(func(dicts []*Dict) (*Dict, []string, error) {
			keys = nil
			var chosen *Dict
			by := map[string]*Dict{}
			for _, d := range dicts {
				keys = append(keys, d.Key)
				if by[d.Key] = d; d.Key == key {
					chosen = d
				}
			}
			// runs.0 and ema.deep hold equal values in storages of their own, and so does state_dict's v.
			if !by["runs.0"].Same("w", by["ema.deep"], "w") || !by["state_dict"].Same("v", by["runs.0"], "w") || !by["7"].Same("w", by["7"], "w") {
				t.Error("equal tensors are told apart")
			}
			if by["runs.0"].Same("w", by["7"], "w") || by["runs.0"].Same("none", by["7"], "none") || by["state_dict"].Same("w", by["state_dict"], "v") {
				t.Error("different tensors are taken for equal")
			}
			if got := by["state_dict"].Names(); !slices.Equal(got, []string{"w", "v"}) {
				t.Errorf("names %v: integers are no weights", got)
			}
			if got := by["7"].Shape("w"); fmt.Sprint(got) != "[4]" || by["7"].Shape("v") != nil {
				t.Errorf("shape %v", got)
			}
			return chosen, []string{"w"}, nil
		})
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		checkTensors(t, c, []want{{"w", "F32", []int{4}, v}})
		if c.Metadata["epoch"] != "3" {
			t.Errorf("%s: metadata %v", key, c.Metadata)
		}
	}
	if want := []string{"state_dict", "7", "runs.0", "ema.deep", "runs.1.0"}; !slices.Equal(keys, want) {
		t.Errorf("dicts %v, want %v: a pair is no key, nor are bare tensors a dict", keys, want)
	}
	c, err := open(nil)
	if err != nil {
		t.Fatal(err)
	}
	checkTensors(t, c, []want{{"w", "F32", []int{4}, flat[16:20]}, {"v", "F32", []int{4}, flat[:4]}})
	if _, err := open(func([]*Dict) (*Dict, []string, error) { return nil, nil, fmt.Errorf("none of them") }); err == nil || err.Error() != `reading checkpoint "dicts.pth": none of them` {
		t.Errorf("error %v", err)
	}
}
