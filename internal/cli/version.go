package cli

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/buildinfo"
	"bagnet/internal/flagvalue"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// scripts/release.sh sets these with -ldflags -X; in other builds they are empty.
var (
	releaseVersion string // as in "1.2.0"
	releaseCommit  string // hexadecimal, with "+dirty" after it if files were changed
)

// versionInfo is what version prints as JSON.
type versionInfo struct {
	Version  string   `json:"version"` // "1.2.0", a pseudo-version, or "(devel)" if nothing is known
	Commit   *string  `json:"commit"`  // as releaseCommit; null if unknown
	Go       string   `json:"go"`
	Platform string   `json:"platform"` // "linux/amd64"
	Kernel   *string  `json:"kernel"`   // in use; null if BAGNET_KERNEL asks for one that is not there
	Kernels  []string `json:"kernels"`  // that run on this machine, best first
	Model    string   `json:"model"`    // used when none is named
}

func newVersionCmd(s *terminal.Streams) *cobra.Command {
	var format flagvalue.Choice
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version of bagnet and of the Go it was built with, the platform, the
commit it was built from, the engine's kernel in use with those that run on this
machine, and the model used when none is named.`,
		Example: `  bagnet version
  bagnet version --format json | jq -r .kernel`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(*cobra.Command, []string) error {
			return runVersion(s, format.Value)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print the version", formatText, formatJSON)
	return cmd
}

func runVersion(s *terminal.Streams, format string) error {
	info := versionInfo{
		Go: runtime.Version(), Platform: buildinfo.Platform(),
		Kernels: bagnet.Kernels(), Model: library.Name(""),
	}
	b := build()
	info.Version, info.Commit = b.Version, b.Commit
	if kernel, err := bagnet.DefaultKernel(); err != nil {
		s.Warnf("%s", err)
	} else {
		info.Kernel = &kernel
	}
	if format == formatJSON {
		return writeJSON(s, info)
	}
	return s.Write(info.text())
}

// text is the line of --version, then what else there is, a line each.
func (v versionInfo) text() []byte {
	b := fmt.Appendf(nil, "bagnet %s\n", version())
	b = fmt.Appendf(b, "commit   %s\n", orWord(v.Commit, "unknown"))
	b = fmt.Appendf(b, "kernel   %s (available: %s)\n", orWord(v.Kernel, "none"), strings.Join(v.Kernels, ", "))
	return fmt.Appendf(b, "model    %s\n", text.OneLine(v.Model))
}

func orWord(s *string, word string) string {
	if s == nil {
		return word
	}
	return *s
}

// version is the version of bagnet, Go's version and the platform.
func version() string { return build().String() }

// build is what is known of this program's build.
func build() buildinfo.Build { return buildinfo.Of(releaseVersion, releaseCommit) }
