package parts

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maruel/natural"

	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// A Set are the parts of one run, all of them, by their shards.
type Set []*Part

// Close closes the files.
func (s Set) Close() {
	for _, p := range s {
		p.Close()
	}
}

// OpenAll opens the parts at paths, which may be directories of them, and checks that they
// are those of one run of a command: each shard once.
func OpenAll(command string, paths []string) (Set, error) {
	files, err := expand(paths)
	if err != nil {
		return nil, err
	}
	var all Set
	for _, path := range files {
		p, err := Open(path)
		if err != nil {
			all.Close()
			return nil, err
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b *Part) int { return cmp.Compare(a.Head.Shard, b.Head.Shard) })
	if err := all.check(command); err != nil {
		all.Close()
		return nil, err
	}
	return all, nil
}

// Read reads what the command that made the parts says of the run into about, and returns
// what it says of each shard at its end.
func Read[End any](s Set, about interface{ Valid() bool }) ([]End, error) {
	ends := make([]End, len(s))
	for i, p := range s {
		if err := p.about(about, &ends[i]); err != nil {
			return nil, err
		}
		if !about.Valid() {
			return nil, p.Damaged("its first line is damaged")
		}
	}
	return ends, nil
}

// expand replaces directories by the files in them, but for hidden ones and those that are
// being written.
func expand(paths []string) (files []string, err error) {
	for _, path := range paths {
		entries, err := os.ReadDir(path)
		if err != nil { // a file, or what Open will say
			files = append(files, path)
			continue
		}
		before := len(files)
		for _, e := range entries {
			if name := e.Name(); name[0] != '.' && !e.IsDir() && filepath.Ext(name) != ".part" {
				files = append(files, filepath.Join(path, name))
			}
		}
		if len(files) == before {
			return nil, hint.Refuse("no parts in directory %q", path)
		}
		slices.SortFunc(files[before:], natural.Compare)
	}
	return files, nil
}

// shownParts bounds how many numbers or files a message lists.
const shownParts = 10

// check refuses parts that are not one run's, whole.
func (s Set) check(command string) error {
	run := s.run(command)
	var wrong, missing []string
	where := map[int]*Part{}
	for _, p := range s {
		if reason := p.Head.other(run); reason != "" {
			wrong = append(wrong, fmt.Sprintf("%q belongs to another run: %s", p.Path, reason))
		} else if other := where[p.Head.Shard]; other != nil {
			wrong = append(wrong, fmt.Sprintf("%q and %q are both shard %d of %d", other.Path, p.Path, p.Head.Shard, run.Of))
		} else {
			where[p.Head.Shard] = p
		}
	}
	for i := range run.Of {
		if where[i] == nil {
			missing = append(missing, fmt.Sprint(i))
		}
	}
	if len(missing) > 0 {
		what := "shard " + missing[0] + " is"
		if len(missing) > 1 {
			what = "shards " + listed(missing, ", ") + " are"
		}
		wrong = append(wrong, fmt.Sprintf("of %s %s missing", text.Count(run.Of, "shard", "shards"), what))
	}
	if len(wrong) == 0 {
		return nil
	}
	return hint.Add(hint.Refuse("%s", listed(wrong, "; ")), "%s", s.advice(missing))
}

// run is what most of the parts are parts of: of the command, if any is.
func (s Set) run(command string) Head {
	var best Head
	most := 0
	for _, p := range s {
		same := 0
		for _, q := range s {
			if q.Head.other(p.Head) == "" && q.Head.Command == command {
				same++
			}
		}
		if same > most {
			best, most = p.Head, same
		}
	}
	if most == 0 {
		best = s[0].Head
		best.Command = command
	}
	return best
}

// advice says what to do about parts that are not one run's.
func (s Set) advice(missing []string) string {
	if len(missing) == 0 {
		return "give the parts of one run, each once"
	}
	for _, p := range s {
		if begun, _ := filepath.Glob(filepath.Join(filepath.Dir(p.Path), "*.part")); len(begun) > 0 {
			return fmt.Sprintf("%q is under way or was stopped: the command that began it goes on with it", begun[0])
		}
	}
	return "run what is missing: parts that are there are not computed again"
}

// listed joins the first items.
func listed(items []string, separator string) string {
	if more := len(items) - shownParts; more > 0 {
		items = append(slices.Clone(items[:shownParts]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(items, separator)
}
