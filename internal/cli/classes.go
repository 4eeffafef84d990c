package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// findClasses returns the classes that the values of --class mean, each once.
func findClasses(s *terminal.Streams, classes []class.Class, queries []string) ([]class.Class, error) {
	return findNamed(s, "--class", classes, queries)
}

// findNamed returns the classes that the values of a flag mean, each once. It
// says so if one is the label of a class and the number of another.
func findNamed(s *terminal.Streams, flag string, classes []class.Class, queries []string) ([]class.Class, error) {
	found, warning, err := class.FindEach(flag, classes, queries)
	if warning != "" {
		s.Warnf("%s", warning)
	}
	return found, err
}

// findVersus returns the class that --versus names, which others are compared with; nil for none.
func findVersus(s *terminal.Streams, classes []class.Class, query string, others []class.Class) (*class.Class, error) {
	if query == "" {
		return nil, nil
	}
	found, err := findNamed(s, "--versus", classes, []string{query})
	if err != nil {
		return nil, err
	}
	if slices.Contains(others, found[0]) {
		return nil, usageErrorf("--versus: class %q cannot be compared with itself", text.OneLine(found[0].Label))
	}
	return &found[0], nil
}

// completeClass offers the names of the classes of the model that f names.
func completeClass(f *modelFlags) cobra.CompletionFunc {
	return completeFrom(f, func(net *opened) (names []string) {
		for _, c := range net.classes {
			names = append(names, text.OneLine(class.FirstName(c)))
		}
		return names
	})
}

// completeClassOfFirst is completeClass for the first of several networks that are named.
func completeClassOfFirst(f *modelFlags, networks *[]string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		first := *f
		if len(*networks) > 0 {
			first.model = (*networks)[0]
		}
		return completeClass(&first)(cmd, args, begun)
	}
}

// completeFrom offers names that the model has, which f names.
func completeFrom(f *modelFlags, names func(*opened) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		net, err := openModel(cmd.Context(), library.Name(f.model), f.weights, 1)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(net), cobra.ShellCompDirectiveNoFileComp
	}
}
