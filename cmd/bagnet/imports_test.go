package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may lists, for each of our packages, the others it may import and the library
// boundaries it may cross; docs/layout.md says why. What is not listed is forbidden.
var may = map[string][]string{
	"bagnet":                     {"bagnet/internal/answer", "bagnet/internal/class", "bagnet/internal/heatmap", "bagnet/internal/images", "bagnet/internal/inference", "bagnet/internal/model", "bagnet/internal/network", "bagnet/internal/ranking", "bagnet/internal/text", "bagnet/models", gorgonia},
	"bagnet/examples/server":     {"bagnet", "bagnet/models"},
	"bagnet/cmd/bagnet":          {"bagnet/internal/cli"},
	"bagnet/internal/cli":        {"bagnet/internal/answer", "bagnet/internal/chart", "bagnet/internal/class", "bagnet/internal/convnet", "bagnet/internal/dataset", "bagnet/internal/evaluation", "bagnet/internal/experiment", "bagnet/internal/fetch", "bagnet/internal/filelock", "bagnet/internal/heatmap", "bagnet/internal/images", "bagnet/internal/inference", "bagnet/internal/loader", "bagnet/internal/model", "bagnet/internal/network", "bagnet/internal/ranking", "bagnet/internal/weights", "bagnet/models", cobra, progress, gorgonia},
	"bagnet/internal/class":      {"bagnet/internal/loader"},
	"bagnet/internal/dataset":    {"bagnet/internal/class"},
	"bagnet/internal/fetch":      {"bagnet/internal/filelock"},
	"bagnet/internal/filelock":   {},
	"bagnet/internal/loader":     {gorgonia},
	"bagnet/internal/images":     {gorgonia},
	"bagnet/internal/evaluation": {},
	"bagnet/internal/experiment": {"bagnet/internal/answer", "bagnet/internal/inference", gorgonia, statistics, "gonum.org/v1/gonum/floats", "gonum.org/v1/gonum/integrate"},
	"bagnet/internal/chart":      {plots},
	"bagnet/internal/heatmap":    {},
	"bagnet/internal/convnet":    {"bagnet/internal/engine", "bagnet/internal/inference", "bagnet/internal/weights", gorgonia},
	"bagnet/internal/model":      {"bagnet/internal/engine", "bagnet/internal/inference", "bagnet/internal/weights", gorgonia},
	"bagnet/internal/network":    {"bagnet/internal/convnet", "bagnet/internal/loader", "bagnet/internal/model", "bagnet/internal/weights", gorgonia},
	"bagnet/internal/inference":  {"bagnet/internal/engine", gorgonia},
	"bagnet/internal/weights":    {"bagnet/internal/engine", gorgonia},
	"bagnet/internal/answer":     {},
	"bagnet/internal/ranking":    {},
	"bagnet/internal/engine":     {},
	"bagnet/internal/engine/gen": {},
	"bagnet/models":              {},
}

const (
	cobra      = "github.com/spf13/cobra"
	progress   = "github.com/schollz/progressbar/v3"
	gorgonia   = "gorgonia.org/tensor"
	plots      = "gonum.org/v1/plot"
	statistics = "gonum.org/v1/gonum/stat"
)

func TestImportRules(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "bagnet/...").Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if strings.HasPrefix(pkg, "bagnet/scripts") {
			continue // scripts may use everything
		}
		allowed, known := may[pkg]
		if !known {
			t.Errorf("package %s is in no rule: add it to the table and to docs/layout.md", pkg)
		}
		seen++
		for _, i := range strings.Fields(imports) {
			boundary := i == "bagnet" || strings.HasPrefix(i, "bagnet/") || strings.HasPrefix(i, cobra) || i == progress || strings.HasPrefix(i, "gorgonia.org/") || strings.HasPrefix(i, "gonum.org/")
			ok := slices.ContainsFunc(allowed, func(a string) bool { return i == a || a != "bagnet" && strings.HasPrefix(i, a+"/") })
			if boundary && !ok {
				t.Errorf("%s imports %s, which it may not", pkg, i)
			}
		}
	}
	if seen < len(may) {
		t.Errorf("%d packages listed, %d have rules", seen, len(may))
	}
}

// Package bagnet opens no connection and knows no terminal: programs that import it are
// to stay small.
func TestLibraryDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "bagnet").Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "bagnet/internal/model") {
		t.Errorf("the dependencies are %q", deps)
	}
	for _, dep := range deps {
		for _, not := range []string{"net", cobra, progress, plots, "golang.org/x/term", "bagnet/internal/cli", "bagnet/internal/terminal", "bagnet/internal/fetch", "bagnet/internal/library"} {
			if dep == not || strings.HasPrefix(dep, not+"/") {
				t.Errorf("package bagnet depends on %s", dep)
			}
		}
	}
}

// Downloads need nothing but the standard library and the system's locks.
func TestFetchDependencies(t *testing.T) {
	for _, dep := range foreignImports(t, "bagnet/internal/fetch") {
		if !strings.HasPrefix(dep, "golang.org/x/") && dep != "bagnet/internal/filelock" {
			t.Errorf("internal/fetch depends on %s", dep)
		}
	}
}

// The engine stands on the standard library and CPU detection alone.
func TestEngineDependencies(t *testing.T) {
	for _, dep := range foreignImports(t, "bagnet/internal/engine") {
		if dep != "golang.org/x/sys/cpu" {
			t.Errorf("the engine depends on %s", dep)
		}
	}
}

// foreignImports are the packages outside the standard library that pkg needs.
func foreignImports(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pkg).Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(dep string) bool { return dep == pkg })
}
