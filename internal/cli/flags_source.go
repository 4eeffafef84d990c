package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// sourceFlags are those of every command that puts images through a network:
// which images, which network, and how the ones are made ready for the other.
type sourceFlags struct {
	inputs        inputFlags
	model         modelFlags
	preprocessing preprocessingFlags
	decode        decodeFlags
}

func (f *sourceFlags) register(cmd *cobra.Command) {
	f.inputs.register(cmd)
	f.model.register(cmd)
	f.preprocessing.register(cmd)
	f.decode.register(cmd)
}

// registerSeveral is register for commands that take several networks, which go to names.
func (f *sourceFlags) registerSeveral(cmd *cobra.Command, names *[]string) {
	f.inputs.register(cmd)
	f.model.registerSeveral(cmd, names)
	f.model.registerLabels(cmd)
	f.preprocessing.register(cmd)
	f.decode.register(cmd)
}

// source is a network and the images to put through it.
type source struct {
	net     *opened
	inputs  *dataset.Images
	decoder *pipeline.Decoder
	threads int // CPUs in all
}

// open finds the images and the network that the flags and the arguments name.
func (f *sourceFlags) open(ctx context.Context, s *terminal.Streams, args []string) (*source, error) {
	options, err := f.decode.options()
	if err != nil {
		return nil, err
	}
	if err := f.model.limitCPUs(); err != nil {
		return nil, err
	}
	in, err := f.inputs.resolve(ctx, s, args)
	if err != nil {
		return nil, err
	}
	net, err := f.model.open(ctx, s, &f.preprocessing)
	if err != nil {
		return nil, err
	}
	return &source{net: net, inputs: in, decoder: net.decoder(options), threads: f.model.threads}, nil
}

// trueLabels are the classes that the names of images' directories say they show.
func (n *opened) trueLabels() *dataset.TrueLabels {
	return dataset.NewTrueLabels(n.classes, n.info.Outputs == 1)
}

// sideBySide lets several passes run at once, if there are several images. stride is that
// of maps, 0 for none.
func (s *source) sideBySide(streams *terminal.Streams, stride int) error {
	err := s.net.sideBySide(streams, s.decoder, s.threads, s.inputs.Total, stride)
	limitMemory(0, s.net.memory)
	return err
}

// pictures yields the images, decoded ahead while the network is busy.
func (s *source) pictures(ctx context.Context) iter.Seq[pipeline.Picture] {
	return s.decoder.Pictures(ctx, s.inputs.Seq, s.threads)
}
