package model

import (
	"context"
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/grid"
	"bagnet/internal/inference"
)

// MapOptions say which maps of patch logits to compute.
type MapOptions struct {
	Classes []int // indices, in the order of the result
	// Choose names the classes when the image's logits are known, if Classes is empty.
	// It and Progress are called during the pass: they may call Release, but must not
	// wait for another pass of the model, which may itself be waiting for this one.
	Choose   func(logits []float32) []int
	Features bool                  // map the patches' features instead of evidence for classes
	Stride   int                   // pixels between neighbouring patches: one of Strides()
	Progress func(done, total int) // called as parts of a large image are done; may be nil
}

// Maps are the patch logits of some classes over an image, or the patches'
// features. Value (i, j) belongs to the patch centred on pixel
// (Origin+i*Stride, Origin+j*Stride).
type Maps struct {
	Logits    []float32     // [classes of the model] of the image: what Logits returns
	Classes   []int         // of Values; nil for features
	Values    *tensor.Dense // [rows, cols, len(Classes) or Config.Features()] float32
	grid.Grid               // where the patches lie
}

// Strides returns the distances between patches that Maps can be asked for,
// the native one first.
func (m *Model) Strides() []int {
	strides := []int{m.config.Stride()}
	for stage := 3; stage >= 0; stage-- {
		last := strides[len(strides)-1]
		if s := m.config.Strides[stage]; s > 1 {
			strides = append(strides, last/s)
		}
	}
	return strides
}

// Maps computes the patch logits of classes on a grid.
//
// At the native stride the patches are those whose mean is the image's logit.
// At finer strides, in a v1 network, the image is framed by (q-1)/2 zeros after
// normalisation: there is a patch centred on every Stride-th pixel from Origin on, which is 0
// for the published patch sizes and otherwise such that those
// that lie within the image have the native grid's values, bit for bit. A v2
// network pads inside: its values at finer strides are the native ones of the
// image without its first rows and columns, shifted by each multiple of Stride
// below the native stride.
func (m *Model) Maps(ctx context.Context, img inference.Pixels, o MapOptions) (out Maps, err error) {
	err = m.do(ctx, func(m pass) error {
		out, err = m.maps(ctx, img, o)
		return err
	})
	return out, err
}

func (m pass) maps(ctx context.Context, img inference.Pixels, o MapOptions) (Maps, error) {
	h, w := img.Size()
	if err := m.CheckSize(h, w); err != nil {
		return Maps{}, err
	}
	c := m.config
	if !slices.Contains(m.Strides(), o.Stride) {
		return Maps{}, fmt.Errorf("a map with a stride of %d pixels: this network has %v", o.Stride, m.Strides())
	}
	out := Maps{Grid: c.NativeGrid(h, w)}
	if o.Stride == c.Stride() {
		err := m.nativeMaps(ctx, &out, img, o)
		return out, err
	}
	var err error
	if out.Logits, _, err = m.native(ctx, img, readout{}, nil); err != nil {
		return out, err
	}
	r := o.choose(&out)
	out.refine(o.Stride, h, w)
	if c.Family == "v1" {
		out.Values, err = m.dense(ctx, img, o.Stride, r, o.Progress)
	} else {
		out.Values, err = m.shifted(ctx, img, o.Stride, r, o.Progress)
	}
	return out, err
}

// refine makes the native grid of an h x w image the finer one that contains it.
func (m *Maps) refine(stride, h, w int) {
	m.Step, m.Stride = m.Stride/stride, stride
	m.First, m.Origin = m.Origin/stride, m.Origin%stride // 0 of a v2, which pads
	m.Rows, m.Cols = ceil(h-m.Origin, stride), ceil(w-m.Origin, stride)
}

// choose sets the classes of out, whose logits are known, and returns what to
// read off each patch.
func (o MapOptions) choose(out *Maps) readout {
	if o.Features {
		return readout{features: true}
	}
	if out.Classes = o.Classes; len(o.Classes) == 0 && o.Choose != nil {
		out.Classes = o.Choose(out.Logits)
	}
	return readout{classes: out.Classes}
}

// nativeMaps computes logits and maps on the native grid. Where the classes
// depend on the logits, an image that fits in one pass still needs only one:
// its features are kept until the classes are known.
func (m pass) nativeMaps(ctx context.Context, out *Maps, img inference.Pixels, o MapOptions) (err error) {
	h, w := img.Size()
	g := m.runner.Graph("features", func() (*engine.Network, []engine.Node) {
		net, x := m.features(m.config.Stride())
		return net, []engine.Node{x, net.Conv(m.convs["fc"], net.Mean(x))}
	})
	fits, err := m.fits(g, h, w)
	if err != nil {
		return err
	}
	known := o.Features || len(o.Classes) > 0
	if !known && !fits && m.config.Classes <= fewClasses {
		return m.nativeOfAll(ctx, out, img, o)
	}
	if known || !fits {
		if !known {
			if out.Logits, _, err = m.native(ctx, img, readout{}, nil); err != nil {
				return err
			}
		}
		out.Logits, out.Values, err = m.native(ctx, img, o.choose(out), o.Progress)
		return err
	}
	features := make([]float32, out.NativeRows*out.NativeCols*m.config.Features())
	out.Logits = make([]float32, m.config.Classes)
	if err := m.runner.Run(ctx, g, img, inference.Whole(img), features, out.Logits); err != nil {
		return err
	}
	o.choose(out)
	rows := m.runner.Graph(fmt.Sprint("rows", out.Classes), func() (*engine.Network, []engine.Node) {
		net, x := engine.NewNetwork(m.runner.Kernel(), m.config.Features())
		net.Group("classifier")
		return net, []engine.Node{net.Conv(m.classifier(out.Classes), x)}
	})
	plan, err := rows.Plan(out.NativeRows, out.NativeCols)
	if err != nil {
		return err
	}
	out.Values = newMap(out.NativeRows, out.NativeCols, len(out.Classes))
	return m.runner.Execute(ctx, plan, features, out.Values.Float32s())
}

