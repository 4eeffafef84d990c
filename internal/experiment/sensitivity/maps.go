package sensitivity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// A Map says how much each cell of an image matters to a class of a network.
type Map interface {
	// Name is what the map is called.
	Name() string
	// Weights stands for what the map is made by beside its name; "" for nothing.
	Weights() string
	// Values returns a value for each of the view's cells, of whatever scale, larger where
	// more speaks for the class; nil for the network's true sensitivity.
	Values(ctx context.Context, v View) ([]float64, error)
}

// A View is what maps are made of.
type View struct {
	*experiment.Sample
	Net   *experiment.Network
	Class int              // followed
	Cells experiment.Cells // of one pixel each, where a value a pixel is wanted
}

// Maps that need nothing but their name.
const (
	OcclusionName = "occlusion"
	RandomName    = "random"
)

// Occlusion is the network's true sensitivity itself.
type Occlusion struct{}

// Name is OcclusionName.
func (Occlusion) Name() string { return OcclusionName }

// Weights is "".
func (Occlusion) Weights() string { return "" }

// Values returns nil: see Map.
func (Occlusion) Values(context.Context, View) ([]float64, error) { return nil, nil }

// Random ranks the cells by chance: what a map must do better than.
type Random struct{}

// Name is RandomName.
func (Random) Name() string { return RandomName }

// Weights is "".
func (Random) Weights() string { return "" }

// Values returns random numbers, the sample's own.
func (Random) Values(_ context.Context, v View) ([]float64, error) {
	values := make([]float64, v.Cells.Len())
	for i := range values {
		values[i] = v.RNG.Float64()
	}
	return values, nil
}

// BagNet is the evidence that a BagNet finds around each cell's pixels.
type BagNet struct {
	Called string // its name on the command line
	Net    *experiment.Network
	Stride int    // of its patches, pixels
	SHA256 string // of its file; may be "" where no records are kept
}

// Name is Called.
func (m *BagNet) Name() string { return m.Called }

// Weights is SHA256.
func (m *BagNet) Weights() string { return m.SHA256 }

// Values returns the mean evidence of the patches around each cell's pixels; a cell of one
// pixel has that of the nearest patch whose centre is not behind it. Classes that the BagNet
// has not are an error.
func (m *BagNet) Values(ctx context.Context, v View) ([]float64, error) {
	matched, err := class.MatchClasses(v.Net.Name, v.Net.Classes, m.Net.Name, m.Net.Classes)
	if err != nil {
		return nil, err
	}
	o := &bagnet.PatchOptions{Classes: []bagnet.Class{bagnet.Class(m.Net.Classes[matched[v.Class]])}, Stride: m.Stride}
	p, err := m.Net.Patches(ctx, v.Pixels(), o)
	if err != nil {
		return nil, err
	}
	// The image's sides are multiples of the cells', and these of the stride.
	return v.Cells.Means(p.Values.Float32s(), p.Rows, p.Cols), nil
}

// Files is a directory of maps that another program has made.
type Files struct {
	directory string
	images    map[string]int // how many images have each of ownNames
}

// NewFiles takes the maps in a directory for all images of a run.
func NewFiles(directory string, all []dataset.Image) *Files {
	m := &Files{directory: directory, images: map[string]int{}}
	m.count(all)
	return m
}

// Name is the directory.
func (m *Files) Name() string { return m.directory }

// Weights is "": the files may change without a record's run noticing.
func (*Files) Weights() string { return "" }

// count notes the names of all images, one that is listed twice once.
func (m *Files) count(all []dataset.Image) {
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

// Values returns the means over cells of the first file that is there. One that does not
// suit the cells, or may be that of another image, is an error.
func (m *Files) Values(_ context.Context, v View) ([]float64, error) {
	var wanted []string
	for _, own := range ownNames(v.Path) {
		for _, name := range mapNames(own, v.Net.Classes[v.Class].Label) {
			wanted = append(wanted, name)
			values, rows, cols, err := npy.Open(filepath.Join(m.directory, name), v.Cells.CheckMap)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil && m.images[own] > 1 {
				err = fmt.Errorf("map %q may be that of any of %d images called %s: give those maps in directories named after the images' own", filepath.Join(m.directory, name), m.images[own], text.Path(own))
			}
			if err != nil {
				return nil, err
			}
			return v.Cells.Means(values, rows, cols), nil
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
