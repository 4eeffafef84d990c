package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

var made = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// writeTree writes files below dir, given by slash-separated paths.
func writeTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, contents := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// stage is a directory to be packed; the files have other times and modes each time.
func stage(t *testing.T, when time.Time, mode fs.FileMode) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bagnet-1.0.0")
	writeTree(t, dir, map[string]string{"bagnet": "program", "README.md": "read", "man/bagnet.1": "page", "licenses/std/LICENSE": "terms"})
	for _, name := range []string{"bagnet", "README.md"} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const wantListing = `-rw-r--r-- bagnet-1.0.0/README.md 2026-11-01T12:00:00Z read
-rwxr-xr-x bagnet-1.0.0/bagnet 2026-11-01T12:00:00Z program
-rw-r--r-- bagnet-1.0.0/licenses/std/LICENSE 2026-11-01T12:00:00Z terms
-rw-r--r-- bagnet-1.0.0/man/bagnet.1 2026-11-01T12:00:00Z page
`

func listTarball(t *testing.T, data []byte) string {
	compressed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for r := tar.NewReader(compressed); ; {
		h, err := r.Next()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%s has an owner", h.Name)
		}
		listFile(t, &b, h.FileInfo().Mode(), h.Name, h.ModTime, r)
	}
}

func listZip(t *testing.T, data []byte) string {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range r.File {
		contents, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		listFile(t, &b, f.Mode(), f.Name, f.Modified, contents)
	}
	return b.String()
}

func listFile(t *testing.T, b *strings.Builder, mode fs.FileMode, name string, modified time.Time, r io.Reader) {
	contents, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(mode.String() + " " + name + " " + modified.UTC().Format(time.RFC3339) + " " + string(contents) + "\n")
}

// Archives hold the files and nothing of the machine they were packed on.
func TestArchives(t *testing.T) {
	for _, c := range []struct {
		name   string
		format func(io.Writer, time.Time) archiver
		list   func(*testing.T, []byte) string
	}{
		{"tar.gz", newTarball, listTarball},
		{"zip", newZip, listZip},
	} {
		var archives [2][]byte
		for i, dir := range []string{stage(t, made.Add(time.Hour), 0o600), stage(t, made.Add(-99*time.Hour), 0o755)} {
			file := filepath.Join(t.TempDir(), "archive")
			if err := writeArchive(file, dir, made, c.format); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			var err error
			if archives[i], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(archives[0], archives[1]) {
			t.Errorf("%s: two archives of the same files differ", c.name)
		}
		if got := c.list(t, archives[0]); got != wantListing {
			t.Errorf("%s holds\n%swant\n%s", c.name, got, wantListing)
		}
	}
	file := filepath.Join(t.TempDir(), "archive")
	if err := writeArchive(file, filepath.Join(t.TempDir(), "nowhere"), made, newZip); err == nil {
		t.Error("a directory that is not there was packed")
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("an unfinished archive was left behind")
	}
}

const (
	mit  = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software"
	bsd2 = "Redistribution and use in source and binary\n  forms, with or without modification"
	bsd3 = bsd2 + " ... Neither the name of X nor"
)

func TestExpression(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		want  string // or part of the error
	}{
		{map[string]string{"LICENSE": mit}, "MIT"},
		{map[string]string{"LICENCE.md": bsd2, "PATENTS": "Neither the name of"}, "BSD-2-Clause"},
		{map[string]string{"license.txt": bsd3}, "BSD-3-Clause"},
		{map[string]string{"LICENSE": "Apache License\n   Version 2.0, January 2004", "NOTICE": mit}, "Apache-2.0"},
		{map[string]string{"LICENSE": mit + " or Apache License, Version 2.0"}, "Apache-2.0 AND MIT"},
		{map[string]string{"LICENSE": "all rights reserved"}, "x v1.0.0 has a licence that is not known here"},
		{map[string]string{"README": mit}, "x v1.0.0 has no licence file"},
	} {
		dir := t.TempDir()
		writeTree(t, dir, c.files)
		m := module{path: "x", version: "v1.0.0", dir: dir, within: []string{dir}}
		got, err := m.expression()
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %s, want %s", c.files, got, c.want)
		}
	}
}

// The terms of a module are those above its packages in use, not those of others.
func TestWriteLicences(t *testing.T) {
	root := t.TempDir()
	writeTree(t, root, map[string]string{
		"LICENSE": mit, "NOTICE": "n", "license.go": "package x", "README.md": "no",
		"THIRD_PARTY_LICENSES/Sun": "s", "used/COPYING": "c", "used/deep/code.go": "", "unused/LICENSE": "u",
	})
	m := module{path: "example.org/x", version: "v1.0.0", dir: root, within: []string{filepath.Join(root, "used", "deep"), root}}
	dir := filepath.Join(t.TempDir(), "licenses")
	if err := writeLicences(dir, []module{m}); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			relative, _ := filepath.Rel(dir, path)
			got = append(got, filepath.ToSlash(relative))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "NOTICES.txt example.org/x/LICENSE example.org/x/NOTICE example.org/x/THIRD_PARTY_LICENSES/Sun example.org/x/used/COPYING"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestBillOfMaterials(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, map[string]string{"bagnet": "program", "mod/LICENSE": mit})
	root := filepath.Join(dir, "mod")
	info := &buildinfo.BuildInfo{GoVersion: "go1.26.0", Settings: []debug.BuildSetting{{Key: "GOOS", Value: "plan9"}, {Key: "GOARCH", Value: "arm"}}}
	text, err := billOfMaterials("1.0.0", made, filepath.Join(dir, "bagnet"), info, []module{
		{path: "example.org/x", version: "v2.0.0+incompatible", sum: "h1:abc=", dir: root, within: []string{root}},
		{path: "std", version: "go1.26.0", dir: root, within: []string{root}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var bill billJSON
	if err := json.Unmarshal(text, &bill); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("program"))
	program := bill.Metadata.Component
	if bill.Format != "CycloneDX" || bill.SpecVersion != "1.6" || bill.Metadata.Timestamp != "2026-11-01T12:00:00Z" ||
		program.Version != "1.0.0" || program.Hashes[0].Content != hex.EncodeToString(sum[:]) {
		t.Errorf("the document begins %+v", bill.Metadata)
	}
	var got []string
	for _, c := range bill.Components {
		got = append(got, c.Type+" "+c.Ref+" "+c.Version+" "+c.Licences[0].Expression)
	}
	want := []string{
		"machine-learning-model model:bagnet33-imagenette  MIT",
		"machine-learning-model model:bagnet17-imagenette  MIT",
		"machine-learning-model model:bagnet9-imagenette  MIT",
		"library pkg:golang/example.org/x@v2.0.0%2Bincompatible v2.0.0+incompatible MIT",
		"library pkg:golang/std@1.26.0 1.26.0 MIT",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("components\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPackWithoutProgram(t *testing.T) {
	dir := t.TempDir()
	if err := pack("1.0.0", made, dir, dir); err == nil || !strings.Contains(err.Error(), "holds no bagnet") {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%d files were left behind", len(entries))
	}
}
