// Gradients writes what parity_gradients.py compares with PyTorch's autograd, and times it: of the image, which is
// taken as it is, the logits, and the gradient of one class's logit at the image or at a layer.
//
//	go run ./scripts/gradients -m MODEL [-c CLASS] [-layer NAME] [-against IMAGE] [-threads N] [-time N] IMAGE OUT.json
//
// OUT.json has logits, [classes]; shape and values of the gradient; activations of the layer; ms and forward, the
// medians of -time passes forwards and backwards, and forwards alone.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"bagnet"
)

// options are the flags.
type options struct {
	model, layer, against string
	class, threads, times int
}

func main() {
	var o options
	flag.StringVar(&o.model, "m", "", "read the network in `FILE`")
	flag.IntVar(&o.class, "c", 0, "of the logit of class `N`")
	flag.StringVar(&o.layer, "layer", "", "at layer `NAME`; the image without")
	flag.StringVar(&o.against, "against", "", "DeepLIFT's multipliers against the image in `FILE`")
	flag.IntVar(&o.threads, "threads", 0, "on `N` CPUs")
	flag.IntVar(&o.times, "time", 0, "time `N` passes")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/gradients -m MODEL [flags] IMAGE OUT.json")
		os.Exit(2)
	}
	if err := o.run(context.Background(), flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintf(os.Stderr, "gradients: %v\n", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context, picture, out string) error {
	m, err := bagnet.Open(o.model, &bagnet.Options{Threads: o.threads})
	if err != nil {
		return err
	}
	p := m.Preprocessing()
	p.Resize, p.Crop = bagnet.Resize{}, 0
	if m, err = m.WithPreprocessing(p); err != nil {
		return err
	}
	img, err := prepared(m, picture)
	if err != nil {
		return err
	}
	which := &bagnet.GradientOptions{Class: bagnet.Class{Index: o.class}, Layer: o.layer}
	if o.against != "" {
		if which.Against, err = prepared(m, o.against); err != nil {
			return err
		}
	}
	g, err := m.Gradient(ctx, img, which)
	if err != nil {
		return err
	}
	result := map[string]any{"logits": g.Answer.Outputs, "shape": []int(g.Values.Shape()), "values": g.Values.Float32s()}
	if g.Layer != nil {
		result["activations"] = g.Layer.Float32s()
	}
	if o.times > 0 {
		result["ms"] = o.median(func() error { _, err := m.Gradient(ctx, img, which); return err })
		result["forward"] = o.median(func() error { _, err := m.Classify(ctx, img); return err })
	}
	data, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return os.WriteFile(out, data, 0o666)
}

// prepared reads an image.
func prepared(m *bagnet.Model, path string) (*bagnet.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	decoded, err := bagnet.Decode(f, nil)
	if err != nil {
		return nil, err
	}
	return m.Prepare(decoded)
}

// median returns the median time of a pass, ms.
func (o *options) median(pass func() error) float64 {
	var ms []float64
	for range o.times {
		start := time.Now()
		if err := pass(); err != nil {
			panic(err) // it has just worked
		}
		ms = append(ms, time.Since(start).Seconds()*1e3)
	}
	slices.Sort(ms)
	return ms[len(ms)/2]
}
