// Package certificate certifies the answers of BagNets to images against square stickers,
// and counts how many of them are right and certified. docs/certificates.md says what that
// means; package certify has the mathematics.
package certificate

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"

	"bagnet"
	"bagnet/internal/certify"
	"bagnet/internal/class"
)

// Settings are what is certified. Ids of runs are made of them: other names or another
// order of the fields would part runs from their records.
type Settings struct {
	Methods  []certify.Method
	Tau      float64 `json:",omitempty"` // of Detect
	Stickers []Sticker
	Attacks  int `json:",omitempty"` // tries to break each answer
}

// An Image is what is found of one image.
type Image struct {
	Label   *class.Class `json:"label"`           // the truth; nil if not known
	Plain   *class.Class `json:"plain,omitempty"` // the answer without a defence
	Results []Result     `json:"results,omitempty"`
	// Largest is the side in pixels of the largest sticker against which the answer by the
	// first method is certified; 0 if there is none. Weakest is where the certificate ends
	// for a larger one, x, y, width and height in pixels: what the cells of the window see
	// at which the answer is nearest to another.
	Largest *int    `json:"largest,omitempty"`
	Weakest *[4]int `json:"weakest,omitempty"`
}

// A Result is about one method and one size of sticker.
type Result struct {
	Method    certify.Method `json:"method"`
	Size      string         `json:"size"`   // as it was asked for
	Patch     int            `json:"patch"`  // side of the sticker, pixels
	Window    int            `json:"window"` // cells a side that it touches at most
	Answer    class.Class    `json:"answer"` // of the defence
	Alert     bool           `json:"alert,omitempty"`
	Certified bool           `json:"certified"` // no such sticker changes the answer
	Correct   *bool          `json:"correct"`   // the answer is the truth, and not withheld; nil if that is not known
	Attacks   int            `json:"attacks,omitempty"`
	Broken    *int           `json:"broken,omitempty"` // of the attacks
}

// right reports whether a result is known to be right.
func (r *Result) right() bool { return r.Correct != nil && *r.Correct }

// grid is where the patches of an image lie, and what they say.
type grid struct {
	certify.Grid
	certify.Geometry
	at      bagnet.Grid
	classes []bagnet.Class
	size    image.Point // of the image
}

// ErrWide is the error about a network whose positions see more than a patch.
var ErrWide = errors.New("each position of this network sees (nearly) the whole image, so a sticker changes what all of them say: there is nothing to certify")

// Certify certifies the answer to an image of the class label, nil if that is not known. The
// error is ErrWide for a ResNet or DenseNet.
func (s Settings) Certify(ctx context.Context, net *bagnet.Model, img *bagnet.Image, label *class.Class) (*Image, error) {
	if i := net.Info(); i.Sees > i.Patch {
		return nil, ErrWide
	}
	p, err := net.Patches(ctx, img, &bagnet.PatchOptions{Classes: net.Classes()})
	if err != nil {
		return nil, err
	}
	g := &grid{at: p.Grid, classes: p.Classes, size: img.Size(), Geometry: certify.Geometry{Patch: p.Patch, Stride: p.Stride},
		Grid: certify.Grid{Rows: p.Rows, Cols: p.Cols, Classes: len(p.Classes), Logits: p.Values.Float32s()}}
	plain := class.Class(p.Classes[p.Answer.Best()])
	found := &Image{Plain: &plain}
	for i, m := range s.Methods {
		d := certify.New(m, s.Tau, g.Grid)
		for _, sticker := range s.Stickers {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			found.Results = append(found.Results, s.result(d, m, g, sticker))
		}
		if i == 0 {
			found.largest(d, g)
		}
	}
	found.Judge(label)
	return found, ctx.Err()
}

// Judge says which answers are right for an image of the class label, nil if that is not
// known.
func (i *Image) Judge(label *class.Class) {
	i.Label = label
	for k := range i.Results {
		if r := &i.Results[k]; label != nil {
			correct := !r.Alert && r.Answer.Index == label.Index
			r.Correct = &correct
		}
	}
}

// result certifies one answer, and attacks it if it is to.
func (s Settings) result(d *certify.Defence, m certify.Method, g *grid, sticker Sticker) Result {
	r := Result{Method: m, Size: sticker.Name, Patch: sticker.Side(g.size.X, g.size.Y)}
	r.Window = g.Window(r.Patch)
	o := d.Outcome(r.Window)
	r.Answer, r.Alert, r.Certified = class.Class(g.classes[o.Answer]), o.Alert, o.Certified
	if s.Attacks > 0 && !o.Alert {
		attack := certify.Attack{Method: m, Tau: s.Tau, Window: r.Window, Tries: s.Attacks, RNG: rand.New(rand.NewPCG(0, uint64(r.Window)))}
		broken := attack.Run(g.Grid)
		r.Attacks, r.Broken = s.Attacks, &broken
	}
	return r
}

// largest adds the largest certified sticker, and the weakest window for a larger one.
func (i *Image) largest(d *certify.Defence, g *grid) {
	window := d.Largest(g.Window(1))
	largest := g.Geometry.Largest(window)
	row, col, rows, cols := d.Weakest(g.Window(largest + 1))
	seen := g.at.Rect(row, col).Union(g.at.Rect(row+rows-1, col+cols-1)).Intersect(image.Rectangle{Max: g.size})
	i.Largest, i.Weakest = &largest, &[4]int{seen.Min.X, seen.Min.Y, seen.Dx(), seen.Dy()}
}

// Window is the weakest window, in pixels of the image.
func (i *Image) Window() image.Rectangle {
	w := i.Weakest
	return image.Rect(w[0], w[1], w[0]+w[2], w[1]+w[3])
}
