package cli

import (
	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/buildinfo"
	"bagnet/internal/flagvalue"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
)

// scripts/release.sh sets these with -ldflags -X; in other builds they are empty.
var (
	releaseVersion string // as in "1.2.0"
	releaseCommit  string // hexadecimal, with "+dirty" after it if files were changed
)

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
	info := buildinfo.NewProgram(build(), bagnet.Kernels(), library.Name(""))
	if kernel, err := bagnet.DefaultKernel(); err != nil {
		s.Warnf("%s", err)
	} else {
		info.Kernel = &kernel
	}
	if format == formatJSON {
		return writeJSON(s, info)
	}
	return s.Write(info.Text())
}

// version is the version of bagnet, Go's version and the platform.
func version() string { return build().String() }

// build is what is known of this program's build.
func build() buildinfo.Build { return buildinfo.Of(releaseVersion, releaseCommit) }
