package sensitivity

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	ranked := "those that each map ranks highest first"
	if r.Place == PlacePeaks {
		ranked = "around the highest pixels of each map"
	}
	fmt.Fprintf(&b, "masked      %s, %s\n", r.squares(), ranked)
	if r.Fill == FillRoad {
		fmt.Fprintf(&b, "filled      with the weighted mean of what is around, and noise of %g (ROAD)\n", experiment.RoadNoise)
	}
	t := table{&b, len("mean fall of its logit"), r.shares}
	for _, m := range r.maps {
		t.name = max(t.name, utf8.RuneCountInString(text.Path(m)))
	}
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		if r.curve != Insertion {
			t.heading(r.Follows + " class, mean %")
			fmt.Fprintf(&b, "  %15s  %13s\n", "area under it", "r with truth")
			for _, m := range n.Maps {
				t.probabilities(m.Map, m.Curve)
				fmt.Fprintf(&b, "  %15s  %13s\n", m.Area.Percent(), m.Correlation.Decimals())
			}
			t.heading("mean fall of its logit")
			b.WriteByte('\n')
			for _, m := range n.Maps {
				t.drops(m.Map, m.Curve)
			}
		}
		if r.curve == Insertion || r.curve == Both {
			t.inserted(n, r.curve == Insertion)
		}
		if n.Boxes != nil {
			t.boxes(n)
		}
		t.intervals(n)
		t.pairs(n)
	}
	return b.Bytes()
}

// A table has a line a map, whose name takes name columns.
type table struct {
	*bytes.Buffer
	name   int
	shares []float64
}

// heading begins a table with a column a share.
func (t table) heading(what string) {
	fmt.Fprintf(t, "\n%s", text.Pad(what, t.name))
	for _, percent := range t.shares {
		fmt.Fprintf(t, "  %5s%%", strconv.FormatFloat(percent, 'g', 5, 64))
	}
}

// probabilities begins the line of a map.
func (t table) probabilities(name string, curve []ShareReport) {
	t.WriteString(text.Pad(text.Path(name), t.name))
	for _, point := range curve {
		fmt.Fprintf(t, "  %6s", point.Probability.Alone(100, 1))
	}
}

// drops is the line of a map.
func (t table) drops(name string, curve []ShareReport) {
	t.WriteString(text.Pad(text.Path(name), t.name))
	for _, point := range curve {
		fmt.Fprintf(t, "  %6s", point.LogitDrop.Alone(1, 2))
	}
	t.WriteByte('\n')
}

// inserted has the curves of insertion; alone, with the correlations.
func (t table) inserted(n Network, alone bool) {
	t.heading("put back, mean %")
	fmt.Fprintf(t, "  %15s", "area under it")
	if alone {
		fmt.Fprintf(t, "  %13s", "r with truth")
	}
	t.WriteByte('\n')
	for _, m := range n.Maps {
		t.probabilities(m.Map, m.Insertion.Curve)
		fmt.Fprintf(t, "  %15s", m.Insertion.Area.Percent())
		if alone {
			fmt.Fprintf(t, "  %13s", m.Correlation.Decimals())
		}
		t.WriteByte('\n')
	}
}

// boxes says how often maps point into boxes.
func (t table) boxes(n Network) {
	fmt.Fprintf(t, "\nboxes       %d in %s, %s%% of whose cells they cover\n", n.Boxes.Boxes, text.Count(n.Boxes.Images, "image", "images"), n.Boxes.Cells.Alone(100, 1))
	fmt.Fprintf(t, "%s  %15s  %18s  %15s  %18s\n", text.Pad("", t.name), "pointing game", "95% interval", "precision", "95% interval")
	for _, m := range n.Maps {
		fmt.Fprintf(t, "%s  %15s  %18s  %15s  %18s\n", text.Pad(text.Path(m.Map), t.name),
			m.Pointing.Percent(), m.Pointing.Interval.Text(100, 2, "%"), m.Precision.Percent(), m.Precision.Interval.Text(100, 2, "%"))
	}
}

// intervals are those of the maps' areas and correlations, if there are any.
func (t table) intervals(n Network) {
	var columns []column[MapReport]
	add := func(name string, of func(MapReport) string) { columns = append(columns, column[MapReport]{name, of}) }
	if len(n.Maps) > 0 && n.Maps[0].AreaInterval != nil {
		add("area, masked", func(m MapReport) string { return m.AreaInterval.Text(100, 2, "%") })
	}
	if len(n.Maps) > 0 && n.Maps[0].Insertion != nil && n.Maps[0].Insertion.AreaInterval != nil {
		add("area, put back", func(m MapReport) string { return m.Insertion.AreaInterval.Text(100, 2, "%") })
	}
	if len(n.Maps) > 0 && n.Maps[0].CorrelationInterval != nil {
		add("r with truth", func(m MapReport) string { return m.CorrelationInterval.Text(1, 3, "") })
	}
	if columns != nil {
		tabulate(t, "95% interval", n.Maps, columns, func(m MapReport) string { return text.Path(m.Map) })
	}
}

// pairs are the differences of maps, if they are compared.
func (t table) pairs(n Network) {
	if len(n.Pairs) == 0 {
		return
	}
	var columns []column[Pair]
	add := func(name string, of func(Pair) *experiment.Bounded, scale float64, digits int, unit string) {
		if of(n.Pairs[0]) != nil {
			columns = append(columns, column[Pair]{name, func(p Pair) string {
				b := of(p)
				if b.Interval.Text(scale, digits, "") == "-" {
					return "-"
				}
				return fmt.Sprintf("%s%s (%s)", b.Alone(scale, digits), unit, b.Interval.Text(scale, digits, ""))
			}})
		}
	}
	add("area, masked", func(p Pair) *experiment.Bounded { return p.Area }, 100, 2, "%")
	add("area, put back", func(p Pair) *experiment.Bounded { return p.Insertion }, 100, 2, "%")
	add("r with truth", func(p Pair) *experiment.Bounded { return p.Correlation }, 1, 3, "")
	add("pointing game", func(p Pair) *experiment.Bounded { return p.Pointing }, 100, 2, "%")
	add("precision", func(p Pair) *experiment.Bounded { return p.Precision }, 100, 2, "%")
	tabulate(t, "first minus second, same images (95%)", n.Pairs, columns, func(p Pair) string { return text.Path(p.Maps[0]) + " - " + text.Path(p.Maps[1]) })
}

// A column of a table of rows.
type column[Row any] struct {
	name string
	of   func(Row) string
}

// tabulate writes a table whose first column names the rows.
func tabulate[Row any](t table, heading string, rows []Row, columns []column[Row], name func(Row) string) {
	first := max(t.name, utf8.RuneCountInString(heading))
	for _, row := range rows {
		first = max(first, utf8.RuneCountInString(name(row)))
	}
	lines := make([]string, len(rows))
	header := text.Pad(heading, first)
	for i, row := range rows {
		lines[i] = text.Pad(name(row), first)
	}
	for _, c := range columns {
		width := len(c.name)
		for _, row := range rows {
			width = max(width, len(c.of(row)))
		}
		header += fmt.Sprintf("  %*s", width, c.name)
		for i, row := range rows {
			lines[i] += fmt.Sprintf("  %*s", width, c.of(row))
		}
	}
	fmt.Fprintf(t, "\n%s\n", header)
	for _, line := range lines {
		fmt.Fprintf(t, "%s\n", line)
	}
}
