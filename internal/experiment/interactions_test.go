package experiment_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet"

	"bagnet/internal/experiment"
)

// TestFourSquares places squares at every place that there is, and nowhere else.
func TestFourSquares(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	places := map[[2]int]bool{}
	for range 1000 {
		s, fit := experiment.FourSquares(12, 14, 4, 2, rng)
		if !fit {
			t.Fatal("they do not fit")
		}
		y, x := s[0].Y, s[0].X
		if want := [4]experiment.Square{{y, x, 4}, {y, x + 6, 4}, {y + 6, x, 4}, {y + 6, x + 6, 4}}; s != want {
			t.Fatalf("squares %v, want %v", s, want)
		}
		if y < 0 || x < 0 || y+10 > 12 || x+10 > 14 {
			t.Fatalf("squares %v are not within 12 x 14 pixels", s)
		}
		places[[2]int{y, x}] = true
	}
	if len(places) != 3*5 {
		t.Errorf("%d places, want 15", len(places))
	}
	if _, fit := experiment.FourSquares(12, 14, 5, 3, rng); fit {
		t.Error("13 pixels fit into 12")
	}
	if s, fit := experiment.FourSquares(12, 12, 6, 0, rng); !fit || s[3] != (experiment.Square{Y: 6, X: 6, Side: 6}) {
		t.Errorf("squares %v that fill the image, %v", s, fit)
	}
}

func TestMasked(t *testing.T) {
	img := numbered(6, 9)
	squares := []experiment.Square{{Y: 0, X: 1, Side: 2}, {Y: 3, X: 6, Side: 3}}
	masked := img.Masked(squares...)
	for y := range img.H {
		for x := range img.W {
			within := slices.ContainsFunc(squares, func(s experiment.Square) bool {
				return y >= s.Y && y < s.Y+s.Side && x >= s.X && x < s.X+s.Side
			})
			for c := range 3 {
				i := 3*(y*img.W+x) + c
				want := img.Values[i]
				if within {
					want = 0
				}
				if masked.Values[i] != want {
					t.Fatalf("pixel (%d, %d) is %v, want %v", y, x, masked.Values[i], want)
				}
			}
		}
	}
	if !slices.Equal(img.Values, numbered(6, 9).Values) {
		t.Error("the image itself has changed")
	}
}

// TestTouch compares with a count of pixels.
func TestTouch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	shared := 0
	for range 500 {
		h, w, q, stride := 20+rng.IntN(20), 20+rng.IntN(20), 3+rng.IntN(15), 1+rng.IntN(8)
		first := -rng.IntN(q)
		p := bagnet.Grid{Patch: q, Stride: stride, Origin: first + q/2, Rows: 1 + rng.IntN(h/stride), Cols: 1 + rng.IntN(w/stride)}
		side, gap := 1+rng.IntN(5), rng.IntN(10)
		squares, fit := experiment.FourSquares(h, w, side, gap, rng)
		if !fit {
			t.Fatal("they do not fit")
		}
		want := false
		for row := range p.Rows {
			for col := range p.Cols {
				y, x := first+row*stride, first+col*stride
				touched := map[int]bool{}
				for i, s := range squares {
					for dy := range s.Side {
						for dx := range s.Side {
							if py, px := s.Y+dy, s.X+dx; py >= y && py < y+q && px >= x && px < x+q {
								touched[i] = true
							}
						}
					}
				}
				want = want || len(touched) > 1
			}
		}
		got := experiment.Touch(p, squares[:])
		if got != want {
			t.Fatalf("%v and %+v: %v", squares, p, got)
		}
		if gap >= q-1 && got {
			t.Fatalf("a gap of %d does not part patches of %d", gap, q)
		}
		if got {
			shared++
		}
	}
	if shared < 50 || shared > 450 {
		t.Errorf("%d of 500 share a patch: the test says little", shared)
	}
}

// TestInteractionsOfSums has a network that adds up pixels, and one that does not.
func TestInteractionsOfSums(t *testing.T) {
	img := numbered(8, 8)
	squares, _ := experiment.FourSquares(8, 8, 2, 1, rand.New(rand.NewPCG(1, 1)))
	sum, covered := 0.0, 0.0
	for i, v := range img.Values {
		sum += float64(v)
		if img.Masked(squares[:]...).Values[i] == 0 {
			covered += float64(v)
		}
	}
	n, err := experiment.Interactions(t.Context(), power(1), img, float32(sum), 1, squares[:])
	if err != nil || n.Joint != covered || n.Sum != covered {
		t.Errorf("%+v of a sum, %v; want %v", n, err, covered)
	}
	n, err = experiment.Interactions(t.Context(), power(2), img, float32(sum*sum), 1, squares[:])
	if want := sum*sum - (sum-covered)*(sum-covered); err != nil || n.Joint != want || n.Sum <= want {
		t.Errorf("%+v of a square, %v; want a joint change of %v", n, err, want)
	}
	if _, err := experiment.Interactions(t.Context(), power(0), img, 0, 1, squares[:]); !errors.Is(err, errPower) {
		t.Errorf("error %v", err)
	}
}
