package convnet_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"bagnet/internal/convnet"
	"bagnet/internal/inference"
)

// noise is an image of normally distributed values.
func noise(t *testing.T, seed uint64, h, w int) inference.Pixels {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 5))
	values := filled(0, h, w, 3)
	for k := range values.Float32s() {
		values.Float32s()[k] = float32(rng.NormFloat64())
	}
	img, err := inference.FromTensor(values)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestSharedPasses classifies images of two sizes by many calls at once: the bits are those of
// images that are alone, and passes are shared.
func TestSharedPasses(t *testing.T) {
	withCPUs(t, 1)
	for _, name := range []string{"alexnet", "vgg", "resnet-bottleneck", "densenet"} {
		w := open(t, name)
		alone, n := mustNew(t, w, convnet.Options{Threads: 1}), mustNew(t, w, convnet.Options{Threads: 1})
		convnet.ShareAll(n)
		var images []inference.Pixels
		var want [][]float32
		for i := range 24 {
			img := noise(t, uint64(i), 70+11*(i%2), 75)
			images, want = append(images, img), append(want, classify(t, alone, img))
		}
		if b := alone.Batch(70, 75); b != 1 {
			t.Errorf("%s: passes of a small network are for %d images", name, b)
		}
		if b := n.Batch(70, 75); b < 2 {
			t.Fatalf("%s: passes are for %d image", name, b)
		}
		var wait sync.WaitGroup
		hold(t, &wait, n, 12)
		for i, img := range images {
			wait.Go(func() {
				if got, err := n.Classify(t.Context(), img); err != nil || !slices.Equal(got, want[i]) {
					t.Errorf("%s, image %d: %v, other bits than alone", name, i, err)
				}
			})
		}
		wait.Wait()
		if convnet.Shared(n) < 2 {
			t.Errorf("%s: no pass was shared", name)
		}
	}
}

// A bad image does something when it is read.
type bad struct {
	inference.Pixels
	read func()
}

func (b bad) Read(dst []float32, stride, y, x, h, w int) {
	b.read()
	b.Pixels.Read(dst, stride, y, x, h, w)
}

// hold begins a pass that ends when so many others wait.
func hold(t *testing.T, wait *sync.WaitGroup, n *convnet.Network, others int) {
	t.Helper()
	began := make(chan bool)
	img := bad{noise(t, 99, 70, 75), func() {
		close(began)
		for convnet.Waiting(n) < others {
			time.Sleep(time.Millisecond)
		}
	}}
	wait.Go(func() {
		if _, err := n.Classify(t.Context(), img); err != nil {
			t.Error(err)
		}
	})
	<-began
}

// TestSharedPassFails has an image in a shared pass whose caller gives up, and one whose reading
// panics: the others get their answers.
func TestSharedPassFails(t *testing.T) {
	withCPUs(t, 1)
	w := open(t, "alexnet")
	alone := mustNew(t, w, convnet.Options{Threads: 1})
	for _, how := range []string{"gives up", "panics"} {
		n := mustNew(t, w, convnet.Options{Threads: 1})
		convnet.ShareAll(n)
		ctx, giveUp := context.WithCancel(t.Context())
		defer giveUp()
		var wait sync.WaitGroup
		hold(t, &wait, n, 12)
		for i := range 12 {
			img := noise(t, uint64(i), 70, 75)
			want := classify(t, alone, img)
			if i%4 != 1 {
				wait.Go(func() {
					if got, err := n.Classify(t.Context(), img); err != nil || !slices.Equal(got, want) {
						t.Errorf("one %s: image %d: %v", how, i, err)
					}
				})
				continue
			}
			wait.Go(func() {
				var err error
				defer func() {
					if f := recover(); f != nil {
						err = fmt.Errorf("panic: %v", f)
					}
					if how == "panics" && (err == nil || err.Error() != "panic: unreadable") || how == "gives up" && err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("the image that %s: %v", how, err)
					}
				}()
				read := giveUp
				if how == "panics" {
					read = func() { panic("unreadable") }
				}
				_, err = n.Classify(ctx, bad{img, read})
			})
		}
		wait.Wait()
	}
}
