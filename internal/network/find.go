// Package network finds out which network is in a checkpoint file: under which
// key of its dicts, and behind which prefix of its tensors' names; makes it ready to
// run; and describes, exports and times it.
package network

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

	"bagnet/internal/convnet"
	"bagnet/internal/loader"
	"bagnet/internal/model"
	"bagnet/internal/weights"
	"bagnet/internal/words"
)

// maxNames bounds the names that a search looks at, those of nested prefixes
// counted for each.
const maxNames = 1 << 20

// Found is a complete network among the tensors of a file.
type Found struct {
	Label     string            // what to call it where there are several
	Prefix    string            // of its tensors' names
	Names     []string          // of its tensors, in the file's order
	Canonical map[string]string // names that the tensors have in this program
	Averaged  []string          // labels of averaged copies beside it
	Left      []string          // tensors beside it that belong to no network
	Mean, Std string            // tensors beside it of a layer that normalises its pixels, or ""

	dict *loader.Dict
}

// SeveralError is a file with several networks, to choose one of.
type SeveralError struct{ Labels []string }

func (e *SeveralError) Error() string {
	return "it has several networks: " + list(e.Labels)
}

// AbsentError is a choice that the file does not have.
type AbsentError struct {
	Want   string
	Labels []string // what there is
}

func (e *AbsentError) Error() string {
	return fmt.Sprintf("it has no network %q; it has %s", e.Want, list(e.Labels))
}

// list names the first few networks.
func list(labels []string) string {
	const limit = 8
	quoted := make([]string, min(len(labels), limit))
	for i := range quoted {
		quoted[i] = strconv.Quote(labels[i])
	}
	if more := len(labels) - limit; more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}

// firsts are the first convolutions of networks, by their names without what
// wrappers add, or their words.
var firsts = map[string]bool{
	words.ShapeName: true,
	"conv1.weight":  true, "features.0.weight": true, "features.conv0.weight": true, "features.init_block.conv1.weight": true,
	"backbone.0.weight": true, "sequential.0.weight": true, "backbone.conv1.weight": true, "sequential.conv1.weight": true,
}

// averaged is a word for weights averaged over training steps.
var averaged = regexp.MustCompile(`(?i)(?:^|[._-])(?:ema|swa|avg|average|averaged|shadow)\d*(?:[._-]|$)`)

// Find returns the one complete network in dicts that want, a key or a prefix,
// names; any if want is "". Of raw and averaged weights it takes the raw ones.
func Find(dicts []*loader.Dict, want string) (*Found, error) {
	var all []*Found
	var reason error
	best, looked := -1, 0
	for _, d := range dicts {
		found, err := inDict(d, &looked, &best)
		if err != nil {
			reason = err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, whyNot(dicts, reason)
	}
	label(all)
	every := all
	if want != "" {
		chosen := slices.DeleteFunc(slices.Clone(all), func(f *Found) bool { return !f.called(want) })
		if len(chosen) == 0 {
			return nil, &AbsentError{want, labels(all)}
		}
		all = chosen
	}
	var distinct []*Found
	for _, f := range all {
		if !slices.ContainsFunc(distinct, f.same) {
			distinct = append(distinct, f)
		}
	}
	if len(distinct) == 1 {
		return distinct[0].checked(every)
	}
	raw := slices.DeleteFunc(slices.Clone(distinct), func(f *Found) bool { return averaged.MatchString(f.place()) })
	if len(raw) != 1 {
		return nil, &SeveralError{labels(distinct)}
	}
	for _, f := range distinct {
		if f != raw[0] {
			raw[0].Averaged = append(raw[0].Averaged, f.Label)
		}
	}
	return raw[0].checked(every)
}

// inDict returns the complete networks in one dict, those with short prefixes
// first, and why the largest incomplete one larger than best is none.
func inDict(d *loader.Dict, looked, best *int) (found []*Found, reason error) {
	names := d.Names()
	prefixes := map[string]bool{}
	for _, name := range names {
		for at, parts := len(name), 0; parts < 8 && at > 0; parts++ {
			at = strings.LastIndexByte(name[:at], '.')
			start := at + 1
			if rest := name[start:]; firsts[weights.Plain(rest)] && firstPart(rest) {
				prefixes[name[:start]] = true
			}
			at = max(at, 0)
		}
	}
	order := make([]string, 0, len(prefixes))
	for p := range prefixes {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(b, a) // turned round at the end
	})
	for _, p := range order {
		if *looked += len(names); *looked > maxNames {
			break
		}
		own := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
			return !strings.HasPrefix(n, p) || slices.ContainsFunc(found, func(f *Found) bool { return strings.HasPrefix(n, f.Prefix) })
		})
		readable, unreadable := divide(d, own)
		canonical, err := recognise(readable, p, d.Shape)
		if err != nil {
			if len(own) > *best {
				*best, reason = len(own), whyIncomplete(d, p, own, unreadable, err)
			}
			continue
		}
		found = append(found, &Found{Prefix: p, Names: slices.DeleteFunc(readable, func(n string) bool { return canonical[n] == "" }), Canonical: canonical, Left: unreadable, dict: d})
	}
	slices.Reverse(found)
	return found, reason
}

