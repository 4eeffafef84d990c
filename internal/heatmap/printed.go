package heatmap

import "image"

// panelAcross is how many ems the images of a panel take along the page, unless its width in
// print is known: printed 17 cm wide, text of such a panel has 7 points.
const panelAcross = 62

// newPanelLayout lays out a panel whose images take panelAcross.
func newPanelLayout(size image.Point, bar colorbar, titles [3]string) *panelLayout {
	return layPanel(size, bar, titles, panelAcross)
}

// panelLayout lays out p's panel, as many ems wide as it is to be, if that is known and
// there is room for it.
func (p Picture) panelLayout(size image.Point, bar colorbar, titles [3]string) *panelLayout {
	across := float64(panelAcross)
	s := layPanel(size, bar, titles, across)
	for range attempts {
		if p.Ems == 0 {
			break
		}
		across = max(leastAcross, across+p.Ems-float64(s.size.X)/s.em) // what is beside the images takes as many ems as before
		s = layPanel(size, bar, titles, across)
	}
	return s
}

// attempts at a layout come within a hundredth of an em, whose roundings decide then; leastAcross is
// what images keep, in ems, of a picture that is too narrow for text.
const (
	attempts    = 6
	leastAcross = 12
)
