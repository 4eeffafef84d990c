package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCmd(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Print the version of bagnet, of the Go it was built with, and the platform.",
		Args:  cobra.NoArgs,
		RunE: withStatus(func(*cobra.Command, []string) error {
			return s.printf("bagnet %s\n", version())
		}),
	}
}

// version is the module version (or the revision it was built from), Go's
// version and the platform.
func version() string {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return fmt.Sprintf("%s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
