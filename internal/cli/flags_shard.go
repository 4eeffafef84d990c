package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/parts"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// shardFlags say which part of the images a run is about, and where what it finds goes.
type shardFlags struct {
	shard string
	part  string

	chosen dataset.Shard // set by check
}

func (f *shardFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.shard, "shard", "", "take part `I/N` of the images, I from 0, or auto or auto/N for the one that the environment of a job array names")
	cmd.Flags().StringVar(&f.part, "part", "", "write what the shard finds to `FILE|DIR/`; if it is there already, nothing is computed")
}

// check finds out which shard is meant, and where its part goes. extension is that of parts.
func (f *shardFlags) check(extension string) error {
	switch {
	case f.shard == "" && f.part == "":
		return nil
	case f.shard == "":
		return hint.Add(usageErrorf("--part needs --shard: which part of the images is it?"), "--shard 0/1 is all of them")
	case f.part == "":
		return usageErrorf("--shard needs --part: a file, or a directory, for what it finds")
	case f.part == "-":
		return usageErrorf("--part -: give a file or a directory: a part is written whole or not at all")
	}
	var err error
	if rest, auto := strings.CutPrefix(f.shard, "auto"); auto {
		f.chosen, err = dataset.ShardOfJob(rest, os.Getenv)
	} else {
		f.chosen, err = dataset.ParseShard(f.shard)
	}
	if err != nil {
		return usageErrorf("--shard: %w", err)
	}
	if f.part, err = parts.Place(f.part, f.chosen, extension); err != nil {
		return fmt.Errorf("--part: %w", err)
	}
	return nil
}

// refuse refuses a flag, if it is given, that is about all images where a shard is asked for.
func (f *shardFlags) refuse(flag string, given bool) error {
	if f.shard != "" && given {
		return usageErrorf("%s is about all images: give it to 'bagnet merge', with all parts", flag)
	}
	return nil
}

// create starts the shard's part of a command's run. It returns nil if it is there already.
func (f *shardFlags) create(s *terminal.Streams, command, run, names string, about any, force bool) (*parts.Writer, error) {
	head, err := parts.NewHead(command, run, f.chosen, names, about)
	if err != nil {
		return nil, err
	}
	w, err := parts.Create(parts.Flags{Part: "--part", Force: "--force"}, f.part, head, force, func(text string) { s.Notef("%s", text) })
	if err == nil && w == nil {
		s.Notef("shard %v is complete already: %s", f.chosen, text.Path(f.part))
	}
	return w, err
}
