package results

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
)

// measuredImage is the record of TestRecording.
type measuredImage struct {
	ImageRecord
	Value int `json:"value"`
}

// TestRecording holds which errors are an image's and which end the run, and that every
// image is told of once, in order.
func TestRecording(t *testing.T) {
	end := errors.New("standard output is gone")
	for _, c := range []struct {
		name  string
		take  func(path string) error
		taken func(path string) error
		want  []string // path: error
		err   error
	}{
		{"all good", nil, nil, []string{"a: ", "b: unreadable", "c: "}, nil},
		{"one is not taken", func(path string) error {
			if path == "a" {
				return errors.New("no room")
			}
			return nil
		}, nil, []string{"a: no room", "b: unreadable", "c: "}, nil},
		{"the run ends", func(path string) error {
			if path == "c" {
				return pipeline.Ending(end)
			}
			return nil
		}, nil, []string{"a: ", "b: unreadable"}, end},
		{"telling ends the run", nil, func(path string) error {
			if path == "b" {
				return end
			}
			return nil
		}, []string{"a: ", "b: unreadable"}, end},
	} {
		var got []string
		r := &Recording[measuredImage, *measuredImage]{
			Mismatch: func(*Trial, *measuredImage) string { return "" },
			Measure: func(_ context.Context, p *pipeline.Picture, record *measuredImage) error {
				if p.Path == "b" {
					t.Errorf("%s: an image that could not be read was measured", c.name)
				}
				return nil
			},
			Take: func(trial *Trial, _ *measuredImage) error {
				if c.take == nil {
					return nil
				}
				return c.take(trial.Path)
			},
			Taken: func(trial *Trial, record *measuredImage) error {
				got = append(got, fmt.Sprintf("%s: %s", trial.Path, record.Error))
				if c.taken == nil {
					return nil
				}
				return c.taken(trial.Path)
			},
		}
		of := newProtocol(t, nil)
		images := []dataset.Image{of.trials[0].Image, {Path: "b", Err: errors.New("unreadable")}, {Path: "c", Data: of.trials[2].Data}}
		err := r.Each(t.Context(), Protocol[measuredImage]{Run: run, Decoder: of.Decoder, Workers: 1, Passes: 1}, slices.Values(images))
		if !slices.Equal(got, c.want) || err != c.err {
			t.Errorf("%s: %q, %v, want %q, %v", c.name, got, err, c.want, c.err)
		}
	}
}
