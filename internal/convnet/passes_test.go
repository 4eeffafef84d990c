package convnet_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"bagnet/internal/convnet"
	"bagnet/internal/inference"
)

// withCPUs sets how many CPUs the test has, whatever the machine has.
func withCPUs(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// jobs are passes of all kinds over one image each, and return what they compute.
func jobs(t *testing.T) []func(n *convnet.Network) ([]float32, error) {
	var list []func(n *convnet.Network) ([]float32, error)
	for i, size := range [][2]int{{64, 75}, {81, 66}, {70, 97}} {
		rng := rand.New(rand.NewPCG(uint64(i), 3))
		noise := filled(0, size[0], size[1], 3)
		for k := range noise.Float32s() {
			noise.Float32s()[k] = float32(rng.NormFloat64())
		}
		img, err := inference.FromTensor(noise)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, func(n *convnet.Network) ([]float32, error) { return n.Classify(t.Context(), img) })
		list = append(list, func(n *convnet.Network) ([]float32, error) {
			features, err := n.Features(t.Context(), img)
			if err != nil {
				return nil, err
			}
			logits, err := n.Head(t.Context(), features)
			return append(logits, features.Float32s()...), err
		})
	}
	return list
}

// TestSideBySide runs passes of all kinds beside each other: they compute the
// same bits as one after the other, each on a network of its own that has run
// nothing else.
func TestSideBySide(t *testing.T) {
	withCPUs(t, 4)
	for _, name := range []string{"resnet-bottleneck", "vgg_bn", "densenet"} {
		w := open(t, name)
		list := jobs(t)
		want := make([][]float32, len(list))
		for i, job := range list {
			var err error
			if want[i], err = job(mustNew(t, w, convnet.Options{Threads: 1})); err != nil {
				t.Fatal(err)
			}
		}
		for _, threads := range []int{1, 0} {
			n := mustNew(t, w, convnet.Options{Threads: threads})
			errs := make(chan error)
			for first := range 8 {
				go func() {
					for i := range 2 * len(list) {
						i = (i + first) % len(list)
						got, err := list[i](n)
						if err == nil && !slices.Equal(got, want[i]) {
							err = errors.New("other bits than alone")
						}
						if err != nil {
							errs <- fmt.Errorf("%s, %d threads, job %d: %w", name, threads, i, err)
							return
						}
					}
					errs <- nil
				}()
			}
			for range 8 {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// slow is a blank image that waits, each time it is read, until it is let go.
type slow struct {
	blank
	reading func()
	letGo   chan struct{}
}

func (s slow) Read(dst []float32, stride, y, x, h, w int) {
	s.reading()
	<-s.letGo
	s.blank.Read(dst, stride, y, x, h, w)
}

// TestPassesMeet has two passes that are both reading their image. A third one
// waits until its context ends.
func TestPassesMeet(t *testing.T) {
	withCPUs(t, 2)
	synctest.Test(t, func(t *testing.T) {
		n := mustNew(t, open(t, "resnet-basic"), convnet.Options{Threads: 1})
		began, letGo, errs := make(chan struct{}, 3), make(chan struct{}), make(chan error, 3)
		img := slow{blank{64, 70}, func() { began <- struct{}{} }, letGo}
		go func() {
			_, err := n.Classify(t.Context(), img)
			errs <- err
		}()
		go func() {
			_, err := n.Features(t.Context(), img)
			errs <- err
		}()
		synctest.Wait() // until nothing can go on
		if len(began) != 2 {
			t.Errorf("%d passes run at the same time, want 2", len(began))
		}
		n.Release() // waits for nobody
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, err := n.Classify(ctx, img)
			errs <- err
		}()
		synctest.Wait()
		if len(began) != 2 || len(errs) != 0 {
			t.Error("a third pass runs beside two")
		}
		cancel()
		synctest.Wait()
		if len(errs) != 1 || !errors.Is(<-errs, context.Canceled) {
			t.Error("a cancelled pass goes on waiting")
		}
		close(letGo)
		for range 2 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}
