package cli

import (
	"context"

	"bagnet"
	"bagnet/internal/certificate"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// certifyRun certifies the answers to pictures and draws where they are weakest.
type certifyRun struct {
	streams  *terminal.Streams
	net      *opened
	options  *certifyOptions
	truth    *dataset.Truth
	pictures *output.Places // nil without -o
	bar      *terminal.Progress
}

// certifyEach certifies the answer to each image.
func certifyEach(ctx context.Context, s *terminal.Streams, o *certifyOptions, src *source, truth *dataset.Truth, args []string) error {
	r := &certifyRun{streams: s, net: src.net, options: o, truth: truth, bar: terminal.NewProgress(s, src.inputs.Total)}
	if err := src.sideBySide(s, src.net.info.Strides[0]); err != nil {
		return err
	}
	if err := truth.InOrder(src.inputs.Total, src.inputs.Paths()); err != nil {
		return err
	}
	if o.output != "" {
		var err error
		if r.pictures, err = output.NewPlaces("-o", o.output, ".certificate."+o.paper.Kind, src.inputs.Total != 1, args, paper.Kinds()...); err != nil {
			return err
		}
	}
	o.replacing.Keep = keeping(o.noClobber)
	if err := o.replacing.CheckFirst(r.pictures); err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	if len(o.truth) > 0 {
		defer func() { truth.Report(s.Warnf) }()
	}
	return eachPicture(ctx, s, src, r.bar, jsonFailures(s, o.report.format), r.measure, func(p pipeline.Picture, found *certificate.Image) error { return r.take(ctx, p, found) })
}

// measure certifies the answer to one picture.
func (r *certifyRun) measure(ctx context.Context, p pipeline.Picture) (*certificate.Image, error) {
	return r.options.settings.Certify(ctx, r.net.Model, p.Pixels, nil)
}

// take draws and prints what was found of one picture.
func (r *certifyRun) take(ctx context.Context, p pipeline.Picture, found *certificate.Image) error {
	truth := r.truth.Of(p.Image)
	if err := refusal(r.truth); err != nil && len(r.options.truth) > 0 {
		return pipeline.Ending(err)
	}
	if truth != class.None {
		found.Judge(&r.net.classes[truth])
	}
	c := certificate.Found{Path: p.Path, Image: found}
	if r.pictures != nil {
		if err := r.draw(ctx, p, &c); err != nil || r.options.output == "-" {
			return err
		}
	}
	r.bar.Hide()
	return pipeline.Ending(printShown(r.streams, &c, r.options.report.format))
}

// draw draws the weakest window over the map of the first method's answer.
func (r *certifyRun) draw(ctx context.Context, p pipeline.Picture, c *certificate.Found) error {
	answer := c.Results[0].Answer
	maps, err := r.net.Heatmaps(ctx, p.Pixels, bagnet.Class(answer))
	if err != nil {
		return err
	}
	picture, err := c.Draw(&maps[0], p.Path, p.Fingerprint, r.net.Name(), "bagnet "+version(), r.options.paper.Format)
	if err != nil {
		return err
	}
	if r.options.output == "-" {
		return pipeline.Ending(r.streams.Write(picture))
	}
	replacing := &r.options.replacing
	c.Output = r.pictures.Next(p.Path, answer.Label)
	if err := replacing.Check(c.Output); err != nil {
		return err
	}
	replacing.Note(c.Output, p.Path, p.Fingerprint)
	return replacing.Write(c.Output, picture)
}
