package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// readResults returns the outcomes that an earlier run left, by the mutant's id
// and the tree's. A line cut short is none.
func readResults(path string) map[string]outcome {
	known := map[string]outcome{}
	data, err := os.ReadFile(path)
	if err != nil {
		return known
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 4 && strings.HasSuffix(line, "\n") {
			known[f[0]] = outcome{f[2], f[3]}
		}
	}
	return known
}

// report prints the mutants that nothing noticed, those that change nothing, and
// how many of each kind there were by package. It returns how many there are that
// should not be.
func report(w io.Writer, mutants []mutant, outcomes map[string]outcome) (bad int) {
	type count struct{ all, killed, equivalent, bad int }
	counts := map[string]*count{}
	var packages []string
	for _, m := range mutants {
		c := counts[m.pkg()]
		if c == nil {
			c = new(count)
			counts[m.pkg()], packages = c, append(packages, m.pkg())
		}
		c.all++
		o, tried := outcomes[m.name]
		switch {
		case m.equivalent != "":
			c.equivalent++
			fmt.Fprintf(w, "%-44s %-14s %s\n", m.name, "no change", m.equivalent)
		case tried && o.result == killed:
			c.killed++
		default:
			c.bad++
			if !tried {
				o.result = "not tried"
			}
			fmt.Fprintf(w, "%-44s %-14s %s %s\n", m.name, o.result, m.file, o.by)
		}
	}
	fmt.Fprintf(w, "\n%-28s %8s %8s %10s %8s\n", "package", "mutants", "killed", "no change", "alive")
	var total count
	for _, p := range packages {
		c := counts[p]
		fmt.Fprintf(w, "%-28s %8d %8d %10d %8d\n", p, c.all, c.killed, c.equivalent, c.bad)
		total.all, total.killed, total.equivalent, total.bad = total.all+c.all, total.killed+c.killed, total.equivalent+c.equivalent, total.bad+c.bad
	}
	fmt.Fprintf(w, "%-28s %8d %8d %10d %8d\n", "all", total.all, total.killed, total.equivalent, total.bad)
	return total.bad
}
