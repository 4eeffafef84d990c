package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// specimen is an image on its way through a network.
type specimen[R any] struct {
	dataset.Image
	index    int // among all of the run
	labelled int // how many before it have a known class
	class    int
	earlier  *experimentRecord[R] // what an earlier run found
	picture  pipeline.Picture
	end      error // why the run cannot go on
}

// specimens yields the images that have a class, with what the file has on them.
func (r *experimentRun[R]) specimens(m *measured[R], chosen []dataset.Image) iter.Seq[specimen[R]] {
	return func(yield func(specimen[R]) bool) {
		labelled := 0
		for i, c := range chosen {
			sp := specimen[R]{Image: c, index: i, labelled: labelled, class: m.labels[i]}
			if sp.class != class.None {
				labelled++
			}
			if r.saved != nil && (sp.class != class.None || sp.Err != nil) {
				sp.earlier, sp.end = nextResult(r.saved, recordHead{c.Path, m.run}, sp.mismatch)
			}
			if !yield(sp) {
				return
			}
		}
	}
}

// mismatch says why a record is not about the specimen; "" if it is.
func (sp *specimen[R]) mismatch(record *experimentRecord[R]) string {
	switch {
	case record.Image != sp.Ordinal:
		return fmt.Sprintf("%q was image %d, now it is %d", record.Path, record.Image, sp.Ordinal)
	case record.Error != "":
		return ""
	case record.Label == nil || record.Label.Index != sp.class:
		return fmt.Sprintf("the class of %q was another", record.Path)
	case record.Result == nil:
		return "it is damaged"
	}
	return ""
}

// runNetwork puts the images through one network. If the context ends, it ends
// without an error.
func (r *experimentRun[R]) runNetwork(ctx context.Context, m *measured[R], chosen []dataset.Image) error {
	if ctx.Err() != nil {
		return nil
	}
	if m.net == nil {
		if err := r.open(ctx, &terminal.Streams{Err: r.streams.Err, Quiet: true}, m); err != nil {
			return err
		}
	}
	defer func() { m.net = nil }()
	decoder := m.net.decoder(r.decoding)
	decoder.Check = checkMeasurable
	prepare := func(sp specimen[R]) specimen[R] {
		if sp.class != class.None && sp.earlier == nil && sp.end == nil {
			sp.picture = decoder.Decode(sp.Image)
		}
		return sp
	}
	failed := func(err error) specimen[R] { return specimen[R]{end: err} }
	for sp := range pipeline.Ahead(ctx, r.specimens(m, chosen), decoder.Workers(r.options.model.threads), prepare, failed) {
		if err := r.runImage(ctx, m, sp); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		r.bar.Step()
	}
	return nil
}

// checkMeasurable refuses images that are too large to be held in float32 several
// times.
func checkMeasurable(h, w int) error {
	if h*w > pipeline.Large {
		return fmt.Errorf("image of %dx%d pixels is too large for an experiment, which takes at most %d: resize it", w, h, pipeline.Large)
	}
	return nil
}

// runImage measures one image, unless an earlier run has. Its errors are those
// that end the run.
func (r *experimentRun[R]) runImage(ctx context.Context, m *measured[R], sp specimen[R]) error {
	if sp.end != nil {
		return sp.end
	}
	r.done = max(r.done, sp.index+1)
	if sp.class == class.None && sp.Err == nil {
		m.Unlabelled++
		return nil
	}
	record := sp.earlier
	if record == nil {
		value, err := r.measure(ctx, m, sp)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		record = &experimentRecord[R]{recordHead: recordHead{sp.Path, m.run}, Model: m.Model, Image: sp.Ordinal, Result: value}
		if sp.class != class.None {
			record.Label = &m.classes[sp.class]
		}
		if err != nil {
			record.Error = err.Error()
		}
		if r.saved != nil {
			if err := r.saved.append(record); err != nil {
				return err
			}
		}
	}
	if record.Error != "" {
		m.Failed++
		r.complain(sp.Image, record.Error)
		return nil
	}
	m.Measured++
	m.results = append(m.results, result[R]{sp.Path, sp.Ordinal, sp.class, *record.Result})
	return nil
}

// complain says why an image failed, but not again for the next network.
func (r *experimentRun[R]) complain(image dataset.Image, reason string) {
	if r.bad[image.Ordinal] != reason {
		r.bar.Hide()
		r.streams.Errorf("%s: %s", text.Path(image.Path), reason)
	}
	r.bad[image.Ordinal] = reason
}

// measure returns what the experiment finds in one image, as its record has it.
func (r *experimentRun[R]) measure(ctx context.Context, m *measured[R], sp specimen[R]) (*R, error) {
	if sp.Err != nil {
		return nil, sp.Err
	}
	if sp.picture.Err != nil {
		return nil, sp.picture.Err
	}
	img := experiment.ImageOf(sp.picture.Pixels)
	value, err := r.x.measure(ctx, m.net, subject{
		Image: img, path: sp.Path, ordinal: sp.Ordinal, index: sp.labelled, class: sp.class,
		rng: rand.New(rand.NewPCG(r.Seed, uint64(sp.Ordinal)+1)), // 0 is that of --limit
	})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, errors.New("encoding JSON: " + err.Error())
	}
	recorded := new(R)
	return recorded, json.Unmarshal(text, recorded)
}
