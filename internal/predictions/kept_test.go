package predictions

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"bagnet"
)

// TestKept takes up the record of an answer from its JSON.
func TestKept(t *testing.T) {
	a := bagnet.Answer{Outputs: []float32{0.1, float32(math.Inf(-1)), 1e-40}}
	likeliest := []bagnet.Prediction{{Class: bagnet.Class{Index: 2}}, {Class: bagnet.Class{Index: 0}}}
	for _, logits := range []bool{false, true} {
		var k, again Kept
		k.Path = "a.png"
		k.Keep(3, 2, a, 2, logits)
		k.Predictions = likeliest // a network's answer has them
		if !reflect.DeepEqual(k.Outputs(), a.Outputs) {
			t.Errorf("%v", k.Outputs())
		}
		line, err := json.Marshal(&k)
		if err != nil || json.Unmarshal(line, &again) != nil {
			t.Fatal(err)
		}
		if got := again.Outputs(); logits && !reflect.DeepEqual(got, a.Outputs) || !logits && got != nil {
			t.Errorf("%v of %s", got, line)
		}
		if got := again.Record(); !reflect.DeepEqual(got, Record{Path: "a.png", Width: 3, Height: 2, Predictions: likeliest}) {
			t.Errorf("%+v of %s", got, line)
		}
		for _, c := range []struct {
			topK, classes, logits int
			valid                 bool
		}{
			{2, 3, 0, true}, {2, 3, 3, logits}, {2, 3, 2, false}, {1, 3, 0, false}, {0, 3, 0, false}, {3, 2, 0, false}, {2, 2, 0, false},
		} {
			if reason := again.Damage(c.topK, c.classes, c.logits); (reason == "") != c.valid {
				t.Errorf("%+v: %q", c, reason)
			}
		}
	}
	failed := Kept{}
	failed.Path, failed.Error = "b.png", "why"
	if r := failed.Record(); r.Path != "b.png" || r.Err == nil || r.Err.Error() != "why" {
		t.Errorf("%+v", r)
	}
}
