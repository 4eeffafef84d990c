package cli

import (
	"io"
	"strings"
	"testing"

	"bagnet/internal/experiment/sensitivity"
	"bagnet/internal/terminal"
)

// TestMapsAreOfTheSamePixels refuses a BagNet's map for a network that normalises
// otherwise, in the mean or in the deviation of any channel, that has other classes, or
// whose images no patch fits into. The BagNet is found with its prefix and without.
func TestMapsAreOfTheSamePixels(t *testing.T) {
	s := &terminal.Streams{Err: io.Discard}
	for _, name := range []string{"bagnet33-imagenette", "bagnet:bagnet33-imagenette"} {
		o := &sensitivityOptions{patch: 16, stride: 2}
		if err := o.model.limitCPUs(); err != nil {
			t.Fatal(err)
		}
		m, _, err := o.openMap(t.Context(), s, name, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, ok := m.(*sensitivity.BagNet)
		if !ok || b.Name() != name || b.Stride != 2 {
			t.Fatalf("%s: %+v", name, m)
		}
		opened, err := openModel(t.Context(), "bagnet33-imagenette", "", 2)
		if err != nil {
			t.Fatal(err)
		}
		net := opened.network()
		net.Preprocessing.Resize.Short, net.Preprocessing.Crop = 64, 64
		if err := o.checkNetwork(net, []sensitivity.Map{sensitivity.Random{}, m}); err != nil {
			t.Fatal(err)
		}
		for channel := range 3 {
			for _, values := range []*[3]float64{&net.Preprocessing.Mean, &net.Preprocessing.Std} {
				old := values[channel]
				values[channel] += 0.01
				if err := o.checkNetwork(net, []sensitivity.Map{sensitivity.Random{}, m}); err == nil || !strings.Contains(err.Error(), "normalised with mean") {
					t.Errorf("channel %d: error %v", channel, err)
				}
				values[channel] = old
			}
		}
		net.Preprocessing.Crop = 32
		if err := checkBagNet(b.Net, net); err == nil || !strings.Contains(err.Error(), "a crop of 32 pixels does not suit model bagnet33-imagenette") {
			t.Errorf("32 pixels: error %v", err)
		}
		net.Preprocessing.Crop = 64
		net.Classes[3].ID, net.Classes[3].Label = "", "none of them"
		if err := checkBagNet(b.Net, net); err == nil || !strings.Contains(err.Error(), "its classes are not those of model") {
			t.Errorf("other classes: error %v", err)
		}
	}
}
