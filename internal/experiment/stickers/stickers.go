// Package stickers measures how many answers become another class by pasting parts of
// images of that class that speak most for it, and what certificates say beside it.
package stickers

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"bagnet"
	"bagnet/internal/certify"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Settings are what is pasted. Ids of runs are made of them: other names or another order
// of the fields would part runs from their records.
type Settings struct {
	Sizes   []int // sides of the stickers, pixels
	Numbers []int // of stickers in one image
	Repeats int   // for each size and number
	Places  int   // at which one sticker alone is compared with itself
	Target  int   // class of the stickers; Any for another one in each image
}

// Any is the Target that chance chooses, among the classes that there are stickers of.
const Any = -1

// Experiment is what the package measures.
type Experiment struct {
	Settings
	Found *Stickers
}

// Record is what it finds in one image.
type Record struct {
	Target  int       `json:"target"`
	Class   int       `json:"predicted"`
	Pasted  []Pasted  `json:"pasted"`
	Places  []Places  `json:"places,omitempty"`
	Defence []Defence `json:"defence,omitempty"` // BagNets only
	Own     bool      `json:"own,omitempty"`     // the image is of the target itself: nothing is pasted
}

// Pasted is what becomes of the answers with so many stickers of a size.
type Pasted struct {
	Size   int `json:"size"` // pixels
	Number int `json:"number"`
	Tries  int `json:"tries"`  // in which they have room
	Became int `json:"became"` // the target, and were another class without stickers
	Other  int `json:"other"`  // another class than without stickers, and not the target
}

// Places is how much the place of a sticker matters, on an image that is empty but for it:
// the standard deviation of the target's logit, and its mean without the sticker's.
type Places struct {
	Size      int        `json:"size"`
	Effect    text.Ratio `json:"effect"`    // of the sticker, mean
	Anywhere  text.Ratio `json:"anywhere"`  // deviation over places at random
	Congruent text.Ratio `json:"congruent"` // over places that are whole strides of a BagNet apart
}

// Defence is what double masking makes of an image and of one sticker in it.
type Defence struct {
	Size      int  `json:"size"`
	Answer    int  `json:"answer"`
	Certified bool `json:"certified"`
	Tries     int  `json:"tries"`
	Changed   int  `json:"changed"` // the answer is another one than without the sticker
	Became    int  `json:"became"`  // of these, it is the target
}

// Name is the experiment's.
func (x Experiment) Name() string { return "stickers" }

// Basis is what results depend on.
func (x Experiment) Basis() any {
	return struct {
		Settings
		Stickers string
	}{x.Settings, x.Found.Digest()}
}

// Measure pastes stickers into one image.
func (x Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	chance := it.RNG.Uint64()
	r := Record{Target: x.target(it.Class, rand.New(rand.NewPCG(chance, 0))), Pasted: []Pasted{}}
	if r.Own = r.Target == it.Class; r.Own {
		return r, nil
	}
	m := &measurement{Experiment: x, net: net, target: r.Target}
	for _, c := range net.Classes {
		m.classes = append(m.classes, bagnet.Class(c))
	}
	plain, err := m.answer(ctx, it.Image)
	if err != nil {
		return r, err
	}
	r.Class = plain.class
	for _, size := range x.Sizes {
		defence := plain.defended(size)
		for _, number := range x.Numbers {
			rng := rand.New(rand.NewPCG(chance, uint64(size)<<32|uint64(number))) // whatever others there are
			p := Pasted{Size: size, Number: number}
			for range x.Repeats {
				img, ok := m.paste(it.Image, size, number, rng)
				if !ok {
					break
				}
				a, err := m.answer(ctx, img)
				if err != nil {
					return r, err
				}
				p.add(a.class, r.Target, r.Class)
				if defence != nil && number == 1 {
					defence.add(a.defended(size).Answer, r.Target)
				}
			}
			r.Pasted = append(r.Pasted, p)
		}
		if defence != nil && defence.Tries > 0 {
			r.Defence = append(r.Defence, *defence)
		}
		if x.Places > 0 {
			places, err := m.places(ctx, size, it.H, it.W, rand.New(rand.NewPCG(chance, uint64(size)<<32)))
			if err != nil {
				return r, err
			}
			if places != nil {
				r.Places = append(r.Places, *places)
			}
		}
	}
	return r, nil
}

// target is the class of the stickers for an image of a class: itself if there is none.
func (x Experiment) target(class int, rng *rand.Rand) int {
	if x.Target != Any {
		return x.Target
	}
	var others []int
	for c, of := range x.Found.Of {
		if c != class && len(of) > 0 {
			others = append(others, c)
		}
	}
	if len(others) == 0 {
		return class
	}
	return others[rng.IntN(len(others))]
}

func (p *Pasted) add(class, target, plain int) {
	p.Tries++
	switch {
	case class == plain:
	case class == target:
		p.Became++
	default:
		p.Other++
	}
}

func (d *Defence) add(answer, target int) {
	d.Tries++
	if answer != d.Answer {
		d.Changed++
		if answer == target {
			d.Became++
		}
	}
}

// A measurement is that of one image.
type measurement struct {
	Experiment
	net     *experiment.Network
	classes []bagnet.Class
	target  int
}

