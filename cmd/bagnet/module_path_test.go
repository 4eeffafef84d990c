package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestModulePath gives a copy of the tree another module path, twice, and the first one
// again.
func TestModulePath(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything")
	}
	for _, program := range []string{"bash", "git", "sed", "cmp", "xargs"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	root, files := tree(t)
	dir := t.TempDir()
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	must := func(name string, args ...string) string {
		t.Helper()
		out, err := run(name, args...)
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return strings.TrimSpace(out)
	}
	before := make(map[string][]byte)
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // is not in the working tree
		}
		before[name] = data
		write(t, filepath.Join(dir, name), data)
	}
	must("git", "init", "--quiet")
	must("git", "add", "--all")
	module := must("go", "list", "-m")

	for _, bad := range []string{"", "a b", "/x", "x/", "x//y", "a/../b", "-x", ".x/y", "fmt", "net/mine", "https://github.com/you/it", "github.com/you/it.git", "gorgonia.org/tensor", "x/$(id)", "x\ny"} {
		if out, err := run("scripts/module_path.sh", bad); err == nil || !strings.HasPrefix(out, "module_path: ") && !strings.HasPrefix(out, "go: ") {
			t.Errorf("%q: %v, %s", bad, err, out)
		}
	}
	if out, err := run("scripts/module_path.sh"); err == nil || !strings.Contains(out, "usage") {
		t.Errorf("without a path: %v, %s", err, out)
	}
	if out := must("git", "status", "--porcelain", "--untracked-files=no"); strings.Contains(out, " M") || strings.Contains(out, "AM") {
		t.Errorf("changed by what was refused:\n%s", out)
	}

	once := "example.org/" + "me/one.v2" // apart, so that this file does not have it
	must("scripts/module_path.sh", once)
	after := contents(dir, files)
	if must("scripts/module_path.sh", once); contents(dir, files) != after {
		t.Error("the same path again changes files")
	}
	must("scripts/module_path.sh", "github.com/you/"+module)
	if got := must("go", "list", "-m"); got != "github.com/you/"+module {
		t.Errorf("the module is %s", got)
	}
	for name := range before {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(once)) {
			t.Errorf("%s has the path before", name)
		}
		if strings.HasSuffix(name, ".go") && bytes.Contains(data, []byte(`"`+module+`/`)) {
			t.Errorf("%s has the first path", name)
		}
		if want := "-X github.com/you/" + module + "/internal/cli.releaseVersion="; name == "scripts/release.sh" && !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s has no %s", name, want)
		}
	}
	// Every import is one of a package that there is, and what the files say beside is the
	// same, so all of it compiles as before: only what holds assembly and files is compiled.
	must("go", "list", "-deps", "-test", "./...")
	for name, data := range before {
		if again, err := os.ReadFile(filepath.Join(dir, name)); strings.HasSuffix(name, ".go") && (err != nil || code(t, again) != code(t, data)) {
			t.Errorf("%s says something else (%v)", name, err)
		}
	}
	must("go", "build", "./internal/engine", "./models")
	must("go", "test", "-vet=off", "-run", "ImportRules|Dependencies|BelowTheCommandLine", "./cmd/bagnet/imports_test.go")
	if out := must("gofmt", "-l", "."); out != "" {
		t.Errorf("gofmt would change %s", out)
	}

	must("scripts/module_path.sh", module)
	for name, data := range before {
		if again, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s is not what it was (%v)", name, err)
		}
	}
}

// tree returns the repository's root and files.
func tree(t *testing.T) (root string, files []string) {
	t.Helper()
	root = filepath.Join("..", "..")
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("no git repository: %v", err)
	}
	return root, strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

// contents returns what is in all files but the largest.
func contents(dir string, files []string) string {
	var all strings.Builder
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && len(data) < 1<<20 {
			all.Write(data)
		}
	}
	return all.String()
}

// code is what a Go file says but for its imports, strings and comments; of these, Go's
// directives are there.
func code(t *testing.T, source []byte) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:") && !strings.HasPrefix(c.Text, "//go:generate ") {
				fmt.Fprintln(&said, c.Text)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil, *ast.ImportSpec, *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.Ident:
			said.WriteString(n.Name)
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				said.WriteString(n.Value)
			}
		case *ast.BinaryExpr:
			said.WriteString(n.Op.String())
		case *ast.UnaryExpr:
			said.WriteString(n.Op.String())
		case *ast.AssignStmt:
			said.WriteString(n.Tok.String())
		}
		fmt.Fprintf(&said, " %T\n", n)
		return true
	})
	return said.String()
}
