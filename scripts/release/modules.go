package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// A module is code of others in the program: a Go module, or "std".
type module struct {
	path    string
	version string   // "v1.2.3"; of std Go's own, "go1.26.0"
	sum     string   // the module's line in go.sum, "h1:..."; empty for std
	dir     string   // its root on this machine
	within  []string // the directories of its packages that the program uses
}

// linkedModules returns the modules in the program that info describes, by
// path, std last. It must have been built from the working directory's
// ./cmd/bagnet with this version of Go, and the modules must be at hand.
func linkedModules(info *buildinfo.BuildInfo) ([]module, error) {
	if info.GoVersion != runtime.Version() {
		return nil, fmt.Errorf("it was built with %s, but this is %s: build it anew", info.GoVersion, runtime.Version())
	}
	found, err := listModules(setting(info, "GOOS"), setting(info, "GOARCH"))
	if err != nil {
		return nil, err
	}
	var modules []module
	for _, d := range info.Deps {
		m, ok := found[d.Path]
		if !ok || m.version != d.Version || d.Replace != nil {
			return nil, fmt.Errorf("%s %s is in the program, but not in what ./cmd/bagnet needs now: build it anew", d.Path, d.Version)
		}
		m.sum = d.Sum
		modules = append(modules, *m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	root, err := output(nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	dir := strings.TrimSpace(string(root))
	return append(modules, module{path: "std", version: info.GoVersion, dir: dir, within: []string{dir}}), nil
}

// setting is what the program was built with: GOOS, GOARCH, ...
func setting(info *buildinfo.BuildInfo, key string) string {
	i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == key })
	if i < 0 {
		return ""
	}
	return info.Settings[i].Value
}

// listModules returns the modules that ./cmd/bagnet needs on a platform, by path.
func listModules(goos, goarch string) (map[string]*module, error) {
	environment := []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
	list, err := output(environment, "list", "-deps", "-json=Dir,Module", "./cmd/bagnet")
	if err != nil {
		return nil, err
	}
	modules := make(map[string]*module)
	for d := json.NewDecoder(bytes.NewReader(list)); ; {
		var p struct {
			Dir    string
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return modules, nil
		case err != nil:
			return nil, err
		case p.Module == nil || p.Module.Main:
			continue
		}
		m := modules[p.Module.Path]
		if m == nil {
			m = &module{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir}
			modules[m.path] = m
		}
		m.within = append(m.within, p.Dir)
	}
}

// output runs the go command with additions to the environment.
func output(environment []string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("go %s: %s", strings.Join(args, " "), bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}

// above returns dir and the directories above it up to the module's root.
func (m *module) above(dir string) []string {
	dirs := []string{dir}
	for dir != m.dir && strings.HasPrefix(dir, m.dir+string(filepath.Separator)) {
		dir = filepath.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}
