package toppatches

import (
	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/grid"
	"bagnet/internal/hint"
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

// A Ranking ranks the patches of many images.
type Ranking struct {
	About  About
	Ranked []class.Class // empty until the one image's likeliest is known
	Truth  *dataset.Truth

	ranking.Collection
}

// New makes the ranking of nothing yet. With pictures, patches keep their pixels.
func New(about About, truth *dataset.Truth, pictures bool) *Ranking {
	r := &Ranking{About: about, Ranked: about.Ranked, Truth: truth}
	r.N, r.Pictures, r.Context, r.Mistakes = about.N, pictures, about.Context, about.Mistakes
	return r
}

// maxKept bounds the bytes of all patches that may be held at once.
const maxKept = 4 << 30

// CheckRoom refuses more patches than there is room for. number is what asks for them.
func (r *Ranking) CheckRoom(number string) error {
	side := int64(r.About.Patch)
	one := int64(256) // what is known of a patch
	if r.Pictures {
		one += 4 * side * side
		if r.Context {
			one += 4 * ranking.Thumbnail * ranking.Thumbnail
		}
	}
	classes := max(1, len(r.Ranked))
	kept := one * int64(r.N) * int64(classes) * 2 // correct ones and distractors
	if kept > maxKept {
		return hint.Refuse("%s %d: so many patches of %s may take %d MB, more than %d: ask for fewer patches or classes",
			number, r.N, text.Count(classes, "class", "classes"), kept>>20, maxKept>>20)
	}
	return nil
}

// Rank makes the lists of the classes that are ranked.
func (r *Ranking) Rank(ranked []class.Class) {
	r.Ranked = ranked
	indices := make([]int, len(ranked))
	for i, c := range ranked {
		indices[i] = c.Index
	}
	r.Begin(indices)
}

// AddPatches ranks the patches of the image at path, whose true class is truth, class.None
// if that is not known: of the classes that they were computed for, if none were named. It
// returns what is to be recorded.
func (r *Ranking) AddPatches(path string, p *bagnet.Patches, image *bagnet.Image, truth int) (*ranking.Found, error) {
	if r.Lists == nil {
		var ranked []class.Class
		for _, c := range p.Classes {
			ranked = append(ranked, class.Class(c))
		}
		r.Rank(ranked)
	}
	size := image.Size()
	m := ranking.Map{Grid: grid.Grid(p.Grid), Values: p.Values.Float32s(), Classes: len(p.Classes), Height: size.Y, Width: size.X}
	return r.Add(path, m, image.Picture(), truth, p.Answer.Best())
}

// Negate changes the sign of patches' values, by which the lowest are ranked highest.
func Negate(p *bagnet.Patches) {
	values := p.Values.Float32s()
	for i := range values {
		values[i] = -values[i]
	}
}
