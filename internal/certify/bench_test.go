package certify

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// imageNetGrid is like what a BagNet says of a photograph of 224 pixels: 24 x 24 cells,
// 1000 classes, noise of the cells' own size, evidence for some classes and most for one.
func imageNetGrid(lead float64) Grid {
	r := rand.New(rand.NewPCG(4, 4))
	g := Grid{Rows: 24, Cols: 24, Classes: 1000, Logits: make([]float32, 24*24*1000)}
	mean := make([]float64, g.Classes)
	for c := range mean {
		mean[c] = 2 * r.NormFloat64()
	}
	mean[7] = 6.5 + lead
	for i := range 24 * 24 {
		for c, v := range g.cell(i) {
			g.cell(i)[c] = v + float32(mean[c]+4*r.NormFloat64())
		}
	}
	return g
}

// BenchmarkCertify is what an image of ImageNet costs beside the network's pass: answers
// and certificates for stickers of 1, 2 and 3 % of its area, as with q = 33.
func BenchmarkCertify(b *testing.B) {
	for _, lead := range []float64{0, 2, 6} {
		g := imageNetGrid(lead)
		for _, m := range Methods {
			n := 0
			b.Run(fmt.Sprintf("%s/lead%v", m, lead), func(b *testing.B) {
				for b.Loop() {
					d := New(Method(m), 0, g)
					n = 0
					for _, w := range []int{7, 8, 9} {
						if d.Outcome(w).Certified {
							n++
						}
					}
				}
				b.ReportMetric(float64(n), "certified")
			})
		}
		b.Run(fmt.Sprintf("largest/lead%v", lead), func(b *testing.B) {
			for b.Loop() {
				d := New(Double, 0, g)
				d.Weakest(d.Largest(5) + 1)
			}
		})
	}
}
