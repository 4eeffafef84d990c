package sensitivity

import (
	"context"
	"fmt"

	"bagnet"
	"bagnet/internal/attribution"
)

// Attribution is what a method of package attribution makes of the network itself.
type Attribution struct{ attribution.Settings }

// Name is the method's.
func (m Attribution) Name() string { return m.Method }

// Weights is the settings.
func (m Attribution) Weights() string {
	settings := "computed"
	for _, u := range m.Used() {
		settings += fmt.Sprintf(" %s=%v", u.Name, u.Value)
	}
	return settings
}

// Values returns the means over cells of the map of the class that is followed.
func (m Attribution) Values(ctx context.Context, v View) ([]float64, error) {
	img := v.Pixels()
	a, err := v.Net.Classify(ctx, img)
	if err != nil {
		return nil, err
	}
	made, err := m.Map(ctx, v.Net, img, a, bagnet.Class(v.Net.Classes[v.Class]), func(int, int) {})
	if err != nil {
		return nil, err
	}
	return v.Cells.Means(made.Pixels(v.H, v.W), v.H, v.W), nil
}

// Bytes returns about how much memory a pass needs in m for prepared pictures of w x h
// pixels, with those that the maps take.
func (s Settings) Bytes(m *bagnet.Model, w, h int) (int, error) {
	most, err := m.PassBytes(w, h, 0)
	for _, made := range s.Maps {
		if a, ok := made.(Attribution); ok && err == nil {
			var bytes int
			bytes, err = a.Settings.Bytes(m, w, h)
			most = max(most, bytes)
		}
	}
	return most, err
}
