package toppatches

import (
	"fmt"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

// draw draws the sheet of the class at place i of Ranked.
func (r *Ranking) draw(i int) (*heatmap.Drawing, error) {
	ranked := r.Ranked[i]
	sheet := r.sheet(text.OneLine(ranked.Label), r.facts(ranked))
	for _, g := range r.shown() {
		sheet.Groups = append(sheet.Groups, r.group(i, g))
	}
	return sheet.Layout()
}

// drawTogether draws one sheet of all classes, each with its groups, as figure 3 of the paper
// has them.
func (r *Ranking) drawTogether() (*heatmap.Drawing, error) {
	sheet := r.sheet("Patches with the most evidence for each class", r.searched())
	if r.About.Lowest {
		sheet.Title = "Patches with the least evidence for each class"
	}
	for i, ranked := range r.Ranked {
		name := text.OneLine(class.FirstName(ranked))
		for _, g := range r.shown() {
			group := r.group(i, g)
			if group.Title == "" {
				group.Title = name
			} else {
				group.Title = name + ": " + group.Title
			}
			sheet.Groups = append(sheet.Groups, group)
		}
	}
	return sheet.Layout()
}

// sheet makes a sheet without patches.
func (r *Ranking) sheet(title, facts string) heatmap.ContactSheet {
	sheet := heatmap.ContactSheet{Title: title, Facts: facts}
	if r.About.Sees > 0 {
		sheet.Caution = heatmap.Caution(r.About.Sees, 0)
	}
	return sheet
}

// searched says what patches were looked for in.
func (r *Ranking) searched() string {
	what := "patches"
	if r.About.Sees > 0 {
		what = "cells"
	}
	return fmt.Sprintf("%s, %s of %d x %d pixels; %s", text.OneLine(r.About.Model), what, r.About.Patch, r.About.Patch,
		text.Count(r.Images, "image", "images"))
}

// facts is the line under the title of a class's sheet.
func (r *Ranking) facts(ranked class.Class) string {
	if r.Truth.Known == 0 {
		return r.searched()
	}
	return r.searched() + fmt.Sprintf(", %d of this class", r.OfEach[ranked.Index])
}

// shown are the groups that a sheet has.
func (r *Ranking) shown() []int {
	switch {
	case r.Truth.Known == 0:
		return []int{ranking.Unknown}
	case r.Truth.Unlabelled() == 0:
		return []int{ranking.Correct, ranking.Distractor}
	}
	return []int{ranking.Correct, ranking.Distractor, ranking.Unknown}
}

// group is one of the groups of the class at place i of Ranked.
func (r *Ranking) group(i, g int) heatmap.PatchGroup {
	most := "the most evidence"
	if r.About.Lowest {
		most = "the least evidence"
	}
	others := "images of other classes, named below"
	if r.About.Mistakes {
		others = "images of other classes that were taken for this one, named below"
	}
	group := [ranking.Groups]heatmap.PatchGroup{
		{Title: "correct", Note: most + " in images of this class"},
		{Title: "distractors", Note: most + " in " + others},
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
	return group
}
