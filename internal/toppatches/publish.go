package toppatches

import (
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

// A Way of printing patches.
type Way int

const (
	Rows  Way = iota // lines for programs
	Lines            // for people, under the class and the group
	JSON             // an object a line
)

// Publish prints the patches of all classes by write, nil for none, and draws the sheets, nil
// for none. replaced is called when all are drawn. An error of write ends the printing alone:
// what remains are the sheets.
func (r *Ranking) Publish(way Way, write func([]byte) error, sheets *Sheets, replaced func()) error {
	var printing error
	for i := range r.Ranked {
		if write != nil && printing == nil {
			printing = r.print(i, way, write)
		}
		if sheets != nil && !r.About.Together {
			if err := sheets.Draw(r, i); err != nil {
				return err
			}
		}
	}
	if sheets != nil {
		if r.About.Together {
			if err := sheets.DrawTogether(r); err != nil {
				return err
			}
		}
		replaced()
		if err := sheets.Finish(r); err != nil {
			return err
		}
	}
	return printing
}

// print prints the patches of the class at place i.
func (r *Ranking) print(i int, way Way, write func([]byte) error) error {
	for g, patches := range r.Patches(i) {
		if way == Lines && len(patches) > 0 {
			if err := write([]byte(text.OneLine(r.Ranked[i].Label) + ", " + ranking.GroupNames[g] + "\n")); err != nil {
				return err
			}
		}
		for _, p := range patches {
			line, err := p.print(way)
			if err != nil {
				return err
			}
			if err := write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// print is the line of one patch.
func (p *Patch) print(way Way) ([]byte, error) {
	switch way {
	case JSON:
		return text.JSON(p)
	case Lines:
		return []byte(p.Text()), nil
	}
	return []byte(p.Row()), nil
}
