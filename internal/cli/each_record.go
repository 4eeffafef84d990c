package cli

import (
	"context"

	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// recording is a run over many images that keeps a record of each, and reports those that
// fail.
type recording[T any, R results.RecordOf[T]] struct {
	results.Recording[T, R]
	streams *terminal.Streams
	source  *source
	saved   *saved
	bar     *terminal.Progress

	// failure is told of an image that failed, after standard error. Its errors end the run.
	failure func(t *results.Trial, record R) error

	tally
}

// run puts the images through the network, or takes up their records. Its errors are
// those that end the run; ctx's is none of them.
func (r *recording[T, R]) run(ctx context.Context) error {
	defer r.bar.Hide()
	r.Taken = r.count
	protocol := results.Protocol[T]{File: r.saved.file, Run: r.saved.run, Decoder: r.source.decoder, Workers: r.source.threads, Passes: r.source.net.passes}
	err := r.Each(ctx, protocol, r.source.inputs.Seq)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// count counts an image that is done, and reports it if it failed.
func (r *recording[T, R]) count(t *results.Trial, record R) error {
	r.done++
	if reason := record.Base().Error; reason != "" {
		r.failed++
		r.bar.Hide()
		r.streams.Errorf("%s: %s", text.Path(t.Path), reason)
		if err := r.failure(t, record); err != nil {
			return err
		}
	}
	r.bar.Step()
	return nil
}
