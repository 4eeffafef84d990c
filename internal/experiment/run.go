package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
)

// Of measures one thing of images, R, which goes to a record as JSON and comes back as
// it was: floats that may not be finite are text.Ratios.
type Of[R any] interface {
	// Name is the experiment's.
	Name() string
	// Basis is what results depend on beside the network, the image, its class and
	// the seed; JSON tells them apart.
	Basis() any
	// Measure measures one image. Its errors are that image's alone. Several goroutines may
	// call it.
	Measure(ctx context.Context, net *Network, it *Sample) (R, error)
}

// Sample is an image made ready for the network.
type Sample struct {
	Image
	Path    string
	Ordinal int        // among all images, before some were chosen
	Index   int        // among those of the run whose class is known
	Class   int        // the true one, or the one that the run is about
	RNG     *rand.Rand // begins at the seed and Ordinal, whatever was measured before
	Seed    uint64     // of the run

	Width, Height int // of the picture as decoded, before it was resized and cropped, pixels
}

// Record is a line of a file of records.
type Record[R any] struct {
	results.Head
	Model  string       `json:"model"`
	Image  int          `json:"image"`
	Label  *class.Class `json:"label"`
	Result *R           `json:"result,omitempty"`
	Error  string       `json:"error,omitempty"`
}

// Run is an experiment made on some networks: images x networks to results.
type Run[R any] struct {
	Summary
	Of       Of[R] // what is measured
	Chosen   []dataset.Image
	Networks []*Measured[R]
	Saved    *results.File // of the records; nil for none

	Compare string // which networks reports compare; "" for none

	// Known returns the class of an image by its path, class.None where only the truth may
	// know it; nil if nothing is known beside the truth.
	Known func(path string) int
	// Failed is told of each image that failed, but not again of the next network if the
	// reason is the same. NewRun sets one that does nothing.
	Failed func(image dataset.Image, reason string)
	// Step is called after each image of each network. NewRun sets one that does nothing.
	Step func()

	Done int            // images that the run came to, whatever the number of networks
	Bad  map[int]string // ordinals of images that failed, and why

	said map[string]int // of the truth's Unknown: what was reported last
}

// NewRun prepares an experiment on images chosen of all.
func NewRun[R any](x Of[R], seed uint64, chosen []dataset.Image, all int) *Run[R] {
	return &Run[R]{
		Summary: Summary{Experiment: x.Name(), Seed: seed, Images: len(chosen), All: all},
		Of:      x, Chosen: chosen, Bad: map[int]string{},
		Failed: func(dataset.Image, string) {}, Step: func() {},
	}
}

// Basis is what records depend on beside the network.
func (r *Run[R]) Basis() any {
	return struct {
		Experiment string
		Seed       uint64
		Settings   any
	}{r.Of.Name(), r.Seed, r.Of.Basis()}
}

// checkSize refuses images that are too large to be held in float32 several times.
func checkSize(h, w int) error {
	if h*w > pipeline.Large {
		return fmt.Errorf("image of %dx%d pixels is too large for an experiment, which takes at most %d: resize it", w, h, pipeline.Large)
	}
	return nil
}

// Measure puts the images through one of the networks, as many of them at once as passes
// says; workers decode them. If the context ends, it ends without an error.
func (r *Run[R]) Measure(ctx context.Context, m *Measured[R], net *Network, decoder *pipeline.Decoder, workers, passes int) error {
	if ctx.Err() != nil {
		return nil
	}
	decoder.Check = checkSize
	protocol := &results.Protocol[Record[R]]{
		File: r.Saved, Run: m.Run, Decoder: decoder, Workers: workers, Passes: passes, Mismatch: mismatch[R],
		Measure: func(ctx context.Context, t *results.Trial) *Record[R] { return r.record(ctx, m, net, t) },
		Take:    func(t *results.Trial, record *Record[R]) error { r.take(m, t, record); return nil },
	}
	m.Times.Start()
	if err := protocol.Each(ctx, r.trials(m)); ctx.Err() == nil {
		return err
	}
	return nil
}

// trials yields the images with their classes.
func (r *Run[R]) trials(m *Measured[R]) iter.Seq[results.Trial] {
	return func(yield func(results.Trial) bool) {
		labelled := 0
		for i, image := range r.Chosen {
			t := results.Trial{Image: image, Index: i, Labelled: labelled, Class: m.Labels[i]}
			if t.Class != class.None {
				labelled++
			}
			if !yield(t) {
				return
			}
		}
	}
}

// mismatch says why a record is not about the trial; "" if it is.
func mismatch[R any](t *results.Trial, record *Record[R]) string {
	switch {
	case record.Image != t.Ordinal:
		return fmt.Sprintf("%q was image %d, now it is %d", record.Path, record.Image, t.Ordinal)
	case record.Error != "":
		return ""
	case record.Label == nil || record.Label.Index != t.Class:
		return fmt.Sprintf("the class of %q was another", record.Path)
	case record.Result == nil:
		return "it is damaged"
	}
	return ""
}

// record measures one image.
func (r *Run[R]) record(ctx context.Context, m *Measured[R], net *Network, t *results.Trial) *Record[R] {
	record := &Record[R]{Head: results.Head{Path: t.Path, Run: m.Run}, Model: m.Model, Image: t.Ordinal}
	if t.Class != class.None {
		record.Label = &m.Classes[t.Class]
	}
	var err error
	switch {
	case t.Err != nil:
		err = t.Err
	case t.Picture.Err != nil:
		err = t.Picture.Err
	default:
		err = pipeline.Guard(func() (err error) {
			record.Result, err = r.measure(ctx, net, t)
			return err
		})
	}
	if err != nil {
		record.Error = err.Error()
	}
	return record
}

// measure returns what the experiment finds in one image, as its record has it.
func (r *Run[R]) measure(ctx context.Context, net *Network, t *results.Trial) (*R, error) {
	value, err := r.Of.Measure(ctx, net, &Sample{
		Image: ImageOf(t.Picture.Pixels), Path: t.Path, Ordinal: t.Ordinal, Index: t.Labelled, Class: t.Class,
		RNG:  Chance(r.Seed, t.Ordinal),
		Seed: r.Seed, Width: t.Picture.Width, Height: t.Picture.Height,
	})
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, errors.New("encoding JSON: " + err.Error())
	}
	recorded := new(R)
	return recorded, json.Unmarshal(encoded, recorded)
}

// Chance returns the random numbers of an image, by its number among all.
func Chance(seed uint64, ordinal int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(ordinal)+1)) // 0 is that of the choice of images
}

// take counts the record of one image, nil if its class is not known.
func (r *Run[R]) take(m *Measured[R], t *results.Trial, record *Record[R]) {
	defer r.Step()
	m.Times.Add(t, record != nil && record.Error == "")
	r.Done = max(r.Done, t.Index+1)
	switch {
	case record == nil:
		m.Unlabelled++
	case record.Error != "":
		m.Failed++
		if r.Bad[t.Ordinal] != record.Error { // not again for the next network
			r.Failed(t.Image, record.Error)
		}
		r.Bad[t.Ordinal] = record.Error
	default:
		m.Measured++
		m.Results = append(m.Results, Result[R]{t.Path, t.Ordinal, t.Class, *record.Result})
	}
}
