package flagvalue

import "testing"

func TestZoom(t *testing.T) {
	var z Zoom
	if z.String() != "" || z.Type() != "N|auto" {
		t.Errorf("%q, %s", z.String(), z.Type())
	}
	for text, want := range map[string]int{"1": 1, "64": 64, "auto": -1} {
		if err := z.Set(text); err != nil || int(z) != want || z.String() != text {
			t.Errorf("%s: %v, %d, %q", text, err, z, z.String())
		}
	}
	for _, text := range []string{"0", "65", "-1", "1.5", "Auto", ""} {
		if err := z.Set(text); err == nil || err.Error() != "want a whole number from 1 to 64, or auto" {
			t.Errorf("%q: %v, %d", text, err, z)
		}
	}
}
