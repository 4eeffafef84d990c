package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/fetch"
	"bagnet/internal/hint"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// A cellMap says how much each cell of an image matters to a class of a network.
type cellMap interface {
	// check refuses networks that the map is not for.
	check(net *opened) error
	// values returns a value a cell, of whatever scale, larger where more speaks for
	// the class; nil for the network's true sensitivity.
	values(ctx context.Context, v view) ([]float64, error)
}

// view is what maps are made of.
type view struct {
	subject
	net   *opened
	class int // followed
	cells experiment.Cells
}

// The maps that --map knows by name, and what a BagNet's may begin with.
const (
	mapOcclusion = "occlusion"
	mapRandom    = "random"
	bagnetPrefix = "bagnet:"
)

// newCellMap understands a value of --map.
func newCellMap(ctx context.Context, s *terminal.Streams, o *sensitivityOptions, value string) (cellMap, error) {
	name, forced := strings.CutPrefix(value, bagnetPrefix)
	if info, err := os.Stat(value); !forced && err == nil && info.IsDir() {
		m := &fileMap{directory: value, images: map[string]int{}}
		o.found = append(o.found, m.count)
		return m, nil
	}
	switch value {
	case mapOcclusion:
		return occlusionMap{}, nil
	case mapRandom:
		return randomMap{}, nil
	}
	return openBagnetMap(ctx, s, o, name)
}

// occlusionMap is the network's true sensitivity itself.
type occlusionMap struct{}

func (occlusionMap) check(*opened) error { return nil }

func (occlusionMap) values(context.Context, view) ([]float64, error) { return nil, nil }

// randomMap knows nothing.
type randomMap struct{}

func (randomMap) check(*opened) error { return nil }

func (randomMap) values(_ context.Context, v view) ([]float64, error) {
	values := make([]float64, v.cells.Len())
	for i := range values {
		values[i] = v.rng.Float64()
	}
	return values, nil
}

// bagnetMap is the evidence that a BagNet finds around each cell's pixels.
type bagnetMap struct {
	net    *opened
	stride int
	digest fetch.Digest
}

// openBagnetMap loads the BagNet called name.
func openBagnetMap(ctx context.Context, s *terminal.Streams, o *sensitivityOptions, name string) (*bagnetMap, error) {
	flags := o.model
	flags.model, flags.labels, flags.weights = name, "", ""
	net, err := flags.open(ctx, s, &o.preprocessing)
	if err != nil {
		return nil, hint.Add(err, "--map takes %s, %s, a directory of .npy files, or a BagNet: bagnet:NAME|PATH", mapOcclusion, mapRandom)
	}
	if !net.named() && o.model.labels != "" {
		if err := o.model.label(net); err != nil {
			return nil, err
		}
	}
	if err := net.checkPatches(o.stride); err != nil {
		return nil, err
	}
	if strides := net.info.Strides; net.info.Family == "v1" && o.stride == strides[0] {
		return nil, usageErrorf("--stride %d is that of the native grid, on which model %s says nothing of the image's edges: want one of %v", o.stride, net.Name(), strides[1:])
	}
	m := &bagnetMap{net: net, stride: o.stride}
	if o.records != "" {
		m.digest, err = net.source.Digest(ctx)
	}
	return m, err
}

// check refuses networks that see other pixels than the BagNet, or have classes
// that it has not.
func (m *bagnetMap) check(net *opened) error {
	if own, other := m.net.preprocessing, net.preprocessing; own.Mean != other.Mean || own.Std != other.Std {
		return hint.Add(usageErrorf("--map %s: it was made for pixels normalised with mean %v and deviation %v, model %s for %v and %v",
			m.net.Name(), own.Mean, own.Std, net.Name(), other.Mean, other.Std), "--mean and --std set those of all")
	}
	if _, err := class.MatchClasses(net.Name(), net.classes, m.net.Name(), m.net.classes); err != nil {
		return hint.Add(usageErrorf("--map %s: its classes are not those of model %s: %w", m.net.Name(), net.Name(), err), "name other maps with --map: %s, %s, another BagNet, or a directory of .npy files", mapOcclusion, mapRandom)
	}
	_, err := m.net.suit(net.preprocessing)
	return err
}

func (m *bagnetMap) values(ctx context.Context, v view) ([]float64, error) {
	matched, err := class.MatchClasses(v.net.Name(), v.net.classes, m.net.Name(), m.net.classes)
	if err != nil {
		return nil, err
	}
	p, err := m.net.Patches(ctx, v.Pixels(), &bagnet.PatchOptions{Classes: []bagnet.Class{m.net.Classes()[matched[v.class]]}, Stride: m.stride})
	if err != nil {
		return nil, err
	}
	// The image's sides are multiples of the cells', and these of the stride.
	return v.cells.Means(p.Values.Float32s(), p.Rows, p.Cols), nil
}

// fileMap is a directory of maps that another program has made.
type fileMap struct {
	directory string
	images    map[string]int // how many images of the run have a name, with and without their directory's
}

func (*fileMap) check(*opened) error { return nil }

// count notes the names of all images, one that is listed twice once.
func (m *fileMap) count(all []dataset.Image) {
	seen := make(map[string]bool, len(all))
	for _, image := range all {
		if seen[image.Path] {
			continue
		}
		seen[image.Path] = true
		for _, name := range ownNames(image.Path) {
			m.images[name]++
		}
	}
}

func (m *fileMap) values(_ context.Context, v view) ([]float64, error) {
	var wanted []string
	for _, own := range ownNames(v.path) {
		for _, name := range mapNames(own, v.net.classes[v.class].Label) {
			wanted = append(wanted, name)
			values, rows, cols, err := npy.Open(filepath.Join(m.directory, name), v.cells.CheckMap)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil && m.images[own] > 1 {
				err = fmt.Errorf("map %q may be that of any of %d images called %s: give those maps in directories named after the images' own", filepath.Join(m.directory, name), m.images[own], text.Path(own))
			}
			if err != nil {
				return nil, err
			}
			return v.cells.Means(values, rows, cols), nil
		}
	}
	return nil, fmt.Errorf("there is no map of it in %q: want %s", m.directory, strings.Join(wanted, ", "))
}

// ownNames are what an image is called in a directory of maps: its name below
// that of its own directory, and its name alone.
func ownNames(path string) []string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if whole, err := filepath.Abs(path); err == nil {
		return []string{filepath.Join(filepath.Base(filepath.Dir(whole)), name), name}
	}
	return []string{name}
}

// mapNames are the files that the map of an image called own may be in: without
// its directory's name also with the class, as heatmap --npy writes it.
func mapNames(own, class string) []string {
	if filepath.Base(own) != own {
		return []string{own + ".npy"}
	}
	label, _, _ := strings.Cut(class, ",")
	return []string{own + ".npy", own + "." + output.FileName(label) + ".npy"}
}
