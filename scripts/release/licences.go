package main

import (
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// notices says what else is in the program that others made, and under which terms.
//
//go:embed notices.txt
var notices []byte

// licenceName matches the files, and directories of files, that a project
// keeps its terms in.
var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|third[-_]party)`)

// named lists files with terms of their own that go by another name.
var named = map[string][]string{
	"golang.org/x/image": {"font/gofont/ttfs/README"}, // the typeface of the pictures' text
}

// licenceFiles returns the files with the terms of the packages that the program
// uses: relative slash-separated paths and contents. A module without any is an
// error.
func (m *module) licenceFiles() (map[string][]byte, error) {
	files := make(map[string][]byte)
	add := func(path string) error {
		relative, err := filepath.Rel(m.dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(relative)], err = os.ReadFile(path)
		return err
	}
	seen := make(map[string]bool)
	for _, within := range m.within {
		for _, dir := range m.above(within) {
			if seen[dir] {
				continue
			}
			seen[dir] = true
			paths, err := termsIn(dir)
			if err != nil {
				return nil, err
			}
			for _, path := range paths {
				if err := add(path); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s %s has no licence file: it cannot be shipped", m.path, m.version)
	}
	for _, path := range named[m.path] {
		if err := add(filepath.Join(m.dir, filepath.FromSlash(path))); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// termsIn returns the paths of the files in dir that hold terms, and of all
// files in directories of that name. Go sources are none.
func termsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case !licenceName.MatchString(e.Name()) || filepath.Ext(path) == ".go":
		case e.Type().IsRegular():
			paths = append(paths, path)
		case e.IsDir():
			inside, err := os.ReadDir(path)
			if err != nil {
				return nil, err
			}
			for _, f := range inside {
				if f.Type().IsRegular() && filepath.Ext(f.Name()) != ".go" {
					paths = append(paths, filepath.Join(path, f.Name()))
				}
			}
		}
	}
	return paths, nil
}

// writeLicences writes the terms of all modules into the new directory dir, each
// module's below its path, and the notices beside them.
func writeLicences(dir string, modules []module) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	for _, m := range modules {
		files, err := m.licenceFiles()
		if err != nil {
			return err
		}
		for name, contents := range files {
			path := filepath.Join(dir, filepath.FromSlash(m.path), filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(path, contents, 0o666); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "NOTICES.txt"), notices, 0o666)
}

// texts are words that each licence we know has and no other, spaces and line
// breaks being one space, by SPDX identifier.
var texts = map[string]*regexp.Regexp{
	"Apache-2.0":              regexp.MustCompile(`Apache License,? Version 2\.0`),
	"BSD-2-Clause":            regexp.MustCompile(`Redistribution and use in source and binary forms`),
	"BSD-3-Clause":            regexp.MustCompile(`Neither the names? of`),
	"CC-BY-4.0":               regexp.MustCompile(`^Creative Commons Attribution 4\.0 International Public License`),
	"FTL OR GPL-2.0-or-later": regexp.MustCompile(`The FreeType License, which is similar to the original BSD license`),
	"MIT":                     regexp.MustCompile(`Permission is hereby granted, free of charge, to any person obtaining a copy of this software`),
}

// expression returns the SPDX expression of the licences that a module's main
// licence file states. One that it does not know is an error: somebody must look.
func (m *module) expression() (string, error) {
	files, err := m.licenceFiles()
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasPrefix(strings.ToUpper(name), "LICEN") || strings.Contains(name, "/") {
			continue
		}
		var ids []string
		text := strings.Join(strings.Fields(string(files[name])), " ")
		for _, id := range slices.Sorted(maps.Keys(texts)) {
			if texts[id].MatchString(text) {
				ids = append(ids, id)
			}
		}
		if slices.Contains(ids, "BSD-3-Clause") { // it has all words of the other
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == "BSD-2-Clause" })
		}
		if len(ids) > 0 {
			return strings.Join(ids, " AND "), nil
		}
	}
	return "", fmt.Errorf("%s %s has a licence that is not known here: read it, then add it to scripts/release/licences.go", m.path, m.version)
}
