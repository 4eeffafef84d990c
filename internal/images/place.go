package images

// Place returns where Apply puts the point (x, y) of a picture of w x h pixels (both at
// least 1): beside the result, if it is cropped away. Coordinates are distances from the
// upper left corner, so that pixel i lies from i to i+1.
func (p Preprocessing) Place(w, h int, x, y float64) (placedX, placedY float64) {
	rw, rh := p.Resize.of(w, h)
	x, y = x*float64(rw)/float64(w), y*float64(rh)/float64(h)
	if p.Crop > 0 {
		srcX, dstX := cropOffset(rw, p.Crop)
		srcY, dstY := cropOffset(rh, p.Crop)
		x, y = x-float64(srcX)+float64(dstX), y-float64(srcY)+float64(dstY)
	}
	return x, y
}
