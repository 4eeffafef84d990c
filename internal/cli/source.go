package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"bagnet/internal/terminal"
)

// maxDecoders bounds how many images are decoded at once: each can take
// hundreds of megabytes.
const maxDecoders = 8

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
	net     *network
	inputs  *inputs
	decoder *decoder
}

// open finds the images and the network that the flags and the arguments name.
func (f *sourceFlags) open(ctx context.Context, s *terminal.Streams, args []string) (*source, error) {
	options, err := f.decode.options()
	if err != nil {
		return nil, err
	}
	if err := f.model.check(); err != nil {
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
	return &source{net, in, &decoder{streams: s, options: options, preprocessing: net.preprocessing, checkSize: net.CheckSize}}, nil
}

// pictures yields the images, decoded ahead while the network is busy.
func (s *source) pictures(ctx context.Context, decoders int) iter.Seq[picture] {
	return decodeAhead(ctx, s.inputs.seq, s.decoders(decoders), s.decoder.decode)
}

// decoders is how many decoders to use if there is work for that many. Where each
// image takes the network long, one keeps up and spares memory.
func (s *source) decoders(most int) int {
	if w, h, fixed := s.decoder.preprocessing.FixedSize(); !fixed || w*h > largeImage {
		return 1
	}
	return min(most, maxDecoders)
}
