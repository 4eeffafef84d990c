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

// collected is what top-patches has to say about one patch.
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
func (c *collection) finish(ctx context.Context) error {
	if ctx.Err() != nil {
		if c.sheets != nil {
			c.sheets.keep = true
		}
		c.streams.Notef("interrupted: these are the patches of the first %s", text.Count(c.Images, "image", "images"))
	}
	if c.truth.Known > 0 || len(c.options.truth) > 0 || c.truth.Numbered != "" {
		c.truth.Report(c.streams.Warnf)
	}
	var printing error // standard output is gone: what remains are the sheets
	for i, class := range c.classes {
		if c.options.output != "-" && printing == nil {
			printing = c.print(class, c.Lists[i])
		}
		if c.sheets != nil {
			if err := c.draw(class, c.Lists[i]); err != nil {
				return err
			}
		}
	}
	if c.sheets != nil {
		if err := c.sheets.finish(c); err != nil {
			return err
		}
	}
	return printing
}

// print writes the patches of one class to stdout.
func (c *collection) print(ranked class.Class, lists ranking.Lists) error {
	onTerminal := terminal.Is(c.streams.Out)
	for g, list := range lists {
		if onTerminal && c.options.format.Value == formatText && len(list.Patches()) > 0 {
			if err := c.streams.Printf("%s, %s\n", text.OneLine(ranked.Label), ranking.GroupNames[g]); err != nil {
				return err
			}
		}
		for i, p := range list.Patches() {
			r := c.record(ranked, g, i, p)
			var err error
			switch {
			case c.options.format.Value == formatJSON:
				err = writeJSON(c.streams, r)
			case onTerminal:
				err = c.streams.Printf("%4d  %8.3f  (%d,%d)  %s%s\n", r.Rank, r.Evidence, r.X, r.Y, text.Path(r.Path), whatItIs(r))
			default:
				label := ""
				if r.Label != nil {
					label = text.OneLine(r.Label.Label)
				}
				err = c.streams.Printf("%s\t%s\t%d\t%v\t%d\t%d\t%s\t%s\t%s\n", text.OneLine(ranked.Label), r.Group, r.Rank, r.Evidence,
					r.X, r.Y, text.Path(r.Path), label, text.OneLine(r.Predicted.Label))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// record is what there is to say about the patch at place i of a group.
func (c *collection) record(ranked class.Class, group, i int, p *ranking.Patch) collected {
	r := collected{Class: ranked, Rank: i + 1, Group: ranking.GroupNames[group], Path: p.Path, X: p.X, Y: p.Y,
		Size: c.net.info.Patch, Evidence: c.evidence(p), Predicted: c.net.classes[p.Predicted]}
	if p.Truth != class.None {
		r.Label = &c.net.classes[p.Truth]
	}
	return r
}

// evidence undoes the sign that --lowest ranks by.
func (c *collection) evidence(p *ranking.Patch) float32 {
	if c.options.lowest {
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
func (c *collection) draw(ranked class.Class, lists ranking.Lists) error {
	sheet := heatmap.ContactSheet{Title: text.OneLine(ranked.Label), Facts: c.facts(ranked)}
	most := "the most evidence"
	if c.options.lowest {
		most = "the least evidence"
	}
	shown := []int{ranking.Correct, ranking.Distractor, ranking.Unknown}
	if c.truth.Known == 0 {
		shown = shown[ranking.Unknown:]
	} else if c.truth.Unlabelled() == 0 {
		shown = shown[:ranking.Unknown]
	}
	for _, g := range shown {
		group := [ranking.Groups]heatmap.PatchGroup{
			{Title: "correct", Note: most + " in images of this class"},
			{Title: "distractors", Note: most + " in images of other classes, named below"},
			{Title: "unknown", Note: most + " in images whose class is not known"},
		}[g]
		if c.truth.Known == 0 {
			group = heatmap.PatchGroup{Note: most}
		}
		for _, p := range lists[g].Patches() {
			patch := heatmap.SheetPatch{Image: p.Image, Evidence: float64(c.evidence(p)), Context: p.Context, Outline: p.Outline}
			if g == ranking.Distractor {
				patch.Label = text.OneLine(class.FirstName(c.net.classes[p.Truth]))
			}
			group.Patches = append(group.Patches, patch)
		}
		sheet.Groups = append(sheet.Groups, group)
	}
	img, err := sheet.Draw()
	if err != nil {
		return err
	}
	return c.sheets.write(c.streams, ranked, img, []heatmap.Text{
		{Key: "Software", Value: "bagnet " + version()},
		{Key: "bagnet:model", Value: text.OneLine(c.net.Name())},
		{Key: "bagnet:class", Value: class.Full(ranked)},
	})
}

// facts is the line under a sheet's title.
func (c *collection) facts(ranked class.Class) string {
	text := fmt.Sprintf("%s, patches of %d x %d pixels; %s", text.OneLine(c.net.Name()), c.net.info.Patch, c.net.info.Patch,
		text.Count(c.Images, "image", "images"))
	if c.truth.Known > 0 {
		text += fmt.Sprintf(", %d of this class", c.OfEach[ranked.Index])
	}
	return text
}
