package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/heatmap"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/paper"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// figureFlags are those of commands that can draw the maps of several images as one figure.
type figureFlags struct {
	figure   string
	titles   flagvalue.Choice
	networks []string // as --model names them
}

// register adds the flags; columns says what a figure has columns of.
func (f *figureFlags) register(cmd *cobra.Command, columns string) {
	cmd.Flags().StringVar(&f.figure, "figure", "", "draw all maps on one scale in `FILE`, .png, .svg or .pdf: a row an image, a column a class"+columns)
	registerChoice(cmd, &f.titles, "titles", "what --figure writes: heads, files' names and logits; the same with letters for names; or nothing", evidence.Names, evidence.Letters, evidence.None)
	complete(cmd, "figure", cobra.FixedCompletions(paper.Kinds(), cobra.ShellCompDirectiveFilterFileExt))
}

// checkFigure refuses flags that make no sense with --figure, or without it. There are so
// many classes and methods.
func (f *figureFlags) checkFigure(m *mapFlags, given func(flag string) bool, args []string, classes, methods int) error {
	if len(f.networks) == 0 {
		f.networks = []string{""}
	}
	several := min(len(f.networks), 2) + min(methods, 2)
	switch {
	case f.figure == "" && (several > 2 || given("titles") || m.scale.Shared):
		return hint.Add(usageErrorf("several networks, several methods, --titles and --scale shared are for figures"), "give --figure FILE.png, or run it once for each")
	case f.figure == "":
		return nil
	case several > 3 || several > 2 && classes > 1:
		return hint.Add(usageErrorf("--figure: its columns are classes, networks or methods, not two of these"), "make a figure for each")
	case given("output") || given("npy") || given("as"):
		return usageErrorf("--figure is the one file that is written: leave out --output, --as and --npy")
	case given("zoom") || given("bar"):
		return usageErrorf("--figure has a bar, and its own size: leave out --zoom and --bar (--width and --dpi are for print)")
	case given("scale") && methods > 1:
		return usageErrorf("--scale with several methods: each has a unit and a scale of its own")
	case given("style") && m.style.Value == string(heatmap.Panel):
		return usageErrorf("--style panel: want heatmap, overlay or edges in a figure")
	}
	if !given("style") {
		m.style.Value = string(heatmap.Heatmap)
	}
	if given("alpha") && m.style.Value != string(heatmap.Overlay) {
		return usageErrorf("--alpha is for --style overlay in a figure")
	}
	if err := m.paper.check(f.figure); err != nil {
		return err
	}
	m.replacing.Sheets, m.replacing.Keep = true, keeping(m.noClobber)
	if err := m.replacing.Check(f.figure); err != nil {
		return err
	}
	return output.Check("--figure", []string{f.figure}, paper.Kinds(), args)
}

// cellsOf makes the maps of a picture.
type cellsOf func(context.Context, pipeline.Picture) ([]*evidence.Cell, error)

// figureRun draws the maps of several images as one figure.
type figureRun struct {
	evidence.Figure
	streams *terminal.Streams
	bar     *terminal.Progress
	file    string
	maps    *mapFlags
	source  *sourceFlags
	classes []class.Class // of the first network, that --class names
	// prepare says how the network of a source makes maps, or that it cannot.
	prepare func(src *source) (cellsOf, error)
}

// figureRun is a run of commands with these flags, for so many classes and methods.
func (f *figureFlags) figureRun(s *terminal.Streams, m *mapFlags, source *sourceFlags, classes, methods int) *figureRun {
	r := &figureRun{streams: s, file: f.figure, maps: m, source: source}
	r.Titles, r.Asked = f.titles.Value, classes > 0
	switch {
	case len(f.networks) > 1:
		r.Columns = evidence.Networks
	case methods > 1:
		r.Columns = evidence.Methods
	case classes > 0:
		r.Columns = evidence.Classes
	}
	return r
}

// run puts the images that args name through the networks, one after the other, and draws
// the maps of those of which no network failed.
func (r *figureRun) run(ctx context.Context, args, networks []string) error {
	if len(networks) > 1 && slices.Contains(args, "-") {
		return hint.Add(usageErrorf("an image on standard input is there once, not for each of %d networks", len(networks)), "save it to a file")
	}
	for i, name := range networks {
		if slices.Contains(networks[:i], name) {
			return usageErrorf("--model %s is given twice", text.Path(name))
		}
	}
	if err := checkOneFile(networks, r.source.model.weights); err != nil {
		return err
	}
	sources, all, err := r.open(ctx, args, networks)
	if err != nil {
		return err
	}
	r.Look = r.maps.drawer(sources[0].net)
	measures := make([]cellsOf, len(sources))
	r.bar = terminal.NewProgress(r.streams, len(all)*len(sources))
	for i, src := range sources {
		src.inputs = &dataset.Images{Total: len(all)}
		if measures[i], err = r.prepare(src); err != nil {
			return err
		}
	}
	var failed error
	fail := func(p pipeline.Picture, err error) error { r.Fail(p.Ordinal, p.Path, err); return nil }
	take := func(p pipeline.Picture, cells []*evidence.Cell) error {
		return pipeline.Ending(r.Add(p.Ordinal, p.Path, p.Pixels, cells))
	}
	for i, src := range sources {
		left := slices.DeleteFunc(slices.Clone(all), func(image dataset.Image) bool { return r.Failed(image.Ordinal) })
		if i > 0 && len(left) == 0 {
			break
		}
		src.inputs.Seq = slices.Values(left)
		err := eachPicture(ctx, r.streams, src, r.bar, fail, measures[i], take)
		if err != nil && !errors.Is(err, alreadyReported) {
			return err
		}
		failed = cmp.Or(failed, err)
	}
	return cmp.Or(r.publish(), failed)
}

// open finds the images and opens the networks.
func (r *figureRun) open(ctx context.Context, args, networks []string) (sources []*source, all []dataset.Image, err error) {
	for i, name := range networks {
		flags := *r.source
		flags.model.model, flags.model.weights = name, weightsOf(name, len(networks), flags.model.weights)
		var src *source
		if i == 0 {
			src, err = flags.open(ctx, r.streams, args)
		} else {
			src = &source{threads: sources[0].threads}
			if src.net, err = flags.model.open(ctx, r.streams, &flags.preprocessing); err == nil {
				src.decoder = src.net.decoder(sources[0].decoder.Options)
			}
		}
		if err != nil {
			return nil, nil, err
		}
		sources = append(sources, src)
	}
	all, err = sources[0].inputs.List(ctx)
	return sources, all, err
}

// agree refuses classes that queries mean to a network if a number is among them and means
// another class to the first one.
func (r *figureRun) agree(queries []string, classes []class.Class) error {
	if err := evidence.Agree("--class", queries, r.classes, classes); err != nil {
		return err
	}
	r.classes = classes
	return nil
}

// publish draws the figure and says what it shows.
func (r *figureRun) publish() error {
	file, err := r.Draw()
	if err == nil && file != nil {
		r.maps.replacing.Note(r.file, r.Source(), "")
		err = r.maps.replacing.Write(r.file, file)
		reportReplaced(r.streams, &r.maps.replacing)
	}
	if err != nil {
		return err
	}
	asJSON := r.maps.format.Value == formatJSON
	say := func(c *evidence.Cell) error {
		c.Written(r.file)
		return printShown(r.streams, c, r.maps.format)
	}
	return r.Say(say, func(path string, err error) error {
		if !asJSON {
			return nil
		}
		return writeJSON(r.streams, predictions.NewFailure(path, err))
	})
}
