// Package buildinfo tells what a program was built from.
package buildinfo

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// A Build is what a program was built from.
type Build struct {
	Version string  // "1.2.0", a pseudo-version, or "(devel)" if nothing is known
	Commit  *string // hexadecimal, with "+dirty" after it if files were changed; nil if unknown
}

// Of returns what a release script has set or, if that is "", what Go recorded.
func Of(releaseVersion, releaseCommit string) Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return of(releaseVersion, releaseCommit, info)
}

func of(releaseVersion, releaseCommit string, recorded *debug.BuildInfo) Build {
	if releaseVersion != "" {
		return Build{releaseVersion, nilIfEmpty(releaseCommit)}
	}
	version := strings.TrimPrefix(recorded.Main.Version, "v")
	if version == "" {
		version = "(devel)"
	}
	settings := make(map[string]string)
	for _, s := range recorded.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision != "" && settings["vcs.modified"] == "true" {
		revision += "+dirty"
	}
	return Build{version, nilIfEmpty(revision)}
}

// String is the version, Go's version and the platform.
func (b Build) String() string {
	return fmt.Sprintf("%s %s %s", b.Version, runtime.Version(), Platform())
}

// Platform is like "linux/amd64".
func Platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

func nilIfEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
