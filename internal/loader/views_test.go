package loader

import "testing"

// TestOldViews reads what testdata/make_views.py wrote and PyTorch read: views
// of storages that begin within them, and a key that is set twice.
func TestOldViews(t *testing.T) {
	flat := ramp(40)
	strided := make([]float32, 0, 12)
	for i := range 3 {
		for j := range 4 {
			strided = append(strided, flat[4+2+i+3*j])
		}
	}
	for file, wanted := range map[string][]want{
		"old_views.pth": {
			{"whole", "F32", []int{5, 8}, flat},
			{"late", "F32", []int{15}, flat[10:25]},
			{"later", "F32", []int{2, 3}, flat[13:19]},
			{"strided", "F32", []int{3, 4}, strided},
		},
		"same_key.pth": {
			{"weight", "F32", []int{12}, flat[20:32]},
			{"bias", "F32", []int{3}, flat[20:23]},
		},
	} {
		c, err := Open(fixture(file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		checkTensors(t, c, wanted)
	}
}

// TestPendingNegation has values that are the negatives of those stored.
func TestPendingNegation(t *testing.T) {
	_, err := Open(fixture("negated.pth"))
	checkRefused(t, "negated.pth", err, `tensor "w": it is stored with a pending negation: call resolve_neg()`)
}
