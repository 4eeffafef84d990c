package explore

import (
	"context"
	"path/filepath"
	"slices"

	"bagnet"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/text"
)

// Pages makes pages of pictures: one of all of them, or one of each and an index.
type Pages struct {
	Net        *bagnet.Model
	Begin      Page // as each page begins
	Stride     int  // of the patches
	AllClasses bool // whether a page holds the values of all classes, however large it becomes

	Places    *output.Places
	Replacing *output.Replacing
	Out       func(data []byte) error // takes the page where Places is standard output
	Say       func(Summary) error     // is told of each picture on a page; its errors end the run
	Notice    func(text string)
	// Progress begins to show how far a picture has come. It returns what is told, and what ends it.
	Progress func() (set func(done, total int), hide func())

	page      *Page // of all pictures; nil if each has its own
	index     *Index
	indexFile string
	ended     bool // standard output is gone
}

// StartIndex begins the index, of that title, of the directory that flag names, and refuses to
// replace a page of something else.
func (r *Pages) StartIndex(flag, title string) error {
	r.indexFile = filepath.Join(r.Places.Directory, "index.html")
	ours, err := output.Holds(r.indexFile, 1<<10, IsIndex)
	if err != nil {
		return err
	}
	if !ours {
		return hint.Refuse("%s: %q is a page of something else; give another directory", flag, r.indexFile)
	}
	r.index = &Index{Title: title, Model: r.Begin.Model}
	return r.Replacing.Check(r.indexFile)
}

// wanted are the classes that a page holds in any case.
func (r *Pages) wanted() []bagnet.Class {
	var all []bagnet.Class
	for _, c := range []*bagnet.Class{r.Begin.Class, r.Begin.Versus} {
		if c != nil && !slices.Contains(all, *c) {
			all = append(all, *c)
		}
	}
	return all
}

// Measure computes the patches of one picture for the classes that its page has.
func (r *Pages) Measure(ctx context.Context, p pipeline.Picture) (*bagnet.Patches, error) {
	var refused error
	set, hide := r.Progress()
	defer hide()
	patches, err := r.Net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Stride: r.Stride, Progress: set, Choose: func(a bagnet.Answer) (classes []bagnet.Class) {
		classes, refused = Choose(a, p.Pixels.Size(), r.Stride, r.AllClasses, r.wanted()...)
		return classes
	}})
	if refused != nil {
		return nil, refused
	}
	return patches, err
}

// Take puts one picture on its page.
func (r *Pages) Take(p pipeline.Picture, patches *bagnet.Patches) error {
	page := r.page
	if page == nil {
		begun := r.Begin
		page = &begun
	}
	if err := page.Add(filepath.Base(p.Path), p.Pixels.Picture(), patches); err != nil {
		return err
	}
	x := NewSummary(p.Path, patches, r.Begin.Total, r.Places.NextOf(p.Path))
	if r.Places.File != "" {
		if r.page = page; x.Output == "-" {
			return nil
		}
		return r.say(x)
	}
	data, err := page.HTML()
	if err != nil {
		return err
	}
	if err := r.Replacing.Write(x.Output, data); err != nil {
		return err
	}
	if r.index != nil {
		if err := r.index.Add(filepath.Base(p.Path), filepath.Base(x.Output), p.Pixels.Picture(), patches.Answer); err != nil {
			return err
		}
	}
	return r.say(x)
}

// say says what is on a page. An error of it ends the run.
func (r *Pages) say(x Summary) error {
	err := r.Say(x)
	r.ended = err != nil
	return pipeline.Ending(err)
}

// Finish writes the page of all pictures, or the index. err is how the run went. If it ended
// early, what there is of them does not replace what an earlier run has made.
func (r *Pages) Finish(ctx context.Context, err error) error {
	file, html := r.Places.File, r.page.HTML
	switch {
	case r.index != nil && r.index.Images() > 0:
		file, html = r.indexFile, r.index.HTML
	case r.page == nil:
		return err
	}
	if early := ctx.Err() != nil || r.ended; early && (file == "-" || output.Exists(file)) {
		if file != "-" {
			r.Notice("interrupted: " + text.Path(file) + " stays as it was")
		}
		return err
	}
	data, failed := html()
	switch {
	case failed != nil:
	case file == "-":
		failed = r.Out(data)
	default:
		failed = r.Replacing.Write(file, data)
	}
	if failed != nil {
		return failed
	}
	if r.index != nil {
		r.Notice("made " + text.Count(r.index.Images(), "page", "pages") + ": see " + text.Path(file))
	}
	return err
}