// fewClasses is how many classes' maps cost less than a second pass.
const fewClasses = 32

// nativeOfAll computes the maps of all classes, then keeps those chosen.
func (m pass) nativeOfAll(ctx context.Context, out *Maps, img inference.Pixels, o MapOptions) error {
	all := make([]int, m.config.Classes)
	for i := range all {
		all[i] = i
	}
	logits, values, err := m.native(ctx, img, readout{classes: all}, o.Progress)
	if err != nil {
		return err
	}
	out.Logits = logits
	o.choose(out)
	out.Values = newMap(out.NativeRows, out.NativeCols, len(out.Classes))
	to, from := out.Values.Float32s(), values.Float32s()
	for cell := range out.NativeRows * out.NativeCols {
		for i, class := range out.Classes {
			to[cell*len(out.Classes)+i] = from[cell*len(all)+class]
		}
	}
	return nil
}

// NativeMean returns the mean of a class's values over the native grid, in
// float64. It equals the image's logit up to rounding.
func (m Maps) NativeMean(class int) float64 {
	s := m.Values.Shape()
	all, sum := m.Values.Float32s(), 0.0
	for i := range m.NativeRows {
		for j := range m.NativeCols {
			sum += float64(all[((m.First+i*m.Step)*s[1]+m.First+j*m.Step)*s[2]+class])
		}
	}
	return sum / float64(m.NativeRows*m.NativeCols)
}

// dense computes the map of a v1 network at a stride below the native one, by
// dilation, over the image in its frame of zeros.
func (m pass) dense(ctx context.Context, img inference.Pixels, stride int, r readout, progress func(done, total int)) (*tensor.Dense, error) {
	h, w := img.Size()
	g := m.runner.Graph(fmt.Sprint("dense", stride, r), func() (*engine.Network, []engine.Node) {
		net, x := m.features(stride)
		return net, []engine.Node{m.readout(net, x, r)}
	})
	radius := (m.config.PatchSize - 1) / 2
	origin := radius % stride
	grid := tiling{rows: ceil(h-origin, stride), cols: ceil(w-origin, stride), stride: stride, q: m.config.PatchSize, bytes: denseBytes}
	grid.frame = radius - origin
	values := newMap(grid.rows, grid.cols, m.width(r))
	err := m.tiles(ctx, g, grid, img, progress, func(t tile, width int, outs [][]float32) {
		t.paste(values, outs[0], width)
	})
	return values, err
}

// shifted computes the map of a v2 network at a stride below the native one.
func (m pass) shifted(ctx context.Context, img inference.Pixels, stride int, r readout, progress func(done, total int)) (*tensor.Dense, error) {
	h, w := img.Size()
	values := newMap(ceil(h, stride), ceil(w, stride), m.width(r))
	step := m.config.Stride() / stride
	done := 0
	for dy := range step {
		for dx := range step {
			part := window{img, dy * stride, dx * stride}
			if ph, pw := part.Size(); ph < 1 || pw < 1 {
				continue
			}
			_, native, err := m.nativeTiles(ctx, part, r, nil)
			if err != nil {
				return nil, err
			}
			spread(values, native, dy, dx, step)
			if done++; progress != nil {
				progress(done, step*step)
			}
		}
	}
	return values, nil
}

// window is an image without its first rows and columns.
type window struct {
	inference.Pixels
	y, x int
}

func (v window) Size() (h, w int) {
	h, w = v.Pixels.Size()
	return h - v.y, w - v.x
}

func (v window) Read(dst []float32, stride, y, x, h, w int) {
	v.Pixels.Read(dst, stride, y+v.y, x+v.x, h, w)
}

// spread writes a grid to every step-th row and column of values, from (y, x) on.
func spread(values, grid *tensor.Dense, y, x, step int) {
	cols, n := values.Shape()[1], values.Shape()[2]
	s := grid.Shape()
	for i := range s[0] {
		for j := range s[1] {
			copy(values.Float32s()[((y+i*step)*cols+x+j*step)*n:][:n], grid.Float32s()[(i*s[1]+j)*n:])
		}
	}
}

func ceil(a, b int) int { return (a + b - 1) / b }
