package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/library"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/models"
)

// pullOptions are the flags of models pull.
type pullOptions struct {
	force   bool
	offline bool
}

func newModelsPullCmd(s *terminal.Streams) *cobra.Command {
	o := &pullOptions{}
	cmd := &cobra.Command{
		Use:   "pull NAME...",
		Short: "Download models",
		Long: `Download models that 'bagnet models list' calls downloadable, unless they are
there already. They are kept in $XDG_CACHE_HOME/bagnet, or in bagnet in the
user's cache directory where that is not set.

A file gets its name only when its SHA-256 is right; one that is wrong is
deleted. A download that is interrupted goes on where it ended when it is asked
for again. Servers that are busy and connections that break are tried again a
few times.

$BAGNET_MODEL_BASE_URL names a mirror: the directory that holds the files, under
the names they were published with. Proxies are taken from $HTTPS_PROXY,
$HTTP_PROXY and $NO_PROXY.

Exit status: 0 all models are there; 3 some could not be had; 130 interrupted.`,
		Example: `  bagnet models pull bagnet33
  bagnet models pull bagnet9 bagnet17 bagnet33
  BAGNET_MODEL_BASE_URL=http://localhost:8000/bagnets bagnet models pull bagnet33`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return known.Usable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runModelsPull(cmd.Context(), s, o, args)
		}),
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "download even what is there")
	registerOffline(cmd, &o.offline)
	cmd.MarkFlagsMutuallyExclusive("force", "offline")
	return cmd
}

// registerOffline adds the flag that forbids the network.
func registerOffline(cmd *cobra.Command, offline *bool) {
	cmd.Flags().BoolVar(offline, "offline", false, "do not use the network: fail if the model is not there")
}

func runModelsPull(ctx context.Context, s *terminal.Streams, o *pullOptions, names []string) error {
	failed := false
	for _, name := range names {
		err := pullNamed(ctx, s, o, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			explain(s, err)
			failed = true
		}
	}
	if failed {
		return &exitError{code: exitModel}
	}
	return nil
}

func pullNamed(ctx context.Context, s *terminal.Streams, o *pullOptions, name string) error {
	path, downloaded, err := known.PullNamed(ctx, name, o.force, o.offline, pulling(s))
	switch {
	case err != nil:
		return modelError(err)
	case path == "":
		s.Notef("model %s is part of this program: there is nothing to download", name)
	case !downloaded:
		s.Notef("model %s is there already: %s", name, text.Path(path))
	}
	return nil
}

// pulling says on stderr how downloads come on.
func pulling(s *terminal.Streams) func(models.Model) library.Report {
	return func(m models.Model) library.Report {
		bar := &terminal.Download{Streams: s, Name: m.Name}
		return library.Report{Progress: bar.Set, Done: bar.Hide, Notice: func(text string) {
			bar.Hide()
			s.Notef("model %s: %s", m.Name, text)
		}}
	}
}
