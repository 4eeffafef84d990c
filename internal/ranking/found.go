package ranking

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
)

// Found is what an image has given to a Collection, so that another one can be given it
// without the image.
type Found struct {
	Truth     int          `json:"truth"`     // as Add was given it
	Predicted int          `json:"predicted"` // the same
	Patches   []FoundPatch `json:"patches"`
	Pictures  [][]byte     `json:"pictures,omitempty"` // of Patches, each once, PNG
	Context   []byte       `json:"context,omitempty"`  // the image, perhaps reduced, PNG
}

// A FoundPatch is a patch that a list took.
type FoundPatch struct {
	Class    int     `json:"class"` // by index
	X        int     `json:"x"`     // its top left pixel
	Y        int     `json:"y"`
	Evidence float32 `json:"evidence"`
	Picture  int     `json:"picture"`           // in Pictures
	Outline  []int   `json:"outline,omitempty"` // x0, y0, x1, y1 in Context
}

// encoder is quick: parts are read once.
var encoder = png.Encoder{CompressionLevel: png.BestSpeed}

// A taken patch is one that the list of a class took.
type taken struct {
	class int
	*Patch
}

// found makes what is to be remembered of an image's patches.
func found(patches []taken, truth, predicted int) (*Found, error) {
	f := &Found{Truth: truth, Predicted: predicted, Patches: []FoundPatch{}}
	places := map[image.Point]int{}
	var b bytes.Buffer
	for _, p := range patches {
		one := FoundPatch{Class: p.class, X: p.X, Y: p.Y, Evidence: p.Evidence}
		if p.Image != nil {
			at, known := places[image.Pt(p.X, p.Y)]
			if !known {
				b.Reset()
				if err := encoder.Encode(&b, p.Image); err != nil {
					return nil, fmt.Errorf("encoding a patch: %w", err)
				}
				at = len(f.Pictures)
				places[image.Pt(p.X, p.Y)] = at
				f.Pictures = append(f.Pictures, bytes.Clone(b.Bytes()))
			}
			one.Picture = at
		}
		if p.Context != nil {
			one.Outline = []int{p.Outline.Min.X, p.Outline.Min.Y, p.Outline.Max.X, p.Outline.Max.Y}
			if f.Context == nil {
				b.Reset()
				if err := encoder.Encode(&b, p.Context); err != nil {
					return nil, fmt.Errorf("encoding an image: %w", err)
				}
				f.Context = bytes.Clone(b.Bytes())
			}
		}
		f.Patches = append(f.Patches, one)
	}
	return f, nil
}

// errFound is the error of what no Collection has given.
var errFound = errors.New("it is damaged")

// AddFound ranks what the image at path gave to a Collection of the same classes, of which
// c may keep fewer patches. The error is about f.
func (c *Collection) AddFound(path string, f *Found) error {
	places := make(map[int]int, len(c.Classes))
	for i, class := range c.Classes {
		places[class] = i
	}
	var context *image.NRGBA
	pictures := make([]*image.NRGBA, len(f.Pictures))
	for _, p := range f.Patches {
		i, ranked := places[p.Class]
		if !ranked || !c.wanted(f.Truth, f.Predicted, p.Class) {
			continue
		}
		patch := &Patch{Path: path, Cell: Cell{X: p.X, Y: p.Y, Evidence: p.Evidence}, Truth: f.Truth, Predicted: f.Predicted}
		if !c.Lists[i][GroupOf(f.Truth, p.Class)].Offer(patch) || !c.Pictures {
			continue
		}
		if p.Picture < 0 || p.Picture >= len(pictures) || c.Context && (len(p.Outline) != 4 || f.Context == nil) {
			return errFound
		}
		var err error
		if pictures[p.Picture], err = decoded(pictures[p.Picture], f.Pictures[p.Picture]); err != nil {
			return err
		}
		patch.Image = pictures[p.Picture]
		if !c.Context {
			continue
		}
		if context, err = decoded(context, f.Context); err != nil {
			return err
		}
		patch.Context, patch.Outline = context, image.Rect(p.Outline[0], p.Outline[1], p.Outline[2], p.Outline[3])
	}
	c.Images++
	c.OfEach[f.Truth]++
	return nil
}

// maxSide bounds the pictures of patches and images that are read, pixels.
const maxSide = 4096

// decoded is img if there is one, else the picture encoded in data.
func decoded(img *image.NRGBA, data []byte) (*image.NRGBA, error) {
	if img != nil {
		return img, nil
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width > maxSide || config.Height > maxSide {
		return nil, errFound
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errFound
	}
	if n, ok := picture.(*image.NRGBA); ok {
		return n, nil
	}
	n := image.NewNRGBA(picture.Bounds())
	draw.Draw(n, n.Rect, picture, image.Point{}, draw.Src)
	return n, nil
}
