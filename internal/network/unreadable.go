package network

import (
	"errors"
	"slices"
	"strings"

	"bagnet/internal/loader"
	"bagnet/internal/weights"
)

// divide tells tensors that can be read from those that cannot.
func divide(d *loader.Dict, names []string) (readable, unreadable []string) {
	for _, n := range names {
		if d.Problem(n) == nil {
			readable = append(readable, n)
		} else {
			unreadable = append(unreadable, n)
		}
	}
	return readable, unreadable
}

// whyIncomplete says why the tensors own, all behind prefix, are no network:
// because one that it needs cannot be read, or for the reason that those have
// that can.
func whyIncomplete(d *loader.Dict, prefix string, own, unreadable []string, reason error) error {
	if len(unreadable) == 0 {
		return reason
	}
	if canonical, err := recognise(own, prefix, d.Declared); err == nil {
		for _, n := range unreadable {
			if canonical[n] != "" {
				return d.Problem(n)
			}
		}
	}
	var missing *weights.MissingError
	needed := func(n string) bool {
		short := weights.Plain(strings.TrimPrefix(n, prefix))
		return firsts[short] || errors.As(reason, &missing) && (short == missing.Name || strings.HasSuffix(short, "."+missing.Name))
	}
	if i := slices.IndexFunc(unreadable, needed); i >= 0 {
		return d.Problem(unreadable[i])
	}
	return reason
}
