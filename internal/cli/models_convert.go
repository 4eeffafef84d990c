package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/network"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// convertOptions are the flags of models convert.
type convertOptions struct {
	dtype         flagvalue.Choice
	classes       string
	preprocessing preprocessingFlags
	name          string
	source        string
	license       string
	strides       []int
	weights       string
}

func newModelsConvertCmd(s *terminal.Streams) *cobra.Command {
	o := &convertOptions{}
	cmd := &cobra.Command{
		Use:   "convert IN OUT.safetensors",
		Short: "Write a checkpoint as safetensors, with its classes and preprocessing",
		Long: `Write the weights of IN, a checkpoint file or a model that is embedded or was
downloaded, to OUT.safetensors, together with what a bare checkpoint lacks: the
names of its classes and how images are prepared for it. What is not given by a
flag is taken from IN where it is known, else from ImageNet. Tensors get
torchvision's names, whatever IN calls them. --name is what every command then
calls the model; without it, that is the name of the file.

Where IN has several networks, such as weights averaged over training steps
beside the raw ones, --weights says which: by the key of their dict or the prefix
of their names, as the error or warning lists them. The file remembers it.

--dtype f16 or bf16 halves the file; vectors (BatchNorm, biases) stay in
float32. The original authors' checkpoints have layers with very small weights
that half precision ruins: a warning says so.

The strides of a BagNet cannot be told from its weights: 2,2,2,1 is assumed where
nothing says otherwise. --strides 1,2,2,2 says so of a network made like that.`,
		Example: `  bagnet models convert bagnet33 bagnet33.safetensors
  bagnet models convert mine.pth mine.safetensors --dtype f16 --classes mine.txt --resize 160 --crop 160`,
		Args: cobra.ExactArgs(2),
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runModelsConvert(cmd.Context(), s, o, args[0], args[1])
		}),
	}
	registerChoice(cmd, &o.dtype, "dtype", "how to store matrices and convolutions", "f32", "f16", "bf16")
	cmd.Flags().StringVar(&o.classes, "classes", "", "read the names of the classes from `FILE`: one a line, or index, id and label with tabs between")
	cmd.Flags().StringVar(&o.name, "name", "", "what to call the model from then on, kept in the file as `TEXT`")
	cmd.Flags().StringVar(&o.source, "source", "", "where the weights come from, kept in the file as `TEXT`")
	cmd.Flags().StringVar(&o.license, "license", "", "the licence of the weights, kept in the file as `TEXT`")
	cmd.Flags().IntSliceVar(&o.strides, "strides", nil, "a BagNet's strides, which weights do not tell: `S1,S2,S3,S4` of its stages (default that of IN, else 2,2,2,1)")
	cmd.Flags().StringVar(&o.weights, "weights", "", "of several networks in IN, take that under `KEY|PREFIX`")
	o.preprocessing.register(cmd)
	return cmd
}

func runModelsConvert(ctx context.Context, s *terminal.Streams, o *convertOptions, from, to string) error {
	if !strings.EqualFold(filepath.Ext(to), ".safetensors") {
		return usageErrorf("output %q: its name must end in .safetensors", to)
	}
	net, _, err := openFile(ctx, s, from, o.weights, 1)
	if err != nil {
		return err
	}
	defer net.Close()
	metadata, err := o.metadata(net)
	if err != nil {
		return err
	}
	tensors, err := net.Export(o.dtype.Value, func(tensor string, largest float64) {
		s.Warnf("%s: its largest weight is %.1g, too small for %s; results will change, use --dtype f32", tensor, largest, o.dtype.Value)
	})
	if _, ok := errors.AsType[*network.RangeError](err); ok {
		return hint.Add(err, "use --dtype bf16 or f32")
	} else if err != nil {
		return err
	}
	file, err := output.Create(to)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := loader.WriteSafetensors(file, tensors, metadata); err != nil {
		return fmt.Errorf("writing %q: %w", to, text.Reason(err))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	s.Notef("wrote %s", text.Path(to))
	if net.Metadata.Preprocessing == nil && !o.preprocessing.All() {
		s.Notef("model %s says nothing of preprocessing: %s now says %s; --resize, --crop, --interpolation, --mean and --std change it",
			net.Name, text.Path(to), net.Preprocessing)
	}
	return nil
}

// metadata is that of the output: what came with the network, changed as the
// flags say.
func (o *convertOptions) metadata(net *network.Network) (map[string]string, error) {
	m := net.ExportedMetadata(o.weights != "")
	if o.strides != nil {
		if net.BagNet == nil || len(o.strides) != 4 {
			return nil, usageErrorf("--strides %s: want four numbers, of the stages of a BagNet", text.Numbers(", ", o.strides))
		}
		config, err := net.BagNet.Config().WithStrides([4]int(o.strides))
		if err != nil {
			return nil, usageErrorf("--strides: %v", err)
		}
		m.Strides, m.PatchSize = config.Strides, config.PatchSize
	}
	if o.classes != "" {
		classes, err := metadata.ReadLabels("--classes", o.classes, net.Architecture().Classes)
		if err != nil {
			return nil, err
		}
		m.Classes = classes
	}
	preprocessing, err := o.preprocessing.apply(net.Preprocessing)
	if err != nil {
		return nil, err
	}
	m.Preprocessing, net.Preprocessing = &preprocessing, preprocessing
	m.Name, m.Source, m.License = cmp.Or(o.name, m.Name), cmp.Or(o.source, m.Source), cmp.Or(o.license, m.License)
	return m.Text()
}
