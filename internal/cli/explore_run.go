package cli

import (
	"context"
	"path/filepath"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/explore"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// exploreRun makes pages of pictures: one of all of them, or one of each.
type exploreRun struct {
	streams   *terminal.Streams
	net       *opened
	options   *exploreOptions
	class     *class.Class // shown first; nil for the likeliest
	versus    *class.Class // nil without --versus
	places    *output.Places
	page      *explore.Page // of all pictures; nil if each has its own
	index     *explore.Index
	indexFile string
	bar       *terminal.Progress
	ended     bool // standard output is gone
}

// newPage begins a page.
func (r *exploreRun) newPage() *explore.Page {
	return &explore.Page{
		Title: r.options.title, Model: r.net.Name(), Software: "bagnet " + version(), Outputs: r.net.info.Outputs, Total: len(r.net.classes),
		Class: (*bagnet.Class)(r.class), Versus: (*bagnet.Class)(r.versus),
	}
}

// measure computes the patches of one picture for the classes that its page has.
func (r *exploreRun) measure(ctx context.Context, p pipeline.Picture) (*bagnet.Patches, error) {
	var refused error
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	patches, err := r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Stride: r.options.stride, Progress: bar.Set, Choose: func(a bagnet.Answer) (classes []bagnet.Class) {
		classes, refused = explore.Choose(a, p.Pixels.Size(), r.options.stride, r.options.allClasses, publicClasses(r.wanted())...)
		return classes
	}})
	if refused != nil {
		return nil, refused
	}
	return patches, err
}

// take puts one picture on its page.
func (r *exploreRun) take(p pipeline.Picture, patches *bagnet.Patches) error {
	page := r.page
	if page == nil {
		page = r.newPage()
	}
	if err := page.Add(filepath.Base(p.Path), p.Pixels.Picture(), patches); err != nil {
		return err
	}
	x := explore.NewSummary(p.Path, patches, len(r.net.classes), r.places.NextOf(p.Path))
	if r.places.File != "" {
		if r.page = page; x.Output == "-" {
			return nil
		}
		return r.record(x)
	}
	data, err := page.HTML()
	if err != nil {
		return err
	}
	if err := r.options.replacing.Write(x.Output, data); err != nil {
		return err
	}
	if r.index != nil {
		if err := r.index.Add(filepath.Base(p.Path), filepath.Base(x.Output), p.Pixels.Picture(), patches.Answer); err != nil {
			return err
		}
	}
	return r.record(x)
}

// finish writes the page of all pictures, or the index. err is how the run went. If it ended
// early, what there is of them does not replace what an earlier run has made.
func (r *exploreRun) finish(ctx context.Context, err error) error {
	file, html := r.places.File, r.page.HTML
	switch {
	case r.index != nil && r.index.Images() > 0:
		file, html = r.indexFile, r.index.HTML
	case r.page == nil:
		return err
	}
	if early := ctx.Err() != nil || r.ended; early && (file == "-" || output.Exists(file)) {
		if file != "-" {
			r.streams.Notef("interrupted: %s stays as it was", text.Path(file))
		}
		return err
	}
	data, failed := html()
	switch {
	case failed != nil:
	case file == "-":
		failed = r.streams.Write(data)
	default:
		failed = r.options.replacing.Write(file, data)
	}
	if failed != nil {
		return failed
	}
	if r.index != nil {
		r.streams.Notef("made %s: see %s", text.Count(r.index.Images(), "page", "pages"), text.Path(file))
	}
	return err
}

// record prints what is on a page. An error of it ends the run.
func (r *exploreRun) record(x explore.Summary) error {
	r.bar.Hide()
	var err error
	if r.options.format.Value == formatJSON {
		err = writeJSON(r.streams, x)
	} else {
		err = r.streams.Write([]byte(x.Row()))
	}
	r.ended = err != nil
	return pipeline.Ending(err)
}
