package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/certificate"
	"bagnet/internal/dataset"
	"bagnet/internal/parts"
	"bagnet/internal/terminal"
)

func newMergeCertifyCmd(s *terminal.Streams) *cobra.Command {
	o := &certifyFlags{}
	cmd := &cobra.Command{
		Use:   "certify [flags] PART...",
		Short: "Make the summary of certify from its shards' parts",
		Long:  "Print and draw what 'bagnet certify --summary' does of all images, from the parts of its shards.",
		Example: `  bagnet certify --summary --shard 0/2 --part parts/ imagenette/val
  bagnet certify --summary --shard 1/2 --part parts/ imagenette/val
  bagnet merge certify --plot certified.svg parts/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runMergeCertify(cmd.Context(), s, o, args)
		}),
	}
	o.register(cmd)
	return cmd
}

func runMergeCertify(ctx context.Context, s *terminal.Streams, o *certifyFlags, args []string) error {
	set, err := openParts("certify", args)
	if err != nil {
		return err
	}
	defer set.Close()
	var about certificate.About
	counts, err := parts.Read[dataset.Counts](set, &about)
	if err != nil {
		return err
	}
	if err := o.plot.check(args, false, len(about.Settings.Methods)); err != nil {
		return err
	}
	dataset.Counted(counts...).Report(s.Warnf)
	r := certifyReport{labelledReport: labelledReport{streams: s, bar: terminal.NewProgress(s, -1)}, flags: o,
		counts: certificate.NewCounts(about.Settings, about.Classes), about: about}
	defer r.bar.Hide()
	for i, p := range set {
		if err := r.add(ctx, p); err != nil {
			return err
		}
		r.done += counts[i].Unlabelled()
		r.unlabelled += counts[i].Unlabelled()
	}
	r.bar.Hide()
	return r.finish(ctx, func() error { return nil }, r.publish)
}

// add counts the records of one part.
func (r *certifyReport) add(ctx context.Context, p *parts.Part) error {
	for record, err := range parts.Records(ctx, p, r.about.Damage) {
		if err != nil {
			return err
		}
		r.take(record.Path, record)
	}
	return nil
}
