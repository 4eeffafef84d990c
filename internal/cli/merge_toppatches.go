package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/parts"
	"bagnet/internal/terminal"
	"bagnet/internal/toppatches"
)

// mergeTopPatchesOptions are the flags of merge top-patches.
type mergeTopPatchesOptions struct {
	report  topPatchesFlags
	classes []string
	n       int
}

func newMergeTopPatchesCmd(s *terminal.Streams) *cobra.Command {
	o := &mergeTopPatchesOptions{}
	cmd := &cobra.Command{
		Use:   "top-patches [flags] PART...",
		Short: "Make the sheets of top-patches from its shards' parts",
		Long: `Print and draw what 'bagnet top-patches' does of all images, from the parts of its
shards. Parts have the pictures of the patches, so that no image is needed. With
fewer patches or classes than the parts have, the best of these are shown.`,
		Example: `  bagnet top-patches -c all --shard 0/2 --part parts/ imagenette/val
  bagnet top-patches -c all --shard 1/2 --part parts/ imagenette/val
  bagnet merge top-patches -o sheets/ parts/
  bagnet merge top-patches -c tench -n 4 --format json parts/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runMergeTopPatches(cmd.Context(), s, o, args)
		}),
	}
	cmd.Flags().StringArrayVarP(&o.classes, "class", "c", nil, "show the patches of `CLASS`: its number, WordNet id or name (repeatable; default: all that the parts have)")
	cmd.Flags().IntVarP(&o.n, "number", "n", 0, "show `N` patches of each class and group (default: as many as the parts have)")
	o.report.register(cmd)
	return cmd
}

func runMergeTopPatches(ctx context.Context, s *terminal.Streams, o *mergeTopPatchesOptions, args []string) error {
	if err := checkPicture(s, o.report.output, o.report.format.Value); err != nil {
		return err
	}
	set, err := openParts("top-patches", args)
	if err != nil {
		return err
	}
	defer set.Close()
	var about toppatches.About
	counts, err := parts.Read[dataset.Counts](set, &about)
	if err != nil {
		return err
	}
	if about, err = o.choose(s, about); err != nil {
		return err
	}
	r, err := newTopPatchesReport(s, &o.report, about, args, false, dataset.Counted(counts...))
	if err != nil {
		return err
	}
	r.Rank(about.Ranked)
	var t tally
	for _, p := range set {
		if err := r.add(ctx, p, &t); err != nil {
			return err
		}
	}
	if r.Images > 0 {
		if err := r.finish(ctx); err != nil {
			return err
		}
	}
	return t.outcome(ctx, s)
}

// choose leaves the classes and the number of patches that the flags ask for.
func (o *mergeTopPatchesOptions) choose(s *terminal.Streams, about toppatches.About) (toppatches.About, error) {
	switch {
	case o.n < 0 || o.n > about.N:
		return about, usageErrorf("--number %d: want 1 to %d, as many as the parts have", o.n, about.N)
	case o.n > 0:
		about.N = o.n
	}
	if len(o.classes) == 0 || slices.Contains(o.classes, "all") {
		return about, nil
	}
	found, err := findClasses(s, about.Classes, o.classes)
	if err != nil {
		return about, err
	}
	for _, c := range found {
		if !slices.Contains(about.Ranked, c) {
			return about, usageErrorf("--class: the parts have no patches of class %q", class.FirstName(c))
		}
	}
	about.Ranked = found
	return about, nil
}

// add ranks what is in one part.
func (r *topPatchesReport) add(ctx context.Context, p *parts.Part, t *tally) error {
	damage := func(record *toppatches.Record) string { return record.Damage(len(r.About.Classes)) }
	for record, err := range parts.Records(ctx, p, damage) {
		if err != nil {
			return err
		}
		t.done++
		if record.Error != "" {
			if err := t.failure(r.streams, record.Path, record.Error, r.flags.format.Value); err != nil {
				return err
			}
			continue
		}
		if err := r.AddFound(record.Path, record.Found); err != nil {
			return p.Damaged(err.Error())
		}
	}
	return nil
}
