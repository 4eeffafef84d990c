package chart

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// mostMarks is how many values of x get a mark each where curves have points;
// more get marks at round numbers, mostRound of them, unless the scale is logarithmic.
// labelDistance is how far apart labels are at least, as a share of the axis.
const (
	mostMarks     = 40
	mostRound     = 10
	labelDistance = 0.05
)

// along is where a value lies along an axis of that scale. It is taken here rather than by
// the library, whose logarithmic scale misplaces the axis's label, which takes room from the plot.
func (s Scale) along(v float64) float64 {
	switch s {
	case Log:
		return math.Log10(v)
	case Root:
		return math.Copysign(math.Sqrt(math.Abs(v)), v)
	}
	return v
}

// back is the value that lies there.
func (s Scale) back(at float64) float64 {
	switch s {
	case Log:
		return math.Pow(10, at)
	case Root:
		return at * math.Abs(at)
	}
	return at
}

// titled is an axis's title, with what a reader must know of its scale.
func (s Scale) titled(title string) string {
	if s == Root {
		return title + " (square-root scale)"
	}
	return title
}

// An extent is what an axis shows at least, along it.
type extent struct{ low, high float64 }

func (e *extent) include(low, high float64) { e.low, e.high = min(e.low, low), max(e.high, high) }

// spread makes room between two ends that are the same.
func (e extent) spread() (low, high float64) {
	if e.low == e.high {
		return e.low - 0.5, e.high + 0.5
	}
	return e.low, e.high
}

// scale sets the ends of the axes. x and y are what the points and their errors take.
func (f Figure) scale(p *plot.Plot, x, y extent) {
	if f.Equal {
		x.include(y.low, y.high)
		y = x
	}
	p.X.Min, p.X.Max = x.spread()
	p.Y.Min, p.Y.Max = y.spread()
	if len(f.Names) > 0 {
		p.X.Min, p.X.Max = -0.5, float64(len(f.Names))-0.5
	}
}

// mark sets the marks of axes that are about so long: no more than their numbers have room for.
func (l *layout) mark(across, up vg.Length) {
	p := l.plot
	fitting := func(length, each vg.Length) int { return max(2, min(mostRound, int(length/each))) }
	alongX, alongY := fitting(across, 3.2*l.em), fitting(up, 1.6*l.em)
	if l.Equal {
		alongX = min(alongX, alongY)
		alongY = alongX
	}
	p.Y.Tick.Marker = l.YScale.marks(alongY)
	if len(l.Names) > 0 {
		l.nameMarks(1.1 * across)
		return
	}
	p.X.Tick.Marker = l.XScale.marks(alongX)
	xs := slices.Clone(l.xs)
	slices.Sort(xs)
	xs = slices.Compact(xs)
	dotted := slices.ContainsFunc(l.Series, func(s Series) bool { return s.Style == Dots })
	if l.Marks != nil {
		xs = l.Marks
	}
	if len(xs) > 0 && (l.XScale == Log || l.Marks != nil || !dotted && len(xs) <= mostMarks) {
		p.X.Tick.Marker = marksAt(xs, l.XScale.along, p.X.Min, p.X.Max, max(labelDistance, float64(2.2*l.em/across)))
	}
}

// nameMarks puts a mark with its name at each whole x: level, in lines and if need be smaller,
// if their words fit into width, else upright.
func (l *layout) nameMarks(width vg.Length) {
	style := &l.plot.X.Tick.Label
	marks := make(plot.ConstantTicks, len(l.Names))
	l.plot.X.Tick.Marker = marks
	for _, ems := range []vg.Length{1, smallerNames} {
		*style = l.style(ems)
		style.XAlign, style.YAlign = text.XCenter, text.YTop
		room, level := width/vg.Length(len(l.Names))-0.2*l.em, true
		for i, name := range l.Names {
			marks[i] = plot.Tick{Value: float64(i), Label: wrapped(*style, name, room)}
			level = level && style.Width(marks[i].Label) <= room
		}
		if level {
			return
		}
	}
	*style = l.style(1)
	style.Rotation, style.XAlign, style.YAlign = math.Pi/2, text.XRight, text.YCenter
	for i, name := range l.Names {
		marks[i].Label = name
	}
}

// marksAt puts a mark at each of the values, which are sorted, and labels to those
// that are a distance apart, a share of the axis. along says where they are on an axis from
// low to high.
func marksAt(values []float64, along func(float64) float64, low, high, distance float64) plot.ConstantTicks {
	marks := make(plot.ConstantTicks, len(values))
	last := math.Inf(-1)
	for i, v := range values {
		marks[i].Value = along(v)
		if position := (along(v) - low) / (high - low); position-last >= distance {
			marks[i].Label, last = strconv.FormatFloat(v, 'g', 4, 64), position
		}
	}
	return marks
}

// marks has the marks of an axis between two places along it, about most of them or fewer.
func (s Scale) marks(most int) plot.Ticker {
	if s == Root {
		return plot.TickerFunc(func(low, high float64) []plot.Tick { return rootMarks(low, high, rootDistance/float64(most)) })
	}
	return plot.TickerFunc(func(low, high float64) []plot.Tick { return roundMarks(low, high, most) })
}

// roundMarks puts marks at multiples of 1, 2 or 5 times a power of ten, with most steps
// between them at most.
func roundMarks(low, high float64, most int) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(most))))
	for _, n := range []float64{2, 2.5, 2} { // 2, 5, 10 times
		if (high-low)/step <= float64(most) {
			break
		}
		step *= n
	}
	var marks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i <= high/step+1e-9; i++ {
		v := i*step + 0 // no negative zero
		marks = append(marks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 6, 64)})
	}
	return marks
}

// smallerNames is how small names of marks may be, in ems, so that they stand level.
const smallerNames = 0.85

// rootDistance, over how many marks there are at most, is how far apart those of an axis of square
// roots are at least, as a share of it.
const rootDistance = 0.65

// rootMarks puts marks at zero and at round numbers on both sides of it: the roundest ones
// first, as many as stand a distance apart from each other, a share of the axis.
func rootMarks(low, high, distance float64) []plot.Tick {
	marks := []plot.Tick{}
	add := func(v float64) {
		at := Root.along(v)
		if at < low-1e-9 || at > high+1e-9 || slices.ContainsFunc(marks, func(m plot.Tick) bool { return math.Abs(m.Value-at) < distance*(high-low) }) {
			return
		}
		marks = append(marks, plot.Tick{Value: at, Label: strconv.FormatFloat(v, 'g', 6, 64)})
	}
	add(0)
	largest := math.Ceil(math.Log10(max(math.Abs(Root.back(low)), math.Abs(Root.back(high)))))
	for _, digit := range []float64{1, 5, 2, 3, 7} {
		for n := range 4 { // powers of ten that have room
			v := digit * math.Pow(10, largest-float64(n))
			add(v)
			add(-v)
		}
	}
	slices.SortFunc(marks, func(a, b plot.Tick) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	})
	return marks
}
