package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
)

// mostMarks is how many values of x get a mark each where curves have points;
// more get marks at round numbers, unless the scale is logarithmic. labelDistance is how
// far apart labels are at least, as a share of the axis. Names of marks stand level if
// they have up to mostLevel characters in all, else upright.
const (
	mostMarks     = 40
	labelDistance = 0.05
	mostLevel     = 48
)

// scale sets the ends and the marks of the axes. xs are the x of all points.
func (f Figure) scale(p *plot.Plot, xs []float64) {
	if len(f.Names) > 0 {
		f.nameMarks(p)
		return
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) == 0 {
		xs = []float64{1}
	}
	p.X.Min, p.X.Max = spread(f.along(xs[0]), f.along(xs[len(xs)-1]))
	p.Y.Min, p.Y.Max = spread(p.Y.Min, p.Y.Max)
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(roundMarks), plot.TickerFunc(roundMarks)
	dotted := slices.ContainsFunc(f.Series, func(s Series) bool { return s.Style == Dots })
	if f.Marks != nil {
		xs = f.Marks
	}
	if f.LogX || f.Marks != nil || !dotted && len(xs) <= mostMarks {
		p.X.Tick.Marker = marksAt(xs, f.along, p.X.Min, p.X.Max)
	}
}

// nameMarks puts a mark with its name at each whole x.
func (f Figure) nameMarks(p *plot.Plot) {
	marks := make(plot.ConstantTicks, len(f.Names))
	for i, name := range f.Names {
		marks[i] = plot.Tick{Value: float64(i), Label: name}
	}
	p.X.Min, p.X.Max = -0.5, float64(len(f.Names))-0.5
	p.Y.Min, p.Y.Max = spread(p.Y.Min, p.Y.Max)
	p.X.Tick.Marker, p.Y.Tick.Marker = marks, plot.TickerFunc(roundMarks)
	if utf8.RuneCountInString(strings.Join(f.Names, "")) > mostLevel {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/2, text.XRight, text.YCenter
	}
}

// along is where x lies along its axis. The logarithm is taken here, as
// plot.LogScale misplaces the axis's label, which takes room from the plot.
func (f Figure) along(x float64) float64 {
	if f.LogX {
		return math.Log10(x)
	}
	return x
}

// spread makes room between two ends that are the same.
func spread(low, high float64) (float64, float64) {
	if low == high {
		return low - 0.5, high + 0.5
	}
	return low, high
}

// marksAt puts a mark at each of the values, which are sorted, and labels to those
// that have the room. along says where they are on an axis from low to high.
func marksAt(values []float64, along func(float64) float64, low, high float64) plot.ConstantTicks {
	marks := make(plot.ConstantTicks, len(values))
	last := math.Inf(-1)
	for i, v := range values {
		marks[i].Value = along(v)
		if position := (along(v) - low) / (high - low); position-last >= labelDistance {
			marks[i].Label, last = strconv.FormatFloat(v, 'g', 4, 64), position
		}
	}
	return marks
}

// roundMarks puts marks at multiples of 1, 2 or 5 times a power of ten, as many
// as there are fingers on two hands at most.
func roundMarks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/10)))
	for _, n := range []float64{2, 2.5, 2} { // 2, 5, 10 times
		if (high-low)/step <= 10 {
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
