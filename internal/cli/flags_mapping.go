package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/experiment/entry"
	"bagnet/internal/hint"
)

// mappingFlag says which entry-level classes there are to decide among.
type mappingFlag struct{ value string }

// What --mapping can be beside a file.
const (
	sixteenClasses = "16"
	eachClass      = "each"
)

// register adds the flag; otherwise says what holds without it.
func (f *mappingFlag) register(cmd *cobra.Command, otherwise string) {
	cmd.Flags().StringVar(&f.value, "mapping", "", "decide among the entry-level classes of Geirhos et al., each class by itself, or those in FILE, lines of class,entry: `16|each|FILE.csv` (default: "+otherwise+")")
	complete(cmd, "mapping", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return []cobra.Completion{sixteenClasses, eachClass}, cobra.ShellCompDirectiveDefault
	})
}

// choose returns what gives the decider its mapping when the first network is there, and
// refuses networks that it is not for. Without the flag these are the 16 classes for a
// network that has members of all, else each class by itself.
func (f *mappingFlag) choose(d *entry.Decider) (func(net *opened) ([]class.Class, error), error) {
	var err error
	switch f.value {
	case "", eachClass:
	case sixteenClasses:
		d.Mapping = entry.Sixteen()
	default:
		if d.Mapping, err = entry.Read(f.value); err != nil {
			return nil, err
		}
	}
	return func(net *opened) ([]class.Class, error) {
		if d.Mapping == nil {
			d.Mapping = entry.Sixteen()
			if f.value == eachClass || !d.Covers(net.classes) {
				d.Mapping = entry.Each(net.Name(), net.classes)
			}
		}
		if _, err := d.Of(net.Name(), net.classes); err != nil {
			return nil, hint.Add(usageErrorf("%w", err), "--mapping FILE.csv says which classes of the networks belong together")
		}
		return d.Classes, nil
	}, nil
}
