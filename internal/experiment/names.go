package experiment

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"bagnet/internal/text"
)

// weightsEndings are those of the files that networks are in.
var weightsEndings = []string{".safetensors", ".tar", ".pth", ".pt", ".ckpt", ".bin", ".pkl", ".th"}

// ShortNames is what figures call things that are known by names or paths, on one line: a
// path's last element without the ending of a checkpoint, and as many of the directories
// before it as tell it from the others.
func ShortNames(given []string) []string {
	short := make([]string, len(given))
	for i, name := range given {
		short[i] = lastElements(name, 1)
	}
	for n := 2; n <= mostElements; n++ {
		longer := slices.Clone(short)
		for i, name := range given {
			for j := range given {
				if i != j && short[i] == short[j] && name != given[j] {
					longer[i] = lastElements(name, n)
				}
			}
		}
		short = longer
	}
	return short
}

// mostElements is how many elements of a path are shown.
const mostElements = 4

// lastElements is the end of a path, on one line.
func lastElements(name string, n int) string {
	elements := strings.Split(path.Clean(filepath.ToSlash(name)), "/")
	short := strings.Join(elements[max(0, len(elements)-n):], "/")
	for again := true; again; {
		again = false
		for _, ending := range weightsEndings {
			if cut, found := strings.CutSuffix(short, ending); found && cut != "" {
				short, again = cut, true
			}
		}
	}
	return text.OneLine(short)
}

// Name says what figures call the networks, in their order: names, if there are any, else what
// their own leave when shortened.
func (r *Run[R]) Name(names []string) {
	if len(names) == 0 {
		for _, m := range r.Networks {
			names = append(names, m.Model)
		}
		names = ShortNames(names)
	}
	for i, m := range r.Networks {
		m.Label = names[i]
	}
}
