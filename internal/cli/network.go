package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/model"
	"bagnet/models"
)

// officialFiles are the original authors' checkpoints (MIT licence), trained
// on ImageNet, by the names people know them under.
var officialFiles = map[string]string{
	"bagnet9":  officialBase + "bagnet8-34f4ccd2.pth.tar",
	"bagnet17": officialBase + "bagnet16-105524de.pth.tar",
	"bagnet33": officialBase + "bagnet32-2ddd53ed.pth.tar",
}

const officialBase = "https://bitbucket.org/wielandbrendel/bag-of-feature-pretrained-models/raw/249e8fa82c0913623a807d9d35eeab9da7dcc2a8/"

// network is a model ready to run, with what came with its weights.
type network struct {
	*model.Model
	name          string // as it appears in results
	checkpoint    *loader.Checkpoint
	metadata      modelMetadata
	classes       []loader.Class // one for each output
	named         bool           // classes came with the model or belong to its 1000 outputs
	preprocessing images.Preprocessing
}

// modelName is the model to use when --model says given.
func modelName(given string) string {
	if given != "" {
		return given
	}
	if name := os.Getenv("BAGNET_MODEL"); name != "" {
		return name
	}
	return models.DefaultName
}

// openNetwork reads and builds the model called nameOrPath: an embedded one or
// a file. Every error is a modelError.
func openNetwork(s *streams, nameOrPath string, threads int) (*network, error) {
	start := time.Now()
	n := &network{}
	var err error
	if n.name, n.checkpoint, err = openCheckpoint(nameOrPath); err != nil {
		return nil, err
	}
	if err := n.build(threads); err != nil {
		return nil, modelError(fmt.Errorf("reading model %q: %w", nameOrPath, err))
	}
	if brought := len(n.metadata.classes); brought > 0 && brought != n.Config().Classes {
		s.warnf("model %s: ignoring its list of %s, as it has %d", n.name, count(brought, "class", "classes"), n.Config().Classes)
	}
	for _, w := range n.Warnings() {
		s.warnf("model %s: %s", n.name, w)
	}
	c := n.Config()
	s.detailf("model %s: %s, patches of %d pixels, %s, %.2f M parameters, %s", n.name, c.Family, c.PatchSize,
		count(c.Classes, "class", "classes"), float64(c.Parameters)/1e6, n.checkpoint.Format)
	s.detailf("kernel %s, %s", n.Kernel(), count(threads, "thread", "threads"))
	s.detailf("loading the model took %s", time.Since(start).Round(time.Millisecond))
	return n, nil
}

// openCheckpoint finds the model's weights and the name to show for them.
func openCheckpoint(nameOrPath string) (string, *loader.Checkpoint, error) {
	if data, ok := models.Embedded(nameOrPath); ok {
		c, err := loader.Read(nameOrPath, bytes.NewReader(data), int64(len(data)))
		return nameOrPath, c, wrapModelError(err)
	}
	if err := checkModelFile(nameOrPath); err != nil {
		return "", nil, err
	}
	c, err := loader.Open(nameOrPath)
	return filepath.Base(nameOrPath), c, wrapModelError(err)
}

func wrapModelError(err error) error {
	if err == nil {
		return nil
	}
	return modelError(err)
}

// checkModelFile explains what can be had when there is no model file at path.
func checkModelFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return modelError(fmt.Errorf("opening model %q: it is a directory; give the checkpoint file", path))
	case err == nil:
		return nil
	}
	if url := officialFiles[path]; url != "" && errors.Is(err, fs.ErrNotExist) {
		return withHint(modelError(fmt.Errorf("model %q is not part of this program", path)),
			"its ImageNet weights are at %s ; download that file and give its path", url)
	}
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(path, `/\`) {
		return modelError(fmt.Errorf("opening model %q: %w", path, bareError(err)))
	}
	return withHint(modelError(fmt.Errorf("no model is called %q, and there is no such file", path)),
		"embedded models: %s; or give the path of a checkpoint file", strings.Join(models.EmbeddedNames(), ", "))
}

// build makes the network of its checkpoint. A checkpoint that brings no
// classes or preprocessing gets ImageNet's.
func (n *network) build(threads int) error {
	var err error
	if n.metadata, err = parseMetadata(n.checkpoint.Metadata); err != nil {
		return err
	}
	if n.Model, err = model.New(n.checkpoint, model.Options{Strides: n.metadata.strides, Threads: threads}); err != nil {
		return err
	}
	outputs := n.Config().Classes
	if err := n.metadata.check(n.Config()); err != nil {
		return err
	}
	n.preprocessing = images.ImageNet()
	if n.metadata.preprocessing != nil {
		n.preprocessing = *n.metadata.preprocessing
	}
	switch brought := len(n.metadata.classes); {
	case brought == outputs:
		n.classes, n.named = n.metadata.classes, true
	case brought > 0 && n.checkpoint.Metadata["format"] == metadataFormat:
		return fmt.Errorf("metadata names %s, but the network has %d", count(brought, "class", "classes"), outputs)
	case outputs == 1000:
		n.classes, err = imageNetClasses()
		n.named = true
	default:
		n.classes = loader.PlainClasses(outputs)
	}
	return err
}

// checkStride refuses a --stride that the network does not have.
func (n *network) checkStride(stride int) error {
	if !slices.Contains(n.Strides(), stride) {
		return usageErrorf("--stride %d: this network has %v", stride, n.Strides())
	}
	return nil
}