// An answer is that of a network, and what a BagNet's patches say.
type answer struct {
	class   int
	logit   float64 // of the target
	patches *bagnet.Patches
}

// answer asks the network about an image.
func (m *measurement) answer(ctx context.Context, img experiment.Image) (answer, error) {
	if m.net.Patch == 0 {
		a, err := m.net.Classify(ctx, img.Pixels())
		if err != nil {
			return answer{}, err
		}
		return answer{class: a.Best(), logit: float64(a.Logits[m.target])}, nil
	}
	p, err := m.net.Patches(ctx, img.Pixels(), &bagnet.PatchOptions{Classes: m.classes})
	if err != nil {
		return answer{}, err
	}
	return answer{p.Answer.Best(), float64(p.Answer.Logits[m.target]), p}, nil
}

// defended is what double masking says against one sticker of a size; nil where there are
// no patches.
func (a answer) defended(size int) *Defence {
	p := a.patches
	if p == nil {
		return nil
	}
	g := certify.Grid{Rows: p.Rows, Cols: p.Cols, Classes: len(p.Classes), Logits: p.Values.Float32s()}
	o := certify.New(certify.Double, 0, g).Outcome(certify.Geometry{Patch: p.Patch, Stride: p.Stride}.Window(size))
	return &Defence{Size: size, Answer: o.Answer, Certified: o.Certified}
}

// mostTries bounds how often a place is looked for that the stickers before leave.
const mostTries = 1000

// paste returns the image with stickers at places at random, none over another. It
// reports whether there is room.
func (m *measurement) paste(img experiment.Image, size, number int, rng *rand.Rand) (experiment.Image, bool) {
	out := img.Crop(0, 0, img.H, img.W)
	var taken []image.Rectangle
	of := m.Found.Of[m.target]
	for tries := 0; len(taken) < number; tries++ {
		if size > min(img.H, img.W) || tries == mostTries {
			return out, false
		}
		x, y := rng.IntN(img.W-size+1), rng.IntN(img.H-size+1)
		r := image.Rect(x, y, x+size, y+size)
		free := true
		for _, t := range taken {
			free = free && !t.Overlaps(r)
		}
		if !free {
			continue
		}
		taken = append(taken, r)
		if err := m.put(out, of[rng.IntN(len(of))], size, r.Min); err != nil {
			return out, false
		}
	}
	return out, true
}

// put puts a sticker into an image. The error is that it is smaller than the size asks.
func (m *measurement) put(img experiment.Image, s Sticker, size int, at image.Point) error {
	cut := s.Cut(size)
	if cut.Rect.Dx() != size || cut.Rect.Dy() != size {
		return fmt.Errorf("a sticker of %d pixels cannot be cut out of %v", size, s.Picture.Rect.Size())
	}
	p := m.net.Preprocessing
	for y := range size {
		for x := range size {
			from, to := cut.Pix[y*cut.Stride+4*x:], img.Values[3*((at.Y+y)*img.W+at.X+x):]
			for c := range 3 {
				to[c] = float32((float64(from[c])/255 - p.Mean[c]) / p.Std[c])
			}
		}
	}
	return nil
}

// stride is the distance in pixels between patches of published BagNets, by which places
// are congruent for networks without a grid.
const stride = 8

// places puts the strongest sticker on an empty image, at places at random and at some
// that are whole strides apart. It is nil where the image is too small for more than one
// of them: every patch that sees the sticker has to lie within the image.
func (m *measurement) places(ctx context.Context, size, h, w int, rng *rand.Rand) (*Places, error) {
	step, margin := stride, 0
	if m.net.Patch > 0 {
		g, err := m.net.NativeGrid(w, h)
		if err != nil {
			return nil, err
		}
		step, margin = g.Stride, m.net.Patch
	}
	down, across := h-size-2*margin-step, w-size-2*margin-step // of places, but for less than a step
	if down < step || across < step {
		return nil, nil
	}
	empty, err := m.answer(ctx, experiment.NewImage(h, w))
	if err != nil {
		return nil, err
	}
	phase := image.Pt(rng.IntN(step), rng.IntN(step))
	logits := func(place func() image.Point) ([]float64, error) {
		var all []float64
		for range m.Places {
			img := experiment.NewImage(h, w)
			if err := m.put(img, m.Found.Of[m.target][0], size, place().Add(image.Pt(margin, margin))); err != nil {
				return nil, err
			}
			a, err := m.answer(ctx, img)
			if err != nil {
				return nil, err
			}
			all = append(all, a.logit)
		}
		return all, nil
	}
	anywhere, err := logits(func() image.Point { return image.Pt(rng.IntN(across+step), rng.IntN(down+step)) })
	if err != nil {
		return nil, err
	}
	congruent, err := logits(func() image.Point {
		return image.Pt(rng.IntN(across/step+1)*step, rng.IntN(down/step+1)*step).Add(phase)
	})
	if err != nil {
		return nil, err
	}
	mean, spread := deviation(anywhere)
	_, same := deviation(congruent)
	return &Places{size, text.Ratio(mean - empty.logit), text.Ratio(spread), text.Ratio(same)}, nil
}

// deviation returns the mean of values, and their standard deviation.
func deviation(values []float64) (mean, spread float64) {
	mean, standardError := experiment.Mean(values)
	return mean, standardError * math.Sqrt(float64(len(values)))
}
