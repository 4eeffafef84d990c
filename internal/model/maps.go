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
func (m *Model) Maps(ctx context.Context, img inference.Pixels, o inference.MapOptions) (out inference.Maps, err error) {
	err = m.do(ctx, func(m pass) error {
		out, err = m.maps(ctx, img, o)
		return err
	})
	return out, err
}

func (m pass) maps(ctx context.Context, img inference.Pixels, o inference.MapOptions) (inference.Maps, error) {
	h, w := img.Size()
	if err := m.CheckSize(h, w); err != nil {
		return inference.Maps{}, err
	}
	c := m.config
	if !slices.Contains(m.Strides(), o.Stride) {
		return inference.Maps{}, fmt.Errorf("a map with a stride of %d pixels: this network has %v", o.Stride, m.Strides())
	}
	out := inference.Maps{Grid: c.NativeGrid(h, w)}
	if o.Stride == c.Stride() {
		err := m.nativeMaps(ctx, &out, img, o)
		return out, err
	}
	var err error
	if out.Logits, _, err = m.native(ctx, img, readout{}, nil); err != nil {
		return out, err
	}
	r := chosen(&out, o)
	refine(&out.Grid, o.Stride, h, w)
	if c.Family == "v1" {
		out.Values, err = m.dense(ctx, img, o.Stride, r, o.Progress)
	} else {
		out.Values, err = m.shifted(ctx, img, o.Stride, r, o.Progress)
	}
	return out, err
}

// refine makes the native grid of an h x w image the finer one that contains it.
func refine(g *grid.Grid, stride, h, w int) {
	g.Step, g.Stride = g.Stride/stride, stride
	g.First, g.Origin = g.Origin/stride, g.Origin%stride // 0 of a v2, which pads
	g.Rows, g.Cols = ceil(h-g.Origin, stride), ceil(w-g.Origin, stride)
}

// chosen sets the classes of out, whose logits are known, and returns what to
// read off each patch.
func chosen(out *inference.Maps, o inference.MapOptions) readout {
	if o.Features {
		return readout{features: true}
	}
	out.Choose(&o)
	return readout{classes: out.Classes}
}

// nativeMaps computes logits and maps on the native grid. Where the classes
// depend on the logits, an image that fits in one pass still needs only one:
// its features are kept until the classes are known.
func (m pass) nativeMaps(ctx context.Context, out *inference.Maps, img inference.Pixels, o inference.MapOptions) (err error) {
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
		out.Logits, out.Values, err = m.native(ctx, img, chosen(out, o), o.Progress)
		return err
	}
	features := make([]float32, out.NativeRows*out.NativeCols*m.config.Features())
	out.Logits = make([]float32, m.config.Classes)
	if err := m.runner.Run(ctx, g, img, inference.Whole(img), features, out.Logits); err != nil {
		return err
	}
	chosen(out, o)
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
func (m pass) nativeOfAll(ctx context.Context, out *inference.Maps, img inference.Pixels, o inference.MapOptions) error {
	all := make([]int, m.config.Classes)
	for i := range all {
		all[i] = i
	}
	logits, values, err := m.native(ctx, img, readout{classes: all}, o.Progress)
	if err != nil {
		return err
	}
	out.Logits = logits
	chosen(out, o)
	out.Values = newMap(out.NativeRows, out.NativeCols, len(out.Classes))
	to, from := out.Values.Float32s(), values.Float32s()
	for cell := range out.NativeRows * out.NativeCols {
		for i, class := range out.Classes {
			to[cell*len(out.Classes)+i] = from[cell*len(all)+class]
		}
	}
	return nil
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
