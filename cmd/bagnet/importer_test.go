package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramThatImports builds somebody else's program, which opens a file and has no
// weights in it. Most of it is Gorgonia's.
func TestProgramThatImports(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}}\n{{.Dir}}\n{{.GoVersion}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	module := strings.Split(strings.TrimSpace(string(out)), "\n")
	path, root := module[0], module[1]
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", fmt.Sprintf("module example\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %[2]s => %[3]q\n", module[2], path, root))
	write("main.go", fmt.Sprintf(`package main

import (
	"context"
	"fmt"
	"image"
	"os"

	%q
)

func main() {
	m, err := bagnet.Open(os.Args[1], nil)
	if err != nil {
		panic(err)
	}
	img, err := m.Prepare(image.NewGray(image.Rect(0, 0, 99, 99)))
	if err != nil {
		panic(err)
	}
	maps, err := m.Heatmaps(context.Background(), img)
	if err != nil {
		panic(err)
	}
	drawn, err := maps[0].Draw(nil)
	fmt.Println(m.Info().Patch, drawn.Bounds().Empty(), err)
}
`, path))
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	program := filepath.Join(dir, "example.exe")
	run("go", "build", "-ldflags", "-s -w", "-o", program)
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 15<<20 {
		t.Errorf("the program has %.1f MB, more than 15", float64(info.Size())/(1<<20))
	}
	t.Logf("%d bytes", info.Size())
	if said := run(program, filepath.Join(root, "internal", "model", "testdata", "v1-q17.safetensors")); said != "17 false <nil>\n" {
		t.Errorf("it says %q", said)
	}
}
