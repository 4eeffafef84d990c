// Package entry has entry-level classes, what people call things: "dog" where networks tell
// breeds apart, and which classes of networks belong to each.
package entry

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// A Mapping says which classes of networks belong to which entry-level class. A class that
// no entry-level one has takes no part in decisions.
type Mapping struct {
	Name    string        // what messages call it
	Classes []class.Class // the entry-level ones, by name

	members [][]string    // names of networks' classes, of each of Classes; nil: Classes are a network's own
	own     []class.Class // that network's
	owner   string        // its name
}

//go:embed sixteen.csv
var sixteen string

// Sixteen returns the 16 entry-level classes of R. Geirhos et al. (Generalisation in humans
// and deep neural networks, NeurIPS 2018; ImageNet-trained CNNs are biased towards texture,
// ICLR 2019): 207 of ImageNet's 1000 classes, by WordNet id, as their mapping's lists of
// indices have them.
func Sixteen() *Mapping {
	m, err := parse(strings.NewReader(sixteen))
	if err != nil {
		panic("entry: " + err.Error())
	}
	m.Name = "the 16 entry-level classes"
	return m
}

// maxFile is the largest file of a mapping that is read, bytes.
const maxFile = 4 << 20

// Read returns the mapping that a file lists: CSV, a line for each class of a network, its
// WordNet id or name and the entry-level class. A first line class,entry is a header.
func Read(path string) (*Mapping, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hint.Refuse("reading mapping %q: %w", path, text.Reason(err))
	}
	defer f.Close()
	limited := &io.LimitedReader{R: f, N: maxFile + 1}
	m, err := parse(limited)
	if limited.N == 0 {
		err = fmt.Errorf("it has more than the %d bytes allowed", maxFile)
	}
	if err != nil {
		return nil, hint.Refuse("reading mapping %q: %w", path, text.Reason(err))
	}
	m.Name = "mapping " + text.Path(path)
	return m, nil
}

// parse reads lines of class,entry.
func parse(r io.Reader) (*Mapping, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord, lines.TrimLeadingSpace = -1, true
	members := map[string][]string{}
	of := map[string]string{} // the entry-level class of each member
	for first := true; ; first = false {
		fields, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := lines.FieldPos(0)
		for i := range fields {
			fields[i] = strings.TrimSpace(strings.TrimPrefix(fields[i], "\ufeff"))
		}
		if len(fields) != 2 || fields[0] == "" || fields[1] == "" {
			return nil, fmt.Errorf("line %d: want class,entry: a class of a network, quoted if it has commas, and its entry-level class", line)
		}
		if first && fields[0] == "class" {
			continue
		}
		if other, twice := of[fields[0]]; twice {
			return nil, fmt.Errorf("line %d: class %q belongs to %q already", line, text.Abbreviated(fields[0]), text.Abbreviated(other))
		}
		of[fields[0]] = fields[1]
		members[fields[1]] = append(members[fields[1]], fields[0])
	}
	if len(members) < 2 {
		return nil, fmt.Errorf("it has %s: want two or more to decide among", text.Count(len(members), "entry-level class", "entry-level classes"))
	}
	m := &Mapping{}
	for name := range members {
		m.Classes = append(m.Classes, class.Class{Label: name})
	}
	slices.SortFunc(m.Classes, func(a, b class.Class) int { return strings.Compare(a.Label, b.Label) })
	for i := range m.Classes {
		m.Classes[i].Index = i
		m.members = append(m.members, members[m.Classes[i].Label])
	}
	return m, nil
}

// Each returns the mapping that makes each class of a network an entry-level one.
func Each(owner string, classes []class.Class) *Mapping {
	return &Mapping{Name: "each class by itself", Classes: classes, own: classes, owner: owner}
}

// Covers reports whether a network has members of every entry-level class.
func (m *Mapping) Covers(classes []class.Class) bool {
	_, err := m.Of("", classes)
	return err == nil
}

// Of returns the indices of a network's classes that belong to each entry-level class. Those
// of the mapping that the network lacks are left out; an entry-level class all of whose
// members it lacks is an error. model names the network there.
func (m *Mapping) Of(model string, classes []class.Class) (Members, error) {
	if m.members == nil {
		return m.each(model, classes)
	}
	index := class.NewIndex(classes)
	of, taken := make(Members, len(m.Classes)), map[int]int{}
	for i, names := range m.members {
		for _, name := range names {
			found, err := index.Find(name)
			if _, unknown := errors.AsType[*class.Unknown](err); unknown {
				continue
			}
			if err != nil {
				return nil, hint.Refuse("%s: %w", m.Name, err)
			}
			if other, twice := taken[found.Index]; twice {
				return nil, hint.Refuse("%s: class %s of model %s belongs to %q and to %q", m.Name, class.Full(found.Class), model, m.Classes[other].Label, m.Classes[i].Label)
			}
			taken[found.Index] = i
			of[i] = append(of[i], found.Index)
		}
		if len(of[i]) == 0 {
			return nil, hint.Refuse("model %s has no class that belongs to %q of %s", model, m.Classes[i].Label, m.Name)
		}
	}
	return of, nil
}

// each is Of where Classes are a network's own.
func (m *Mapping) each(model string, classes []class.Class) (Members, error) {
	matched, err := class.MatchClasses(m.owner, m.own, model, classes)
	if err == nil && len(classes) != len(m.own) {
		err = fmt.Errorf("model %s has %d classes, model %s %d", model, len(classes), m.owner, len(m.own))
	}
	if err != nil {
		return nil, hint.Refuse("%s: %w", m.Name, err)
	}
	of := make(Members, len(matched))
	for i, index := range matched {
		of[i] = []int{index}
	}
	return of, nil
}

// Members are the indices of a network's classes, of each entry-level class.
type Members [][]int

// Decide returns the entry-level class whose members have the largest mean probability, and
// that mean: the aggregation of Geirhos et al.'s published code. Of equal ones it is the
// first.
func (of Members) Decide(probabilities []float64) (best int, mean float64) {
	mean = -1
	for i, members := range of {
		sum := 0.0
		for _, c := range members {
			sum += probabilities[c]
		}
		if v := sum / float64(len(members)); v > mean {
			best, mean = i, v
		}
	}
	return best, mean
}
