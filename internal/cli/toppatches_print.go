package cli

import (
	"context"

	"bagnet/internal/ranking"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// finish prints the patches and draws the sheets; of an interrupted run, those
// of the images it came to.
func (r *topPatchesReport) finish(ctx context.Context) error {
	if ctx.Err() != nil {
		if r.sheets != nil {
			r.sheets.Keep = true
		}
		r.streams.Notef("interrupted: these are the patches of the first %s", text.Count(r.Images, "image", "images"))
	}
	if r.Truth.Known > 0 || r.About.Listed || r.Truth.Numbered != "" {
		r.Truth.Report(r.streams.Warnf)
	}
	var printing error // standard output is gone: what remains are the sheets
	for i := range r.Ranked {
		if r.flags.output != "-" && printing == nil {
			printing = r.print(i)
		}
		if r.sheets != nil && !r.About.Together {
			if err := r.sheets.Draw(r.Ranking, i); err != nil {
				return err
			}
		}
	}
	if r.sheets != nil {
		if r.About.Together {
			if err := r.sheets.DrawTogether(r.Ranking); err != nil {
				return err
			}
		}
		reportReplaced(r.streams, &r.flags.replacing)
		if err := r.sheets.Finish(r.Ranking); err != nil {
			return err
		}
	}
	return printing
}

// print writes the patches of the class at place i to stdout.
func (r *topPatchesReport) print(i int) error {
	json, onTerminal := r.flags.format.Value == formatJSON, terminal.Is(r.streams.Out)
	for g, patches := range r.Patches(i) {
		if onTerminal && !json && len(patches) > 0 {
			if err := r.streams.Printf("%s, %s\n", text.OneLine(r.Ranked[i].Label), ranking.GroupNames[g]); err != nil {
				return err
			}
		}
		for _, p := range patches {
			var err error
			switch {
			case json:
				err = writeJSON(r.streams, p)
			case onTerminal:
				err = r.streams.Write([]byte(p.Text()))
			default:
				err = r.streams.Write([]byte(p.Row()))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
