package entry

import (
	"sync"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
)

// A Decider makes decisions among entry-level classes of networks' answers. Several
// goroutines may call it.
type Decider struct {
	*Mapping

	mu  sync.Mutex          // guards what follows
	net *experiment.Network // that was asked last
	of  Members             // its classes
}

// Decide returns the entry-level class that a network's answer amounts to, and the mean
// probability of its members.
func (d *Decider) Decide(net *experiment.Network, a bagnet.Answer) (class.Class, float64, error) {
	of, err := d.membersOf(net)
	if err != nil {
		return class.Class{}, 0, err
	}
	best, mean := of.Decide(a.Probabilities)
	return d.Classes[best], mean, nil
}

// membersOf looks a network's classes up once.
func (d *Decider) membersOf(net *experiment.Network) (Members, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.net != net {
		of, err := d.Of(net.Name, net.Classes)
		if err != nil {
			return nil, err
		}
		d.net, d.of = net, of
	}
	return d.of, nil
}

// Basis is what decisions depend on beside the network: JSON tells mappings apart.
func (m *Mapping) Basis() any {
	return struct {
		Classes []class.Class
		Members [][]string `json:",omitempty"`
	}{m.Classes, m.members}
}
