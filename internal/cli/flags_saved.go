package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/output"
	"bagnet/internal/parts"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// savedFlags say where a run keeps what it found of each image: in a file of its own, from
// which a later run goes on, or in a shard's part.
type savedFlags struct {
	resultsFlags
	shardFlags
	kind results.Kind
	file string
}

// register adds the flags of a command; usage is that of the one that names the file.
func (f *savedFlags) register(cmd *cobra.Command, kind results.Kind, usage string) {
	f.kind = kind
	name := kind.Flag[len("--"):]
	cmd.Flags().StringVar(&f.file, name, "", usage)
	complete(cmd, name, cobra.FixedCompletions([]cobra.Completion{"ndjson"}, cobra.ShellCompDirectiveFilterFileExt))
	f.resultsFlags.register(cmd.Flags(), kind.Flag)
	f.shardFlags.register(cmd)
}

// check refuses flags that make no sense by themselves. extension is that of parts.
func (f *savedFlags) check(extension string) error {
	if err := f.shardFlags.check(extension); err != nil {
		return err
	}
	switch {
	case f.part == "":
		return f.resultsFlags.check(f.kind, f.file)
	case f.resume:
		return usageErrorf("--resume is not needed with --part, which goes on with what there is")
	}
	return f.refuse(f.kind.Flag, f.file != "")
}

// saving reports whether anything is kept.
func (f *savedFlags) saving() bool { return f.file != "" || f.part != "" }

// saved is where a run keeps what it found.
type saved struct {
	run  string        // stands in records for what they depend on
	file *results.File // nil if nothing is kept
	part *parts.Writer // that has the file, nil for none
}

// begin starts the file or the part, if there is to be one, of a command's run. settings
// are what records depend on beside the model, and about is what merging wants to know. The
// result is nil if the part is there already.
func (f *savedFlags) begin(ctx context.Context, s *terminal.Streams, src *source, command string, settings, about any) (*saved, error) {
	if !f.saving() {
		return &saved{}, nil
	}
	run, err := src.net.identity(ctx, src.decoder.Options, settings)
	if err != nil {
		return nil, err
	}
	if f.part == "" {
		file, err := f.open(s, f.kind, f.file)
		if err != nil {
			return nil, err
		}
		return &saved{run: run, file: file}, nil
	}
	part, err := f.create(s, command, run, src.inputs.Names, about, f.force)
	if err != nil || part == nil {
		return nil, err
	}
	return &saved{run, part.File, part}, nil
}

// abandon gives up what finish has not put in its place; of a part, what there is is kept.
func (k *saved) abandon() {
	if k.file != nil {
		k.file.Abandon()
	}
}

// finish puts the file or the part in its place. end is what merging wants to know of a
// shard at its end; t counts its images.
func (f *savedFlags) finish(ctx context.Context, s *terminal.Streams, k *saved, t tally, end any) error {
	if k.part == nil {
		return finishResults(k.file, ctx.Err() != nil)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := k.part.Finish(end); err != nil {
		return err
	}
	s.Notef("shard %v has %s: %s", f.chosen, text.Count(t.done, "image", "images"), text.Path(f.part))
	return nil
}

// isThere reports whether the part of a command whose part is its output is there, and says
// so.
func (f *savedFlags) isThere(s *terminal.Streams) bool {
	if f.part == "" || f.force || !output.Exists(f.part) {
		return false
	}
	s.Notef("shard %v is complete already: %s", f.chosen, text.Path(f.part))
	return true
}

// beginOutput is begin for a command whose part is its output: what was found of each
// image stands in a file beside it until it is complete.
func (f *savedFlags) beginOutput(ctx context.Context, s *terminal.Streams, src *source, settings any) (*saved, error) {
	if f.part == "" {
		return f.begin(ctx, s, src, "", settings, nil)
	}
	run, err := src.net.identity(ctx, src.decoder.Options, settings)
	if err != nil {
		return nil, err
	}
	k, path := f.kind, f.part+".records"
	k.Flag, k.Resume = "--part", "the same command"
	resume := !f.force && output.Exists(output.FollowLinks(path)+".part")
	file, err := results.Open(k, path, resume, f.force, func(text string) { s.Notef("%s", text) })
	if err != nil {
		return nil, err
	}
	return &saved{run: run, file: file}, nil
}

// finishOutput puts the part that is an output in its place, or else the file of records.
func (f *savedFlags) finishOutput(ctx context.Context, s *terminal.Streams, k *saved, part *output.File, t tally) error {
	if part == nil {
		return f.finish(ctx, s, k, t, nil)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := part.Commit(); err != nil {
		return err
	}
	s.Notef("shard %v has %s: %s", f.chosen, text.Count(t.done, "image", "images"), text.Path(f.part))
	return k.file.Remove()
}
