package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the root package.
const module = "bagnet"

// The library boundaries that packages may cross.
const (
	cobra      = "github.com/spf13/cobra"
	progress   = "github.com/schollz/progressbar/v3"
	gorgonia   = "gorgonia.org/tensor"
	plots      = "gonum.org/v1/plot"
	statistics = "gonum.org/v1/gonum/stat"

	optimisation = "gonum.org/v1/gonum/optimize"
)

// may lists, for each of our packages, the others it may import and the library
// boundaries it may cross; docs/layout.md says why. What is not listed is forbidden.
// "internal/" and, for packages of the root, "bagnet/" are left out.
var may = map[string]string{
	"cmd/bagnet": "cli",
	"cli": "architecture bagnet attribution buildinfo certificate certify chart class dataset evaluation evidence experiment experiment/accuracy experiment/agreement experiment/bias experiment/entry experiment/interactions experiment/noise experiment/sensitivity experiment/shuffle experiment/stickers experiment/texture " +
		"convnet engine explore flagvalue heatmap hint images library loader metadata network npy output paper pipeline parts predictions ranking results terminal text texture toppatches words words/training models " + cobra + " " + gorgonia,

	// What commands are made of, on top of package bagnet.
	"experiment/accuracy":     "bagnet chart class experiment hint text",
	"experiment/agreement":    "chart class experiment experiment/entry hint text",
	"experiment/bias":         "chart class dataset experiment experiment/entry heatmap hint images output pipeline text",
	"experiment/entry":        "bagnet class experiment hint text",
	"experiment/noise":        "bagnet chart class experiment experiment/entry text",
	"experiment/interactions": "answer chart experiment text",
	"experiment/sensitivity":  "attribution bagnet answer chart class dataset experiment npy output text",
	"experiment/shuffle":      "chart dataset experiment heatmap images output pipeline text " + gorgonia,
	"experiment/stickers":     "bagnet certify chart class experiment grid pipeline ranking text",
	"experiment":              "bagnet answer chart class dataset hint images infill pipeline results text " + gorgonia + " " + statistics + " gonum.org/v1/gonum/floats gonum.org/v1/gonum/integrate",
	"experiment/texture":      "answer chart dataset experiment heatmap images pipeline text texture",
	"explore":                 "bagnet class heatmap hint output pipeline text",
	"certificate":             "bagnet certify chart class dataset heatmap output paper pipeline results text",
	"evaluation":              "bagnet answer class dataset heatmap hint paper pipeline results text",
	"results":                 "class dataset filelock hint images output pipeline text",
	"words/training":          "bagnet class dataset engine hint images inference metadata pipeline text words " + gorgonia + " gonum.org/v1/gonum/optimize",
	"parts":                   "dataset hint output results text",
	"evidence":                "attribution bagnet class dataset grid heatmap hint npy output paper pipeline results text",
	"attribution":             "answer bagnet " + gorgonia,
	"texture":                 "convnet engine hint " + optimisation,
	"toppatches":              "bagnet class dataset grid heatmap hint output paper ranking results sheets text",
	"pipeline":                "bagnet dataset images output",
	"predictions":             "bagnet results text",
	"library":                 "fetch hint loader network text models",
	"dataset":                 "class hint images output text",
	"npy":                     "answer hint output text",
	"output":                  "filelock heatmap hint text",
	"flagvalue":               "chart hint images text",
	"terminal":                "text " + progress,
	"fetch":                   "filelock",
	"filelock":                "",
	"chart":                   "pdf " + plots,
	"paper":                   "heatmap hint output pdf text",
	"pdf":                     "",
	"certify":                 "",
	"sheets":                  "",
	"buildinfo":               "text",

	// The library.
	"bagnet":          "answer class grid heatmap images inference model network ranking text models " + gorgonia,
	"architecture":    "model weights " + gorgonia,
	"network":         "architecture class convnet grid images inference loader metadata model text weights words models " + gorgonia,
	"metadata":        "class hint images text weights models",
	"class":           "answer hint text",
	"loader":          "text " + gorgonia,
	"images":          gorgonia,
	"heatmap":         "grid",
	"ranking":         "grid",
	"convnet":         "engine grid inference weights " + gorgonia,
	"model":           "engine grid inference weights " + gorgonia,
	"words":           "engine grid inference weights " + gorgonia,
	"inference":       "engine grid " + gorgonia,
	"weights":         "engine " + gorgonia,
	"answer":          "",
	"hint":            "",
	"grid":            "",
	"infill":          "",
	"text":            "",
	"engine":          "",
	"engine/gen":      "",
	"models":          "",
	"testkit":         "text",
	"examples/server": "bagnet models",
}

// short is a package as may has it.
func short(pkg string) string {
	if pkg == module {
		return "bagnet"
	}
	return strings.TrimPrefix(strings.TrimPrefix(pkg, "bagnet/"), "internal/")
}

