// Package weights turns the named tensors of a checkpoint into packed
// convolutions: it finds them whatever their spelling, checks their shapes and
// folds BatchNorm in. It knows no architecture.
package weights

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gorgonia.org/tensor"
)

// A Source has the named tensors of a checkpoint, float32 and contiguous.
type Source interface {
	Names() []string
	Tensor(name string) *tensor.Dense // nil if there is none of that name
	DType(name string) string         // how it was stored: "F32", "F16", ...
}

// A Spelling is how one family of checkpoints names its tensors.
type Spelling struct {
	Mark   *regexp.Regexp      // a name that only this family has
	Rename func(string) string // to the canonical name
}

// NamedBody is the spelling of a body called backbone or sequential, a ResNet or
// like one, beside a classifier of its own.
var NamedBody = Spelling{
	Mark: regexp.MustCompile(`^(sequential|backbone)\.conv1\.weight$`),
	Rename: func(name string) string {
		name = namedBody.ReplaceAllString(name, "")
		if rest, ok := strings.CutPrefix(name, "classifier."); ok {
			return "fc." + rest
		}
		return name
	},
}

var namedBody = regexp.MustCompile(`^(?:sequential|backbone)\.`)

// A Set is the tensors of a checkpoint under canonical names: those of torchvision.
type Set struct {
	shape func(name string) []int
	read  func(name string) []float32 // nil if there are no values yet
	dtype func(name string) string    // as Source has it
	names map[string]string           // canonical name to the one in the source
}

// wrappers are prefixes that training code puts before every name.
var wrappers = []string{"module.", "model.", "_orig_mod.", "net.", "backbone."}

// parallel are parts of names that stand for no layer, wherever they are: what
// DataParallel, torch.compile, FSDP and activation checkpoints put there.
var parallel = map[string]bool{"module": true, "_orig_mod": true, "_fsdp_wrapped_module": true, "_checkpoint_wrapped_module": true}

// Plain returns a name without the parts that wrapping a layer adds to it.
func Plain(name string) string {
	if !strings.Contains(name, "mod") {
		return name
	}
	parts := strings.Split(name, ".")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return parallel[p] }), ".")
}

// NewSet reads the names of a source: wrappers and num_batches_tracked are
// dropped, and if one of the spellings' marks is found, the first one's rules
// applied.
func NewSet(source Source, spellings []Spelling) (*Set, error) {
	set, err := NewShapes(source.Names(), "", func(name string) []int { return []int(source.Tensor(name).Shape()) }, spellings)
	if err != nil {
		return nil, err
	}
	set.read = func(name string) []float32 { return source.Tensor(name).Float32s() }
	set.dtype = source.DType
	return set, nil
}

// NewShapes returns a Set whose values are not known yet, of tensors all of whose
// names begin with prefix.
func NewShapes(names []string, prefix string, shape func(name string) []int, spellings []Spelling) (*Set, error) {
	set := &Set{shape: shape, names: make(map[string]string, len(names))}
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = Plain(strings.TrimPrefix(name, prefix))
	}
	common := commonPrefix(short)
	rename := func(name string) string { return name }
	for _, s := range spellings {
		if slices.ContainsFunc(short, func(n string) bool { return s.Mark.MatchString(strings.TrimPrefix(n, common)) }) {
			rename = s.Rename
			break
		}
	}
	for i, name := range names {
		short := rename(strings.TrimPrefix(short[i], common))
		if strings.HasSuffix(short, ".num_batches_tracked") {
			continue
		}
		if other, taken := set.names[short]; taken {
			return nil, fmt.Errorf("reading tensor names: %q and %q both stand for %s", other, name, short)
		}
		set.names[short] = name
	}
	return set, nil
}

// commonPrefix returns the wrappers, possibly several, that all names begin with.
func commonPrefix(names []string) string {
	prefix := ""
	for {
		i := slices.IndexFunc(wrappers, func(p string) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix+p) })
		})
		if i < 0 || len(names) == 0 {
			return prefix
		}
		prefix += wrappers[i]
	}
}

// Names returns the canonical names, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.names)) }

// Len returns how many tensors there are.
func (s *Set) Len() int { return len(s.names) }

// Has reports whether there is a tensor of that name.
func (s *Set) Has(name string) bool { return s.names[name] != "" }

// Original returns the name that a tensor has in the source, "" if there is none.
func (s *Set) Original(name string) string { return s.names[name] }

// Shape returns the shape of a tensor, nil if there is none.
func (s *Set) Shape(name string) []int {
	if !s.Has(name) {
		return nil
	}
	return s.shape(s.names[name])
}

// Dim returns the length of a tensor along an axis, 0 if it has no such axis.
func (s *Set) Dim(name string, axis int) int {
	if shape := s.Shape(name); axis < len(shape) {
		return shape[axis]
	}
	return 0
}

// Floats returns the values of a tensor that there is, row-major. They must not
// be modified.
func (s *Set) Floats(name string) []float32 { return s.read(s.names[name]) }

// Canonical returns the canonical name of each tensor, by that in the source.
func (s *Set) Canonical() map[string]string {
	canonical := make(map[string]string, len(s.names))
	for name, original := range s.names {
		canonical[original] = name
	}
	return canonical
}

// Heads are what the last layer of a ResNet, or of a network like one, is called
// beside torchvision's fc.
var Heads = []string{"classifier", "last_linear", "head", "head.fc"}

// sequential is the number of a layer in a torch.nn.Sequential.
var sequential = regexp.MustCompile(`^\d+\.`)

// Head gives the last layer its canonical name if it has one of the others, or is
// alone in a torch.nn.Sequential (behind a Dropout, say) of either name.
func (s *Set) Head(canonical string, others ...string) {
	if s.Has(canonical + ".weight") {
		return
	}
	layers := map[string]bool{}
	for _, head := range append(others, canonical) {
		for name := range s.names {
			if rest, ok := strings.CutPrefix(name, head+"."); ok {
				number := sequential.FindString(rest)
				if part := rest[len(number):]; part == "weight" || part == "bias" {
					layers[head+"."+number] = true
				}
			}
		}
	}
	if len(layers) != 1 {
		return
	}
	for layer := range layers {
		for _, part := range []string{"weight", "bias"} {
			if original, ok := s.names[layer+part]; ok {
				delete(s.names, layer+part)
				s.names[canonical+"."+part] = original
			}
		}
	}
}

// Count returns how many numbers from first on there are behind prefix: up to
// the largest, so that a gap shows as missing tensors. Numbers far above that of
// all tensors do not count.
func (s *Set) Count(prefix string, first int) int {
	count := 0
	for name := range s.names {
		rest, ok := strings.CutPrefix(name, prefix)
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); ok && err == nil && n >= first && n < 2*len(s.names)+first {
			count = max(count, n-first+1)
		}
	}
	return count
}
