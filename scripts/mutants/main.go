// Command mutants puts the deliberate mistakes of scripts/mutants.txt into the
// code, one at a time, and prints which of them no test notices.
// scripts/mutants.sh runs it in the repository's root.
//
//	go run ./scripts/mutants [-check] [-j N] [-timeout D] [-results FILE] [-run REGEXP] [-package REGEXP]
//
// The tree itself is never touched: each mistake is made in a copy. For each, the
// tests that the list names first run, then those of its package, then those of
// the other packages that the list names; the first that fails ends it. What came
// out is kept in the results' file as it comes, so that an interrupted run goes on
// where it was; a mutant is tried again if it, or any file of the tree, changed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

func main() {
	check := flag.Bool("check", false, "only look whether each mutant can be applied")
	jobs := flag.Int("j", 1, "try `N` mutants at a time, each in a copy of its own")
	timeout := flag.Duration("timeout", 10*time.Minute, "a package's tests that take longer than `D` have noticed")
	results := flag.String("results", "mutants.results", "keep what came out in `FILE`, and do not try again what it has")
	names := flag.String("run", "", "only mutants whose name matches `REGEXP`")
	packages := flag.String("package", "", "only mutants in files that match `REGEXP`")
	list := flag.String("list", "scripts/mutants.txt", "the list of mutants")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	survivors, err := run(ctx, *list, *names, *packages, *check, &trial{root: ".", jobs: *jobs, timeout: *timeout, results: *results})
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "mutants: %v\n", err)
		os.Exit(2)
	case survivors > 0:
		os.Exit(1)
	}
}

// run tries the mutants asked for and returns how many survived that should not.
func run(ctx context.Context, list, names, packages string, check bool, t *trial) (survivors int, err error) {
	name, err := regexp.Compile(names)
	if err != nil {
		return 0, fmt.Errorf("-run: %w", err)
	}
	file, err := regexp.Compile(packages)
	if err != nil {
		return 0, fmt.Errorf("-package: %w", err)
	}
	data, err := os.ReadFile(list)
	if err != nil {
		return 0, err
	}
	all, err := parse(string(data))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", list, err)
	}
	var chosen []mutant
	for _, m := range all {
		source, err := os.ReadFile(m.file)
		if err == nil {
			_, err = m.apply(string(source))
		}
		if err != nil {
			return 0, fmt.Errorf("%s: mutant %s: %w", list, m.name, err)
		}
		if name.MatchString(m.name) && file.MatchString(m.file) {
			chosen = append(chosen, m)
		}
	}
	if check {
		fmt.Printf("%d mutants, all of which can be applied\n", len(all))
		return 0, nil
	}
	outcomes, err := t.try(ctx, chosen)
	if err != nil {
		return 0, err
	}
	return report(os.Stdout, chosen, outcomes), ctx.Err()
}
