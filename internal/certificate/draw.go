package certificate

import (
	"strconv"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/text"
)

// Draw draws an image's weakest window over h, the map of the first method's answer, in a file
// of that format. The picture says which image it shows, by its path and by the contents of its file,
// as output.Fingerprint has them, and what has made it.
func (i *Image) Draw(h *bagnet.Heatmap, path, contents, model, software string, format paper.Format) ([]byte, error) {
	p, style, err := h.Picture(&bagnet.DrawOptions{Style: string(heatmap.Overlay)})
	if err != nil {
		return nil, err
	}
	drawing, err := p.Layout(style)
	if err != nil {
		return nil, err
	}
	drawing.Outline(i.Window())
	return format.File(drawing, []heatmap.Text{
		{Key: "Software", Value: software},
		{Key: output.TextSource, Value: text.OneLine(path)},
		{Key: output.TextContents, Value: contents},
		{Key: "bagnet:model", Value: text.OneLine(model)},
		{Key: "bagnet:class", Value: class.Full(i.Results[0].Answer)},
		{Key: "bagnet:method", Value: string(i.Results[0].Method)},
		{Key: "bagnet:largest", Value: strconv.Itoa(*i.Largest)},
		{Key: "bagnet:weakest", Value: text.Numbers(",", i.Weakest[:])},
	})
}
