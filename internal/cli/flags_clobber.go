package cli

import (
	"bagnet/internal/output"
	"bagnet/internal/terminal"
)

const noClobberUsage = "keep files that are there already: what would replace them fails"

// keeping is why files that are there already stay, if --no-clobber is set.
func keeping(noClobber bool) string {
	if noClobber {
		return "--no-clobber keeps it"
	}
	return ""
}

// reportReplaced warns of results that showed other images and are replaced.
func reportReplaced(s *terminal.Streams, r *output.Replacing) {
	if what := r.Report(); what != "" {
		s.Warnf("%s (--no-clobber keeps what is there)", what)
	}
}