// firstPart reports whether a name begins with a layer rather than with what
// wraps one.
func firstPart(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return weights.Plain(first) != ""
}

// recognise returns the names in this program of the tensors of a network behind a prefix.
func recognise(names []string, prefix string, shape func(string) []int) (map[string]string, error) {
	canonical, err := words.Recognise(names, prefix, shape)
	if !errors.Is(err, words.ErrUnknown) {
		return canonical, err
	}
	canonical, err = convnet.Recognise(names, prefix, shape)
	if !errors.Is(err, convnet.ErrUnknown) {
		return canonical, err
	}
	return model.Recognise(names, prefix, shape)
}

// reparametrised are tensors that a weight is computed from, and what to do.
var reparametrised = []struct{ suffix, reason string }{
	{".weight_mask", "the network is pruned: run torch.nn.utils.prune.remove(layer, \"weight\") on its layers first, then save it"},
	{".weight_u", "spectral norm: run torch.nn.utils.remove_spectral_norm on its layers first, then save it"},
	{".weight_g", "weight norm: run torch.nn.utils.remove_weight_norm on its layers first, then save it"},
	{".parametrizations.weight.original0", "weight norm: run torch.nn.utils.parametrize.remove_parametrizations(layer, \"weight\") on its layers first, then save it"},
	{".parametrizations.weight.original", "a parametrised layer: run torch.nn.utils.parametrize.remove_parametrizations(layer, \"weight\") on it first, then save it"},
}

// whyNot says why there is no complete network; reason is that of the likeliest.
func whyNot(dicts []*loader.Dict, reason error) error {
	for _, d := range dicts {
		for _, r := range reparametrised {
			for _, n := range d.Names() {
				if strings.HasSuffix(n, r.suffix) {
					return fmt.Errorf("tensor %q: %s", n, r.reason)
				}
			}
		}
	}
	if reason == nil {
		_, reason = recognise(dicts[0].Names(), "", dicts[0].Shape)
	}
	return reason
}

// place is where the network is in the file.
func (f *Found) place() string {
	return strings.Trim(f.dict.Key+"."+f.Prefix, ".")
}

// called reports whether a user may mean f by want.
func (f *Found) called(want string) bool {
	want = strings.TrimSuffix(want, ".")
	for _, name := range []string{f.Label, f.dict.Key, strings.TrimSuffix(f.Prefix, "."), f.place()} {
		if name != "" && name == want {
			return true
		}
	}
	return want == "" && f.place() == "" // "."
}

// label calls each network by where it is, the file itself by a dot.
func label(all []*Found) {
	for _, f := range all {
		if f.Label = f.place(); f.Label == "" {
			f.Label = "."
		}
	}
}

// labels are the networks' labels.
func labels(all []*Found) []string {
	var list []string
	for _, f := range all {
		list = append(list, f.Label)
	}
	return list
}

// same reports whether two networks have equal tensors.
func (f *Found) same(other *Found) bool {
	if len(f.Names) != len(other.Names) {
		return false
	}
	by := make(map[string]string, len(other.Names))
	for _, n := range other.Names {
		by[other.Canonical[n]] = n
	}
	for _, n := range f.Names {
		as, ok := by[f.Canonical[n]]
		if !ok || !f.dict.Same(n, other.dict, as) {
			return false
		}
	}
	return true
}

