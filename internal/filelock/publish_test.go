package filelock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestPublish syncs the file before it has its final name, and then the
// directory. What cannot be renamed keeps its name.
func TestPublish(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "done")
	f, err := Create(dir, "x-", ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("whole")
	type seen struct {
		name  string
		there bool // the target
	}
	var synced []seen
	OnSync = func(name string) {
		_, err := os.Stat(target)
		synced = append(synced, seen{name, err == nil})
	}
	defer func() { OnSync = nil }()
	if err := Publish(f, target); err != nil {
		t.Fatal(err)
	}
	if want := []seen{{f.Name(), false}, {dir, true}}; !slices.Equal(synced, want) {
		t.Errorf("synced %v, want %v", synced, want)
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "whole" {
		t.Errorf("published %q, %v", data, err)
	}
	f, err = Create(dir, "x-", ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	if err := Publish(f, filepath.Join(dir, "missing", "done")); err == nil {
		t.Error("published in a directory that is not there")
	}
	if _, err := os.Stat(f.Name()); err != nil || f.Close() == nil {
		t.Errorf("the file is not there, or open: %v", err)
	}
}

// TestPublishNew lets two files be finished for one name, which both found free.
func TestPublishNew(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "done")
	for _, contents := range []string{"first", "second"} {
		f, err := Create(dir, "x-", ".tmp")
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(contents)
		err = PublishNew(f, target)
		if first := contents == "first"; first != (err == nil) || !first && !errors.Is(err, fs.ErrExist) {
			t.Errorf("the %s: %v", contents, err)
		}
		if _, statErr := os.Stat(f.Name()); (statErr == nil) != (err != nil) {
			t.Errorf("the %s under its old name: %v", contents, statErr)
		}
		if data, err := os.ReadFile(target); err != nil || string(data) != "first" {
			t.Errorf("published %q, %v", data, err)
		}
	}
}
