package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/heatmap"
	"bagnet/internal/hint"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/terminal"
)

// mapFlags are those of commands that draw maps of images: how, and where to.
type mapFlags struct {
	output     string
	npy        string
	style      flagvalue.Choice
	colormap   string
	percentile float64
	scale      flagvalue.Scale
	alpha      float64
	zoom       flagvalue.Zoom
	bar        bool
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
	flags.Var(&f.scale, "scale", "the strongest colours stand for this value (default: see --percentile), or for that of all maps of a --figure, which is its default")
	complete(cmd, "scale", cobra.FixedCompletions([]cobra.Completion{"shared"}, cobra.ShellCompDirectiveNoFileComp))
	flags.Float64Var(&f.alpha, "alpha", heatmap.DefaultAlpha, "opacity `A` of the map over the image, 0 to 1 (panel, overlay)")
	flags.Var(&f.zoom, "zoom", "draw each pixel of the image `N` pixels wide and high, or as many as make it large: auto (default: auto in a panel, else 1)")
	complete(cmd, "zoom", cobra.FixedCompletions([]string{"auto", "1", "2", "4"}, cobra.ShellCompDirectiveNoFileComp))
	flags.BoolVar(&f.bar, "bar", false, "draw a colour bar in styles other than panel, too")
	registerChoice(cmd, &f.format, "format", "how to print results", formatText, formatJSON)
	flags.BoolVar(&f.noClobber, "no-clobber", false, noClobberUsage)
}

// check refuses flags that make no sense by themselves.
func (f *mapFlags) check(s *terminal.Streams, given func(flag string) bool) error {
	style := heatmap.Style(f.style.Value)
	switch {
	case given("alpha") && style != heatmap.Panel && style != heatmap.Overlay:
		return hint.Add(usageErrorf("--alpha: style %s lays no map over the image", style), "--style panel and overlay do")
	case given("scale") && f.scale == (flagvalue.Scale{}):
		return usageErrorf("--scale 0: want a number above 0")
	case !(f.percentile > 0 && f.percentile <= 100):
		return usageErrorf("--percentile %v: want more than 0 and at most 100", f.percentile)
	case !(f.scale.Value >= 0 && f.scale.Value < 1e30):
		return usageErrorf("--scale %v: want a number above 0 and below 1e30", f.scale.Value)
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

// maker makes maps by net, and draws them as the flags say.
func (f *mapFlags) maker(net *opened, bar *terminal.Progress) evidence.Maker {
	return evidence.Maker{Net: net.Model, Passes: net.passes, Look: f.drawer(net), Truth: net.trueLabels(), Progress: bar.Tiles}
}

// drawer draws maps of net as the flags say.
func (f *mapFlags) drawer(net *opened) evidence.Drawer {
	return evidence.Drawer{
		Software: "bagnet " + version(), Model: net.Name(), Style: f.style.Value, Colormap: f.colormap, Scale: f.scale.Value, Percentile: f.percentile,
		Alpha: f.alpha, Zoom: int(f.zoom), Bar: f.bar, Format: f.paper.Format,
	}
}

// writer finds the places of maps, several or one; args are the images that were named.
func (f *mapFlags) writer(s *terminal.Streams, bar *terminal.Progress, name string, several bool, args []string) (w *evidence.Writer, err error) {
	w = &evidence.Writer{Replacing: &f.replacing, Out: s.Write, Say: func(shows evidence.Shown) error {
		bar.Hide()
		return printShown(s, shows, f.format)
	}}
	if w.Pictures, err = output.NewPlaces("-o", f.output, name+"."+f.paper.Kind, several, args, paper.Kinds()...); err != nil {
		return nil, err
	}
	if f.npy != "" {
		if w.Arrays, err = output.NewPlaces("--npy", f.npy, ".npy", several, args); err != nil {
			return nil, err
		}
		if !several {
			if err := npy.Check("--npy", f.npy); err != nil {
				return nil, err
			}
		}
	}
	f.replacing.Keep = keeping(f.noClobber)
	return w, f.replacing.CheckFirst(w.Pictures, w.Arrays)
}