// normalisers are what robustness libraries and users call the mean and standard
// deviation of a layer in front of a network, which takes pixels from 0 to 1.
var normalisers = [][2]string{{"new_mean", "new_std"}, {"mean", "std"}}

// normaliser returns the tensors of a layer that normalises three channels, which
// have that name; none if they have not.
func (f *Found) normaliser(name string) (mean, std string) {
	for _, n := range normalisers {
		layer, ok := strings.CutSuffix(name, n[0])
		if !ok || layer == "" || layer[len(layer)-1] != '.' {
			continue
		}
		if channels(f.dict.Shape(name)) && channels(f.dict.Shape(layer+n[1])) {
			return name, layer + n[1]
		}
	}
	return "", ""
}

// normaliserOf is normaliser by the name of the other tensor.
func (f *Found) normaliserOf(name string) (mean, std string) {
	for _, n := range normalisers {
		if layer, ok := strings.CutSuffix(name, n[1]); ok {
			if mean, std = f.normaliser(layer + n[0]); std == name {
				return mean, std
			}
		}
	}
	return "", ""
}

// channels reports whether a tensor of that shape has a value for each of three
// channels: [3], [3,1,1] or [1,3,1,1].
func channels(shape []int) bool {
	return slices.Equal(shape, []int{3}) || slices.Equal(shape, []int{3, 1, 1}) || slices.Equal(shape, []int{1, 3, 1, 1})
}

// checked notes the tensors that are left out, those of none of all networks,
// unless they say that the network decides otherwise.
func (f *Found) checked(all []*Found) (*Found, error) {
	own := make(map[string]bool, len(f.Names))
	for _, n := range f.Names {
		own[n] = true
	}
	for _, n := range f.dict.Names() {
		if own[n] || slices.ContainsFunc(all, func(g *Found) bool { return g.dict == f.dict && strings.HasPrefix(n, g.Prefix) }) {
			continue
		}
		if mean, std := f.normaliser(n); mean != "" && f.Mean == "" {
			f.Mean, f.Std = mean, std
		}
		if err := model.RefuseHead(weights.Plain(n), n); err != nil {
			return nil, err
		}
		f.Left = append(f.Left, n)
	}
	f.Left = slices.DeleteFunc(f.Left, func(n string) bool { // counters, that layer and equal ones
		if strings.HasSuffix(n, "num_batches_tracked") {
			return true
		}
		mean, std := f.normaliser(n)
		if std == "" {
			mean, std = f.normaliserOf(n)
		}
		return std != "" && f.dict.Same(mean, f.dict, f.Mean) && f.dict.Same(std, f.dict, f.Std)
	})
	return f, nil
}

// Select returns what to read of the file.
func (f *Found) Select() (*loader.Dict, []string, error) {
	d := f.dict
	f.dict = nil // it must not outlive the search
	names := f.Names
	if f.Mean != "" {
		names = append(slices.Clone(names), f.Mean, f.Std)
	}
	return d, names, nil
}

// Normalisation returns what the layer in front of the network, if there is one,
// subtracts from each channel of pixels from 0 to 1, and divides by.
func (f *Found) Normalisation(c *loader.Checkpoint) (mean, std [3]float64, ok bool) {
	if f.Mean == "" {
		return mean, std, false
	}
	for i := range mean {
		mean[i], std[i] = shortest(c.Tensor(f.Mean).Float32s()[i]), shortest(c.Tensor(f.Std).Float32s()[i])
	}
	return mean, std, true
}

// shortest is the number that somebody wrote down who meant v: 0.485, not
// 0.48500001430511475.
func shortest(v float32) float64 {
	x, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	return x
}

// Source is the network's tensors in a checkpoint under canonical names.
func (f *Found) Source(c *loader.Checkpoint) weights.Source {
	s := source{c: c, original: make(map[string]string, len(f.Names))}
	for _, n := range f.Names {
		s.names = append(s.names, f.Canonical[n])
		s.original[f.Canonical[n]] = n
	}
	return s
}

// source reads a network's tensors by the names that they have in this program.
type source struct {
	c        *loader.Checkpoint
	names    []string          // in this program
	original map[string]string // the file's names, by those
}

func (s source) Names() []string                  { return s.names }
func (s source) Tensor(name string) *tensor.Dense { return s.c.Tensor(s.original[name]) }
func (s source) DType(name string) string         { return s.c.DType(s.original[name]) }
