package explore

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"slices"

	"bagnet"
	"bagnet/internal/text"
)

// static is what the page shows of an image where scripts are off.
type static struct {
	Name, Class, Versus string
	Logit, Probability  float64
	Count               int // of patches that the logit is the mean of
	Panel               template.URL
	Width, Height       int
	Strongest, Weakest  []strip
}

// strip is a patch in the table of the strongest ones.
type strip struct {
	Rect     image.Rectangle
	Evidence float32
}

// listed is how many patches of each kind the static tables have.
const listed = 10

// newStatic makes the static part of an image.
func (p *Page) newStatic(name string, patches *bagnet.Patches) (static, error) {
	maps := patches.Heatmaps()
	class, versus := p.first(patches)
	h := maps[class]
	if versus >= 0 {
		var err error
		if h, err = h.Minus(maps[versus]); err != nil {
			return static{}, err
		}
	}
	panel, err := h.Draw(nil)
	if err != nil {
		return static{}, err
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, panel, &jpeg.Options{Quality: 70}); err != nil {
		return static{}, fmt.Errorf("encoding the panel: %w", err)
	}
	s := static{
		Name: text.OneLine(name), Class: shortName(h.Class), Logit: h.Logit, Probability: h.Probability, Count: h.NativeCells(),
		Panel: template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())),
		Width: panel.Rect.Dx(), Height: panel.Rect.Dy(),
	}
	if h.Versus != nil {
		s.Versus = shortName(*h.Versus)
	}
	var all []strip
	for i, v := range h.Values {
		if row, col := i/h.Cols, i%h.Cols; h.Native(row, col) {
			all = append(all, strip{h.Rect(row, col), v})
		}
	}
	slices.SortStableFunc(all, func(a, b strip) int { return cmp.Compare(b.Evidence, a.Evidence) })
	s.Strongest = all[:min(listed, len(all))]
	s.Weakest = slices.Clone(all[len(all)-len(s.Strongest):])
	slices.Reverse(s.Weakest)
	return s, nil
}
