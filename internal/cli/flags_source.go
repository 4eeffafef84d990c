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

// source is a network and the images to put through it.
type source struct {
	net     *opened
	inputs  *dataset.Images
	decoder *pipeline.Decoder
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
	return &source{net, in, net.decoder(options)}, nil
}

// pictures yields the images, decoded ahead while the network is busy.
func (s *source) pictures(ctx context.Context, decoders int) iter.Seq[pipeline.Picture] {
	return s.decoder.Pictures(ctx, s.inputs.Seq, decoders)
}
