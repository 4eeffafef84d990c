package toppatches

import (
	"fmt"

	"bagnet/internal/class"
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

// A Patch is what there is to say about one patch, as an object in JSON.
type Patch struct {
	Class     class.Class  `json:"class"`
	Rank      int          `json:"rank"`
	Group     string       `json:"group"`
	Path      string       `json:"path"`
	X         int          `json:"x"`
	Y         int          `json:"y"`
	Size      int          `json:"size"`
	Sees      int          `json:"sees,omitempty"` // if it is more than Size
	Evidence  float32      `json:"evidence"`
	Label     *class.Class `json:"label"`
	Predicted class.Class  `json:"predicted"`
}

// Patches are those of the class at place i of Ranked, by their group, the best first.
func (r *Ranking) Patches(i int) [ranking.Groups][]Patch {
	var all [ranking.Groups][]Patch
	for g, list := range r.Lists[i] {
		for rank, p := range list.Patches() {
			patch := Patch{Class: r.Ranked[i], Rank: rank + 1, Group: ranking.GroupNames[g], Path: p.Path, X: p.X, Y: p.Y,
				Size: r.About.Patch, Sees: r.About.Sees, Evidence: r.evidence(p), Predicted: r.About.Classes[p.Predicted]}
			if p.Truth != class.None {
				patch.Label = &r.About.Classes[p.Truth]
			}
			all[g] = append(all[g], patch)
		}
	}
	return all
}

// evidence undoes the sign that the lowest evidence is ranked by.
func (r *Ranking) evidence(p *ranking.Patch) float32 {
	if r.About.Lowest {
		return -p.Evidence
	}
	return p.Evidence
}

// Text is the line for people, under the class and the group.
func (p *Patch) Text() string {
	return fmt.Sprintf("%4d  %8.3f  (%d,%d)  %s%s\n", p.Rank, p.Evidence, p.X, p.Y, text.Path(p.Path), p.whatItIs())
}

// whatItIs says what an image is and was taken for.
func (p *Patch) whatItIs() string {
	predicted := text.OneLine(class.FirstName(p.Predicted))
	switch {
	case p.Label == nil:
		return fmt.Sprintf("  (taken for %s)", predicted)
	case p.Label.Index == p.Predicted.Index:
		return fmt.Sprintf("  (%s)", predicted)
	}
	return fmt.Sprintf("  (%s, taken for %s)", text.OneLine(class.FirstName(*p.Label)), predicted)
}

// Row is the line for programs, with tabs between its fields.
func (p *Patch) Row() string {
	label := ""
	if p.Label != nil {
		label = text.OneLine(p.Label.Label)
	}
	return fmt.Sprintf("%s\t%s\t%d\t%v\t%d\t%d\t%s\t%s\t%s\n", text.OneLine(p.Class.Label), p.Group, p.Rank, p.Evidence,
		p.X, p.Y, text.Path(p.Path), label, text.OneLine(p.Predicted.Label))
}
