package engine

import (
	"fmt"
	"os"
)

var stripEnv = func() (v [8]int) {
	fmt.Sscanf(os.Getenv("STRIPS"), "%d,%d,%d,%d,%d", &v[0], &v[1], &v[2], &v[3], &v[4])
	return
}()

// strips returns into how many strips s is cut.
func (p *planner) strips(s *segment) int {
	rows := p.height(p.op(s.last))
	if i := len(p.segments); i < 5 && stripEnv[i] > 0 {
		return min(rows, (rows+stripEnv[i]-1)/stripEnv[i])
	}
	return min(rows, 8*p.threads)
}
