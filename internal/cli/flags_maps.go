package cli

import (
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/heatmap"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
)

// mapFlags are those of commands that draw maps of images: how, and where to.
type mapFlags struct {
	output     string
	npy        string
	style      flagvalue.Choice
	colormap   string
	percentile float64
	scale      float64
	alpha      float64
	format     flagvalue.Choice
	paper      paperFlags
	replacing  output.Replacing
	noClobber  bool
}

// register makes the flags of a command whose pictures are called NAME.CLASS.kind.png, or .svg
// or .pdf, and whose values have that shape.
func (f *mapFlags) register(cmd *cobra.Command, kind, shape string) {
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "write pictures to `FILE|DIR|-`, .png, .svg or .pdf (default: NAME.CLASS."+kind+".png here)")
	f.paper.register(cmd)
	flags.StringVar(&f.npy, "npy", "", "also write the values to `FILE.npy|DIR` for NumPy: "+shape)
	var styles []string
	for _, style := range heatmap.Styles() {
		styles = append(styles, string(style))
	}
	registerChoice(cmd, &f.style, "style", "how to draw", styles...)
	flags.StringVar(&f.colormap, "colormap", "RdBu_r", "colours from evidence against to evidence for: matplotlib's `NAME`, as RdBu_r, coolwarm or viridis")
	complete(cmd, "colormap", cobra.FixedCompletions(heatmap.ColormapNames(), cobra.ShellCompDirectiveNoFileComp))
	flags.Float64Var(&f.percentile, "percentile", 99, "the strongest colours stand for the value that `P` percent of the map do not exceed")
	flags.Float64Var(&f.scale, "scale", 0, "the strongest colours stand for `VALUE` (default: see --percentile)")
	flags.Float64Var(&f.alpha, "alpha", heatmap.DefaultAlpha, "opacity `A` of the map over the image, 0 to 1")
	registerChoice(cmd, &f.format, "format", "how to print results", formatText, formatJSON)
	flags.BoolVar(&f.noClobber, "no-clobber", false, noClobberUsage)
}

// check refuses flags that make no sense by themselves.
func (f *mapFlags) check(s *terminal.Streams, scaled bool) error {
	switch {
	case scaled && f.scale == 0:
		return usageErrorf("--scale 0: want a number above 0")
	case !(f.percentile > 0 && f.percentile <= 100):
		return usageErrorf("--percentile %v: want more than 0 and at most 100", f.percentile)
	case !(f.scale >= 0 && f.scale < 1e30):
		return usageErrorf("--scale %v: want a number above 0 and below 1e30", f.scale)
	case !(f.alpha >= 0 && f.alpha <= 1):
		return usageErrorf("--alpha %v: want 0 to 1", f.alpha)
	case f.npy == "-":
		return usageErrorf("--npy -: give a file or a directory")
	}
	if err := f.paper.check(f.output); err != nil {
		return err
	}
	if err := checkPicture(s, f.output, f.format.Value); err != nil {
		return err
	}
	if _, err := heatmap.ParseColormap(f.colormap); err != nil {
		return usageErrorf("--colormap: %w", err)
	}
	return nil
}

// drawer draws maps of net as the flags say.
func (f *mapFlags) drawer(net *opened) evidence.Drawer {
	return evidence.Drawer{Software: "bagnet " + version(), Model: net.Name(), Style: f.style.Value, Colormap: f.colormap, Scale: f.scale, Percentile: f.percentile, Alpha: f.alpha, Format: f.paper.Format}
}

// mapWriter writes maps, and says what they show.
type mapWriter struct {
	*mapFlags
	streams  *terminal.Streams
	bar      *terminal.Progress
	pictures *output.Places
	arrays   *output.Places // nil without --npy
}

// writer finds the places of maps, several or one; args are the images that were named.
func (f *mapFlags) writer(s *terminal.Streams, bar *terminal.Progress, name string, several bool, args []string) (w *mapWriter, err error) {
	w = &mapWriter{mapFlags: f, streams: s, bar: bar}
	if w.pictures, err = output.NewPlaces("-o", f.output, name+"."+f.paper.Kind, several, args, paper.Kinds()...); err != nil {
		return nil, err
	}
	if f.npy != "" {
		if w.arrays, err = output.NewPlaces("--npy", f.npy, ".npy", several, args); err != nil {
			return nil, err
		}
		if !several {
			if err := npy.Check("--npy", f.npy); err != nil {
				return nil, err
			}
		}
	}
	f.replacing.Keep = keeping(f.noClobber)
	return w, f.replacing.CheckFirst(w.pictures, w.arrays)
}

// A drawing is one map as it is to be written, or why it could not be drawn: err.
type drawing struct {
	shows      evidence.Shown
	values     []float32
	rows, cols int
	picture    []byte // a file
	err        error
}

// drawn makes the drawings of one picture now, if others are at hand too, else when they are
// asked for.
func (n *opened) drawn(drawings iter.Seq[drawing]) iter.Seq[drawing] {
	if n.passes == 1 {
		return drawings
	}
	return slices.Values(slices.Collect(drawings))
}

// take writes the drawings of one picture.
func (w *mapWriter) take(p pipeline.Picture, drawings iter.Seq[drawing]) error {
	for d := range drawings {
		if d.err != nil {
			return d.err
		}
		if err := w.write(p, d); err != nil {
			return err
		}
	}
	return nil
}

// write writes one map's outputs and says what it shows.
func (w *mapWriter) write(p pipeline.Picture, d drawing) error {
	file, class := w.output, d.shows.Label()
	if w.output != "-" {
		file = w.pictures.Next(p.Path, class)
		if err := w.replacing.Check(file); err != nil {
			return err
		}
	}
	if w.arrays != nil {
		if err := npy.Write(&w.replacing, w.arrays.Next(p.Path, class), d.values, d.rows, d.cols); err != nil {
			return err
		}
	}
	if w.output == "-" {
		return pipeline.Ending(w.streams.Write(d.picture))
	}
	w.replacing.Note(file, p.Path, p.Fingerprint)
	if err := w.replacing.Write(file, d.picture); err != nil {
		return err
	}
	d.shows.Written(file)
	w.bar.Hide()
	switch {
	case w.format.Value == formatJSON:
		return pipeline.Ending(writeJSON(w.streams, d.shows))
	case !terminal.Is(w.streams.Out):
		return pipeline.Ending(w.streams.Write([]byte(d.shows.Row())))
	}
	return pipeline.Ending(w.streams.Write([]byte(d.shows.Text())))
}
