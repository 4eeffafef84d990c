package inference

import (
	"slices"
	"time"

	"bagnet/internal/engine"
)

// A LayerProfile is what a group of layers costs in one forward pass.
type LayerProfile struct {
	Name            string        // "stem", "layer1", ... "classifier"
	Multiplications int64         // multiply-adds that are computed, not those of the published network
	Time            time.Duration // of all threads together
}

// Profile measures the groups of layers in everything that pass runs.
func (r *Runner) Profile(pass func() error) ([]LayerProfile, error) {
	r.profile = &[]LayerProfile{}
	defer func() { r.profile = nil }()
	err := pass()
	return *r.profile, err
}

// note adds what a plan's groups of operations cost to the profile.
func (r *Runner) note(groups []engine.GroupProfile) {
	for _, g := range groups {
		i := slices.IndexFunc(*r.profile, func(l LayerProfile) bool { return l.Name == g.Name })
		if i < 0 {
			*r.profile = append(*r.profile, LayerProfile(g))
			continue
		}
		(*r.profile)[i].Multiplications += g.Multiplications
		(*r.profile)[i].Time += g.Time
	}
}
