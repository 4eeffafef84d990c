package experiment

import (
	"math"

	"bagnet/internal/text"
)

// z95 is how many standard deviations to each side hold 95 % of a normal distribution.
const z95 = 1.959963984540054

// Wilson returns the 95 % interval of a share, of which n trials had so many hits (E. B.
// Wilson, Probable inference, the law of succession, and statistical inference, 1927): the
// shares that such a count lies within 1.96 standard deviations of. It is NaN of no trials.
func Wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{text.Ratio(math.NaN()), text.Ratio(math.NaN())}
	}
	trials := float64(n)
	share, square := float64(hits)/trials, z95*z95
	middle := (share + square/(2*trials)) / (1 + square/trials)
	half := z95 / (1 + square/trials) * math.Sqrt(share*(1-share)/trials+square/(4*trials*trials))
	return Interval{text.Ratio(max(0, middle-half)), text.Ratio(min(1, middle+half))}
}
