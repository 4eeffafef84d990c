package cli

import (
	"context"
	"fmt"

	"bagnet/internal/class"
	"bagnet/internal/heatmap"
	"bagnet/internal/ranking"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// collected is what top-patches prints about one patch, as an object in JSON.
type collected struct {
	Class     class.Class  `json:"class"`
	Rank      int          `json:"rank"`
	Group     string       `json:"group"`
	Path      string       `json:"path"`
	X         int          `json:"x"`
	Y         int          `json:"y"`
	Size      int          `json:"size"`
	Evidence  float32      `json:"evidence"`
	Label     *class.Class `json:"label"`
	Predicted class.Class  `json:"predicted"`
}

// finish prints the patches and draws the sheets; of an interrupted run, those
// of the images it came to.
func (r *topPatchesReport) finish(ctx context.Context) error {
	if ctx.Err() != nil {
		if r.sheets != nil {
			r.sheets.keep = true
		}
		r.streams.Notef("interrupted: these are the patches of the first %s", text.Count(r.Images, "image", "images"))
	}
	if r.truth.Known > 0 || r.about.Listed || r.truth.Numbered != "" {
		r.truth.Report(r.streams.Warnf)
	}
	var printing error // standard output is gone: what remains are the sheets
	for i, ranked := range r.classes {
		if r.flags.output != "-" && printing == nil {
			printing = r.print(ranked, r.Lists[i])
		}
		if r.sheets != nil {
			if err := r.draw(ranked, r.Lists[i]); err != nil {
				return err
			}
		}
	}
	if r.sheets != nil {
		if err := r.sheets.finish(r); err != nil {
			return err
		}
	}
	return printing
}

// print writes the patches of one class to stdout.
func (r *topPatchesReport) print(ranked class.Class, lists ranking.Lists) error {
	onTerminal := terminal.Is(r.streams.Out)
	for g, list := range lists {
		if onTerminal && r.flags.format.Value == formatText && len(list.Patches()) > 0 {
			if err := r.streams.Printf("%s, %s\n", text.OneLine(ranked.Label), ranking.GroupNames[g]); err != nil {
				return err
			}
		}
		for i, p := range list.Patches() {
			found := r.record(ranked, g, i, p)
			var err error
			switch {
			case r.flags.format.Value == formatJSON:
				err = writeJSON(r.streams, found)
			case onTerminal:
				err = r.streams.Printf("%4d  %8.3f  (%d,%d)  %s%s\n", found.Rank, found.Evidence, found.X, found.Y, text.Path(found.Path), whatItIs(found))
			default:
				label := ""
				if found.Label != nil {
					label = text.OneLine(found.Label.Label)
				}
				err = r.streams.Printf("%s\t%s\t%d\t%v\t%d\t%d\t%s\t%s\t%s\n", text.OneLine(ranked.Label), found.Group, found.Rank, found.Evidence,
					found.X, found.Y, text.Path(found.Path), label, text.OneLine(found.Predicted.Label))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// record is what there is to say about the patch at place i of a group.
func (r *topPatchesReport) record(ranked class.Class, group, i int, p *ranking.Patch) collected {
	c := collected{Class: ranked, Rank: i + 1, Group: ranking.GroupNames[group], Path: p.Path, X: p.X, Y: p.Y,
		Size: r.about.Patch, Evidence: r.evidence(p), Predicted: r.about.Classes[p.Predicted]}
	if p.Truth != class.None {
		c.Label = &r.about.Classes[p.Truth]
	}
	return c
}

// evidence undoes the sign that --lowest ranks by.
func (r *topPatchesReport) evidence(p *ranking.Patch) float32 {
	if r.about.Lowest {
		return -p.Evidence
	}
	return p.Evidence
}

// whatItIs says on a terminal what an image is and was taken for.
func whatItIs(r collected) string {
	predicted := text.OneLine(class.FirstName(r.Predicted))
	switch {
	case r.Label == nil:
		return fmt.Sprintf("  (taken for %s)", predicted)
	case r.Label.Index == r.Predicted.Index:
		return fmt.Sprintf("  (%s)", predicted)
	}
	return fmt.Sprintf("  (%s, taken for %s)", text.OneLine(class.FirstName(*r.Label)), predicted)
}

// draw writes the sheet of one class.
func (r *topPatchesReport) draw(ranked class.Class, lists ranking.Lists) error {
	sheet := heatmap.ContactSheet{Title: text.OneLine(ranked.Label), Facts: r.facts(ranked)}
	most := "the most evidence"
	if r.about.Lowest {
		most = "the least evidence"
	}
	shown := []int{ranking.Correct, ranking.Distractor, ranking.Unknown}
	if r.truth.Known == 0 {
		shown = shown[ranking.Unknown:]
	} else if r.truth.Unlabelled() == 0 {
		shown = shown[:ranking.Unknown]
	}
	for _, g := range shown {
		group := [ranking.Groups]heatmap.PatchGroup{
			{Title: "correct", Note: most + " in images of this class"},
			{Title: "distractors", Note: most + " in images of other classes, named below"},
			{Title: "unknown", Note: most + " in images whose class is not known"},
		}[g]
		if r.truth.Known == 0 {
			group = heatmap.PatchGroup{Note: most}
		}
		for _, p := range lists[g].Patches() {
			patch := heatmap.SheetPatch{Image: p.Image, Evidence: float64(r.evidence(p)), Context: p.Context, Outline: p.Outline}
			if g == ranking.Distractor {
				patch.Label = text.OneLine(class.FirstName(r.about.Classes[p.Truth]))
			}
			group.Patches = append(group.Patches, patch)
		}
		sheet.Groups = append(sheet.Groups, group)
	}
	img, err := sheet.Draw()
	if err != nil {
		return err
	}
	return r.sheets.write(r.streams, ranked, img, []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: "bagnet:model", Value: text.OneLine(r.about.Model)},
		{Key: "bagnet:class", Value: class.Full(ranked)},
	})
}

// facts is the line under a sheet's title.
func (r *topPatchesReport) facts(ranked class.Class) string {
	facts := fmt.Sprintf("%s, patches of %d x %d pixels; %s", text.OneLine(r.about.Model), r.about.Patch, r.about.Patch,
		text.Count(r.Images, "image", "images"))
	if r.truth.Known > 0 {
		facts += fmt.Sprintf(", %d of this class", r.OfEach[ranked.Index])
	}
	return facts
}
