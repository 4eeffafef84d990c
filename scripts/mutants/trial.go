package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A trial runs the tests on mutants.
type trial struct {
	root    string
	jobs    int
	timeout time.Duration
	results string

	mu   sync.Mutex // guards what follows
	file *os.File   // results
	base map[string]error
}

// What came out of a mutant.
const (
	killed   = "killed"
	survived = "SURVIVED"
	noBuild  = "does not build"
)

// An outcome is how a mutant fared.
type outcome struct {
	result string
	by     string // the test that noticed, or the package
}

// try returns the outcomes of the mutants, by name. Those that change nothing are
// not tried.
func (t *trial) try(ctx context.Context, mutants []mutant) (map[string]outcome, error) {
	files, tree, err := listTree(ctx, t.root)
	if err != nil {
		return nil, err
	}
	known := readResults(t.results)
	if t.file, err = os.OpenFile(t.results, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666); err != nil {
		return nil, err
	}
	defer t.file.Close()
	t.base = map[string]error{}
	outcomes := map[string]outcome{}
	var todo []mutant
	for _, m := range mutants {
		if o, ok := known[m.id()+" "+tree]; ok {
			outcomes[m.name] = o
		} else if m.equivalent == "" {
			todo = append(todo, m)
		}
	}
	queue := make(chan mutant)
	failures := make(chan error, t.jobs)
	for range t.jobs {
		go func() { failures <- t.worker(ctx, files, tree, queue, outcomes) }()
	}
	var failure error
	for left := t.jobs; len(todo) > 0 && left > 0 && failure == nil; {
		select {
		case queue <- todo[0]:
			todo = todo[1:]
		case failure = <-failures:
			t.jobs, left = t.jobs-1, left-1
		}
	}
	close(queue)
	for range t.jobs {
		failure = firstError(failure, <-failures)
	}
	return outcomes, failure
}

// firstError returns the first that there is.
func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// worker tries mutants in a copy of the tree of its own.
func (t *trial) worker(ctx context.Context, files []string, tree string, queue <-chan mutant, outcomes map[string]outcome) error {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range files {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(t.root, name)); err != nil {
			return err
		}
	}
	for m := range queue {
		start := time.Now()
		o, err := t.one(ctx, dir, m)
		if err != nil {
			return fmt.Errorf("mutant %s: %w", m.name, err)
		}
		t.mu.Lock()
		outcomes[m.name] = o
		fmt.Fprintf(t.file, "%s %s\t%s\t%s\t%s\n", m.id(), tree, m.name, o.result, o.by)
		fmt.Fprintf(os.Stderr, "%-44s %-14s %6.1f s  %s\n", m.name, o.result, time.Since(start).Seconds(), o.by)
		t.mu.Unlock()
	}
	return nil
}

// one tries a mutant in dir and puts the file back.
func (t *trial) one(ctx context.Context, dir string, m mutant) (outcome, error) {
	path := filepath.Join(dir, filepath.FromSlash(m.file))
	source, err := os.ReadFile(path)
	if err != nil {
		return outcome{}, err
	}
	mistaken, err := m.apply(string(source))
	if err != nil {
		return outcome{}, err
	}
	runs := [][]string{{m.pkg()}}
	if m.first != "" {
		runs = slices.Insert(runs, 0, []string{m.pkg(), "-run", m.first})
	}
	for _, p := range m.tests {
		runs = append(runs, []string{p})
	}
	for _, args := range runs {
		// What fails without the mistake would say nothing.
		if err := t.unmutated(ctx, dir, args); err != nil {
			return outcome{}, err
		}
		if err := os.WriteFile(path, []byte(mistaken), 0o666); err != nil {
			return outcome{}, err
		}
		out, failed := t.test(ctx, dir, args)
		if err := os.WriteFile(path, source, 0o666); err != nil {
			return outcome{}, err
		}
		if err := ctx.Err(); err != nil {
			return outcome{}, err
		}
		if failed == nil {
			continue
		}
		if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
			return outcome{noBuild, firstLine(out)}, nil
		}
		return outcome{killed, whoNoticed(out, args[0])}, nil
	}
	return outcome{result: survived}, nil
}

// unmutated returns an error if tests fail on the tree as it is; it runs them once.
func (t *trial) unmutated(ctx context.Context, dir string, args []string) error {
	key := strings.Join(args, " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	err, done := t.base[key]
	if !done {
		var out string
		if out, err = t.test(ctx, dir, args); err != nil {
			err = fmt.Errorf("go test %s fails without it: %w\n%s", key, err, out)
		} else if strings.Contains(out, "[no tests to run]") {
			err = fmt.Errorf("go test %s runs no test", key)
		}
		if ctx.Err() == nil {
			t.base[key] = err
		}
	}
	return err
}

// test runs go test and returns what it said.
func (t *trial) test(ctx context.Context, dir string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-vet=off", "-failfast", "-timeout", t.timeout.String()}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath") // copies share what is compiled
	cmd.WaitDelay = 5 * time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("running go test: %w", err)
	}
	return out.String(), err
}

func firstLine(out string) string {
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "#") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// whoNoticed returns the first test that failed.
func whoNoticed(out, pkg string) string {
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			name, _, _ := strings.Cut(rest, " ")
			return name
		}
	}
	switch {
	case strings.Contains(out, "test timed out"):
		return pkg + " (did not end)"
	case strings.Contains(out, "panic:"):
		return pkg + " (panic)"
	}
	return pkg
}

// listTree returns the files that are tracked or could be, and a name for their
// contents.
func listTree(ctx context.Context, root string) (files []string, id string, err error) {
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, "", fmt.Errorf("git ls-files: %w", err)
	}
	h := sha256.New()
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, not yet committed
		}
		if err != nil {
			return nil, "", err
		}
		files = append(files, name)
		if strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".js") || strings.Contains(name, "testdata/") || strings.HasSuffix(name, ".s") {
			fmt.Fprintf(h, "%s %d\n%s", name, len(data), data)
		}
	}
	return files, fmt.Sprintf("%x", h.Sum(nil)[:6]), nil
}

func copyFile(to, from string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return firstError(err, out.Close())
}
