package toppatches

import (
	"fmt"
	"image"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

// draw draws the sheet of the class at place i of Ranked.
func (r *Ranking) draw(i int) (*image.NRGBA, error) {
	ranked := r.Ranked[i]
	sheet := heatmap.ContactSheet{Title: text.OneLine(ranked.Label), Facts: r.facts(ranked)}
	if r.About.Sees > 0 {
		sheet.Caution = heatmap.Caution(r.About.Sees, 0)
	}
	most := "the most evidence"
	if r.About.Lowest {
		most = "the least evidence"
	}
	shown := []int{ranking.Correct, ranking.Distractor, ranking.Unknown}
	if r.Truth.Known == 0 {
		shown = shown[ranking.Unknown:]
	} else if r.Truth.Unlabelled() == 0 {
		shown = shown[:ranking.Unknown]
	}
	for _, g := range shown {
		group := [ranking.Groups]heatmap.PatchGroup{
			{Title: "correct", Note: most + " in images of this class"},
			{Title: "distractors", Note: most + " in images of other classes, named below"},
			{Title: "unknown", Note: most + " in images whose class is not known"},
		}[g]
		if r.Truth.Known == 0 {
			group = heatmap.PatchGroup{Note: most}
		}
		for _, p := range r.Lists[i][g].Patches() {
			patch := heatmap.SheetPatch{Image: p.Image, Evidence: float64(r.evidence(p)), Context: p.Context, Outline: p.Outline}
			if g == ranking.Distractor {
				patch.Label = text.OneLine(class.FirstName(r.About.Classes[p.Truth]))
			}
			group.Patches = append(group.Patches, patch)
		}
		sheet.Groups = append(sheet.Groups, group)
	}
	return sheet.Draw()
}

// facts is the line under a sheet's title.
func (r *Ranking) facts(ranked class.Class) string {
	what := "patches"
	if r.About.Sees > 0 {
		what = "cells"
	}
	facts := fmt.Sprintf("%s, %s of %d x %d pixels; %s", text.OneLine(r.About.Model), what, r.About.Patch, r.About.Patch,
		text.Count(r.Images, "image", "images"))
	if r.Truth.Known > 0 {
		facts += fmt.Sprintf(", %d of this class", r.OfEach[ranked.Index])
	}
	return facts
}