func TestImportRules(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "bagnet/...").Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if pkg = short(strings.TrimSuffix(pkg, ":")); strings.HasPrefix(pkg, "scripts/") {
			continue // scripts may use everything
		}
		rule, known := may[pkg]
		if !known {
			t.Errorf("package %s is in no rule: add it to the table and to docs/layout.md", pkg)
		}
		seen++
		allowed := strings.Fields(rule)
		for _, i := range strings.Fields(imports) {
			ours := i == module || strings.HasPrefix(i, "bagnet/")
			if !ours && !strings.HasPrefix(i, cobra) && i != progress && i != "golang.org/x/term" && !strings.HasPrefix(i, "gorgonia.org/") && !strings.HasPrefix(i, "gonum.org/") {
				continue
			}
			ok := slices.ContainsFunc(allowed, func(a string) bool { return ours && short(i) == a || !ours && (i == a || strings.HasPrefix(i, a+"/")) })
			if i == "golang.org/x/term" {
				ok = pkg == "terminal"
			}
			if !ok {
				t.Errorf("%s imports %s, which it may not", pkg, i)
			}
		}
	}
	if seen < len(may) {
		t.Errorf("%d packages listed, %d have rules", seen, len(may))
	}
}

// The library is for programs that want no command line, no network and no plots.
func TestLibraryDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module).Output()
	if err != nil {
		t.Fatalf("listing dependencies: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, not := range []string{"net", "net/http", cobra, "github.com/spf13/pflag", progress, plots, "golang.org/x/term"} {
			if dep == not || strings.HasPrefix(dep, not+"/") && not != "net" {
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

// forbidden are calls that only the command line makes: they are about the process.
var forbidden = map[string]string{
	"os.Exit": "", "os.Stdout": "", "os.Stderr": "", "debug.SetMemoryLimit": "", "runtime.GOMAXPROCS": "",
	"os.Getenv": "library engine", // the packages that may
}

var flagInText = regexp.MustCompile(`--[a-z]`)

// TestBelowTheCommandLine holds what only internal/cli may do: name flags, end the
// process, write to its streams, change its settings, read its environment.
func TestBelowTheCommandLine(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if skip := []string{"internal/cli", "internal/testkit", "internal/engine/gen", "cmd", "scripts", "examples", ".git"}; slices.Contains(skip, name) || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		checkFile(t, path, name)
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files looked at: %v", files, err)
	}
}

func checkFile(t *testing.T, path, name string) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	pkg := short("bagnet/" + filepath.ToSlash(filepath.Dir(name)))
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING && flagInText.MatchString(n.Value) {
				t.Errorf("%s: %s names a flag", fset.Position(n.Pos()), n.Value)
			}
		case *ast.CallExpr: // runtime.GOMAXPROCS(0) only asks
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && selector(s) == "runtime.GOMAXPROCS" {
				if arg, ok := n.Args[0].(*ast.BasicLit); ok && arg.Value == "0" {
					return false
				}
			}
		case *ast.SelectorExpr:
			if allowed, is := forbidden[selector(n)]; is && !slices.Contains(strings.Fields(allowed), pkg) {
				t.Errorf("%s: %s in package %s", fset.Position(n.Pos()), selector(n), pkg)
			}
		}
		return true
	})
}

func selector(s *ast.SelectorExpr) string {
	if x, ok := s.X.(*ast.Ident); ok {
		return x.Name + "." + s.Sel.Name
	}
	return ""
}

// maxLines bounds a file.
const maxLines = 400

// linesACommand bounds what the command line has for each command, all that they share
// counted in: what it takes to say what a command's flags are and mean together.
const linesACommand = 217

// TestSizes holds the house's measures: files of at most 400 lines, the command line of
// at most 217 a command, no package of more than 15 % of the whole. Lines of tests do not
// count, nor those that a program has written.
func TestSizes(t *testing.T) {
	root := filepath.Join("..", "..")
	lines := map[string]int{} // by directory
	whole, commands := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		n, generated := countLines(t, path)
		if generated {
			return nil
		}
		if n > maxLines {
			t.Errorf("%s has %d lines, more than %d", path, n, maxLines)
		}
		name, _ := filepath.Rel(root, filepath.Dir(path))
		if filepath.ToSlash(name) == "internal/cli" {
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			commands += bytes.Count(source, []byte("cobra.Command{\n"))
		}
		lines[filepath.ToSlash(name)] += n
		whole += n
		return nil
	})
	if err != nil || whole < 10_000 {
		t.Fatalf("%d lines counted: %v", whole, err)
	}
	if n := lines["internal/cli"]; n > linesACommand*commands {
		t.Errorf("internal/cli has %d lines for %d commands, more than %d each", n, commands, linesACommand)
	}
	for pkg, n := range lines {
		if 100*n > 15*whole {
			t.Errorf("package %s has %d lines of %d", pkg, n, whole)
		}
	}
}

// countLines returns how many lines a file has, and whether a program has written it.
func countLines(t *testing.T, path string) (n int, generated bool) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte("\n")), bytes.HasPrefix(data, []byte("// Code generated"))
}
