package certificate

import (
	"bytes"
	"strconv"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// A Drawer draws where certificates end.
type Drawer struct{ Software, Model string } // that draw and that see

// Draw draws the weakest window of an image over the map of the first method's answer. It
// returns a PNG file that says what it shows of the image at path, whose contents have that
// fingerprint.
func (d Drawer) Draw(path, fingerprint string, m *bagnet.Heatmap, found *Image) ([]byte, error) {
	img, err := m.Draw(&bagnet.DrawOptions{Style: string(heatmap.Overlay)})
	if err != nil {
		return nil, err
	}
	heatmap.Outline(img, found.Window())
	first := found.Results[0]
	var b bytes.Buffer
	err = heatmap.WritePNG(&b, img, []heatmap.Text{
		{Key: "Software", Value: d.Software},
		{Key: output.TextSource, Value: text.OneLine(path)},
		{Key: output.TextContents, Value: fingerprint},
		{Key: "bagnet:model", Value: text.OneLine(d.Model)},
		{Key: "bagnet:class", Value: class.Full(first.Answer)},
		{Key: "bagnet:method", Value: string(first.Method)},
		{Key: "bagnet:largest", Value: strconv.Itoa(*found.Largest)},
		{Key: "bagnet:weakest", Value: text.Numbers(",", found.Weakest[:])},
	})
	return b.Bytes(), err
}
