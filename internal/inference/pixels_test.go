package inference

import (
	"slices"
	"testing"

	"bagnet/internal/engine"
)

// TestReadEqualsDefinition reads every rectangle up to 5 x 5 pixels in and around
// images that are no squares, one after the other, so that what the one before
// has left in memory would show. Pixel (y, x) has the values 3(yw+x)+1, +2, +3.
func TestReadEqualsDefinition(t *testing.T) {
	r := mustNew(t, 1).take()
	for _, size := range [][2]int{{2, 3}, {3, 2}, {1, 4}} {
		h, w := size[0], size[1]
		img := image(t, h, w)
		for y := -3; y < h+2; y++ {
			for x := -3; x < w+2; x++ {
				for n := range 25 {
					from := Rect{y, x, 1 + n/5, 1 + n%5}
					var want []float32
					for i := range from.H {
						for j := range from.W {
							for c := range 3 {
								v := float32(0)
								if py, px := y+i, x+j; py >= 0 && py < h && px >= 0 && px < w {
									v = float32(3*(py*w+px) + c + 1)
								}
								want = append(want, v)
							}
						}
					}
					if got := r.read(img, from); !slices.Equal(got, want) {
						t.Fatalf("%v of %d x %d pixels: %v, want %v", from, h, w, got, want)
					}
				}
			}
		}
	}
}

func TestThreadsAsked(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5} {
		if rs := mustNew(t, n); rs.Threads() != n {
			t.Errorf("%d threads, want %d", rs.Threads(), n)
		}
	}
}

// TestProfileAddsUp has groups of several plans, as tiles give them.
func TestProfileAddsUp(t *testing.T) {
	r := mustNew(t, 1).take()
	profile, err := r.Profile(func() error {
		r.note([]engine.GroupProfile{{Name: "stem", Multiplications: 3, Time: 5}, {Name: "layer1", Multiplications: 7, Time: 11}})
		r.note([]engine.GroupProfile{{Name: "stem", Multiplications: 13, Time: 17}})
		r.note([]engine.GroupProfile{{Name: "head", Multiplications: 1, Time: 2}, {Name: "stem", Multiplications: 19, Time: 23}})
		return nil
	})
	want := []LayerProfile{{"stem", 35, 45}, {"layer1", 7, 11}, {"head", 1, 2}}
	if err != nil || !slices.Equal(profile, want) {
		t.Errorf("%v (%v), want %v", profile, err, want)
	}
	if r.profile != nil {
		t.Error("passes after the profile are measured too")
	}
}
