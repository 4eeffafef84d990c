package certify

// clipped is the defence of clipped BagNets: what a cell can say is bounded, so a window
// of n cells moves the difference of two classes by less than 2n on each side of 0.
type clipped struct{ *sums }

func (c *clipped) only(windows) int { return c.order[0] }

func (c *clipped) answer(windows) (class int, alert bool) { return c.order[0], false }

// least looks for the window outside which the class leads another by least, beyond what
// the window's cells can say against it.
func (c *clipped) least(v windows, y int, below float64, any bool) (margin float64, window int) {
	least := pair{margin: below, window: -1}
	reach := 2 * float64(v.rows*v.cols)
	own, most := c.windowsOf(y, v)
	for _, rival := range c.order {
		total := c.totals[y] - c.totals[rival]
		if rival == y {
			continue
		}
		if total-(most+reach/2)-reach > least.margin {
			break // a rival's window has -1 a cell at least, and later rivals are further behind
		}
		its, _ := c.windowsOf(rival, v)
		for m := range own {
			least.offer(total-(own[m]-its[m])-reach, m)
		}
		if any && least.window >= 0 {
			break
		}
	}
	return least.margin, least.window
}

// windowsOf returns the sums of a class's windows, and the largest.
func (s *sums) windowsOf(class int, v windows) ([]float64, float64) {
	t := s.table(class)
	return t.windows(v)
}
