package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tree makes a module with a function, a test that does not look at all of it,
// and a list of mutants of it, and goes there.
func tree(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module m\n\ngo 1.24\n",
		"a/a.go":      "package a\n\nfunc Sign(x int) int {\n\tif x < 0 {\n\t\treturn -1\n\t}\n\treturn 1\n}\n\nfunc Twice(x int) int {\n\treturn 2*x\n}\n",
		"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestSign(t *testing.T) {\n\tif Sign(-3) != -1 || Sign(3) != 1 {\n\t\tt.Error()\n\t}\n}\n",
		"b/b_test.go": "package b\n\nimport (\n\t\"m/a\"\n\t\"testing\"\n)\n\nfunc TestTwice(t *testing.T) {\n\tif a.Twice(3) != 6 {\n\t\tt.Error()\n\t}\n}\n",
		"list":        list,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if out, err := exec.Command("git", "init", "-q").CombinedOutput(); err != nil {
		t.Skipf("git init: %v: %s", err, out)
	}
}

const list = `# what is tried
name: sign
file: a/a.go
first: Sign
----
		return -1
	}
====
		return 1
	}
----
name: zero
file: a/a.go
----
x < 0
====
x <= 0
----
name: twice
file: a/a.go
tests: ./b
----
2*x
====
3*x
----
name: broken
file: a/a.go
----
2*x
====
2*y
----
name: gone
file: a/a.go
equivalent: it says the same
----
2*x
====
x*2
----
`

func TestTrial(t *testing.T) {
	tree(t)
	before, err := os.ReadFile("a/a.go")
	if err != nil {
		t.Fatal(err)
	}
	mutants, err := parse(list)
	if err != nil || len(mutants) != 5 {
		t.Fatalf("%d mutants, %v", len(mutants), err)
	}
	results := filepath.Join(t.TempDir(), "kept")
	tr := &trial{root: ".", jobs: 1, timeout: time.Minute, results: results}
	outcomes, err := tr.try(t.Context(), mutants)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]outcome{"sign": {killed, "TestSign"}, "zero": {survived, ""}, "twice": {killed, "TestTwice"}}
	for name, o := range want {
		if outcomes[name] != o {
			t.Errorf("%s: %v, want %v", name, outcomes[name], o)
		}
	}
	if o := outcomes["broken"]; o.result != noBuild || !strings.Contains(o.by, "undefined: y") {
		t.Errorf("broken: %v", o)
	}
	if after, _ := os.ReadFile("a/a.go"); string(after) != string(before) {
		t.Errorf("the tree was changed: %s", after)
	}
	if bad := report(io.Discard, mutants, outcomes); bad != 2 {
		t.Errorf("%d mutants are alive, want zero and broken", bad)
	}
	// What is known is not tried again: the tests are gone, and nobody misses them.
	kept, _ := os.ReadFile(results)
	again, err := (&trial{root: ".", jobs: 1, timeout: time.Nanosecond, results: results}).try(t.Context(), mutants)
	if now, _ := os.ReadFile(results); err != nil || string(now) != string(kept) || again["twice"] != want["twice"] {
		t.Errorf("tried again: %v, %v", again, err)
	}
}

func TestParse(t *testing.T) {
	for name, bad := range map[string]string{
		"no name":   "file: a\n",
		"twice":     "name: a\nfile: f\n----\nx\n====\ny\n----\nname: a\n",
		"key":       "name: a\nfiles: f\n",
		"open":      "name: a\nfile: f\n----\nx\n====\ny\n",
		"no old":    "name: a\nfile: f\n",
		"no change": "name: a\nfile: f\n----\nx\n====\nx\n----\n",
	} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	m := mutant{file: "f", old: "x", new: "y"}
	if _, err := m.apply("x x"); err == nil {
		t.Error("a text that stands there twice was replaced")
	}
}
