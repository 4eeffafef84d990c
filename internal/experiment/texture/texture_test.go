package texture

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/dataset"
	"bagnet/internal/engine"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
	"bagnet/internal/pipeline"
	"bagnet/internal/text"
	synthesis "bagnet/internal/texture"
)

// halves is a network whose logits are the mean of an image, that of its upper half, that of
// red, and -3. It keeps the images.
type halves struct {
	experiment.Runner
	seen []experiment.Image
}

func (n *halves) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	m := experiment.ImageOf(img)
	n.seen = append(n.seen, m)
	return bagnet.Answer{Outputs: logits(m)}, nil
}

func logits(m experiment.Image) []float32 {
	var all, upper, red float32
	for i, v := range m.Values {
		all += v / float32(len(m.Values))
		if i < len(m.Values)/2 {
			upper += 2 * v / float32(len(m.Values))
		}
		if i%3 == 0 {
			red += 3 * v / float32(len(m.Values))
		}
	}
	return []float32{all, upper, red, -3}
}

func newExperiment(t *testing.T, steps int) *Experiment {
	t.Helper()
	k, err := engine.Choose("")
	if err != nil {
		t.Fatal(err)
	}
	return &Experiment{Settings: Settings{Filters: 8, Scales: 1, Steps: steps}, Of: synthesis.NewRandom(k, 8, 1, 0)}
}

// split is a picture whose upper half is light and lower half dark, with some noise.
func split(t *testing.T) *image.NRGBA {
	t.Helper()
	p := &synthesis.Picture{Values: make([]float32, 3*24*16), H: 24, W: 16}
	rng := experiment.Chance(8, 8)
	for i := range p.Values {
		p.Values[i] = 0.2*rng.Float32() + 0.1
		if i < len(p.Values)/2 {
			p.Values[i] += 0.6
		}
	}
	return p.Image()
}

// A network is asked about the image and about its texture, which it gets as a picture that
// is prepared like others; the next network gets the same one.
func TestMeasure(t *testing.T) {
	x, net := newExperiment(t, 30), &halves{}
	network := &experiment.Network{Runner: net, Preprocessing: images.ImageNet()}
	it := &experiment.Sample{Image: prepare(split(t), &network.Preprocessing), Class: 1, RNG: experiment.Chance(5, 3)}
	r, err := x.Measure(t.Context(), network, it)
	if err != nil {
		t.Fatal(err)
	}
	if len(net.seen) != 2 || !slices.Equal(net.seen[0].Values, it.Values) {
		t.Fatalf("%d images were seen", len(net.seen))
	}
	intact, other := logits(it.Image), logits(net.seen[1])
	if r.Class != 1 || r.Logit != intact[1] || r.Texture.Logit != other[1] || r.Texture.Class != slices.Index(other, slices.Max(other)) {
		t.Errorf("%+v of %v and %v", r, intact, other)
	}
	if want := experiment.Compare(other, intact, 1).Correlation; math.Abs(float64(r.Texture.Correlation)-want) > 1e-9 || !(r.Loss > 0 && r.Loss < 0.5) || r.Steps != 30 {
		t.Errorf("%+v, correlation %v", r, want)
	}
	if !(other[0]-intact[0] < 0.1) || !(intact[1]-other[1] > 0.5) {
		t.Errorf("a texture has the colours %v of the whole, %v, and not of its upper half, %v of %v", other[0], intact[0], other[1], intact[1])
	}
	made, err := x.Make(t.Context(), split(t), experiment.Chance(5, 3))
	if err != nil || !slices.Equal(prepare(made.Picture, &network.Preprocessing).Values, net.seen[1].Values) {
		t.Errorf("its texture is another: %v", err)
	}
	if again, err := x.Make(t.Context(), split(t), experiment.Chance(5, 3)); err != nil || again != made {
		t.Errorf("it is made once more: %v", err)
	}
	x.made.bytes = room
	first, _ := x.Make(t.Context(), split(t), experiment.Chance(5, 4))
	again, _ := x.Make(t.Context(), split(t), experiment.Chance(5, 4))
	if first == again || !slices.Equal(first.Picture.Pix, again.Picture.Pix) || slices.Equal(first.Picture.Pix, made.Picture.Pix) {
		t.Error("without room it is not made again, to the same pixels, for another image to others")
	}
	dark := split(t)
	dark.Pix[0] ^= 1
	if other, err := x.Make(t.Context(), dark, experiment.Chance(5, 3)); err != nil || other == made {
		t.Errorf("another picture has the texture of this one: %v", err)
	}
}

// An interrupted texture is none.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	network := &experiment.Network{Runner: &halves{}, Preprocessing: images.ImageNet()}
	it := &experiment.Sample{Image: prepare(split(t), &network.Preprocessing), RNG: experiment.Chance(5, 3)}
	if _, err := newExperiment(t, 30).Measure(ctx, network, it); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// Every 8-bit value comes back from what it is normalised to.
func TestPicture(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for i := range img.Pix {
		img.Pix[i] = uint8(i/4 + 85*(i%4))
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	p := images.ImageNet()
	if got := Picture(prepare(img, &p), &p); !slices.Equal(got.Pix, img.Pix) {
		t.Error("a picture comes back as another")
	}
}

// A sheet has the images that can be read, each with its texture.
func TestSheet(t *testing.T) {
	x, p := newExperiment(t, 2), images.ImageNet()
	picture := pipeline.Picture{Pixels: prepare(split(t), &p).Pixels()}
	small := pipeline.Picture{Pixels: experiment.NewImage(5, 9).Pixels()}
	broken := pipeline.Picture{Image: dataset.Image{Err: context.DeadlineExceeded}}
	of := make([]dataset.Image, 8)
	for i := range of {
		of[i].Ordinal = 10 + i
	}
	data, err := x.Sheet(t.Context(), "us", &p, of, slices.Values([]pipeline.Picture{broken, small, picture, picture, picture, picture, picture, picture}), 5)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := png.Decode(bytes.NewReader(data))
	if err != nil || sheet.Bounds().Dx() != 4*(32+gap)+gap || sheet.Bounds().Dy() != 2*(24+gap)+gap {
		t.Fatalf("%v, %v", sheet.Bounds(), err)
	}
	for n := range 6 {
		made, _ := x.Make(t.Context(), split(t), experiment.Chance(5, 12+n))
		for half, want := range []*image.NRGBA{split(t), made.Picture} {
			r, g, b, _ := sheet.At(gap+n%4*(32+gap)+16*half+3, gap+n/4*(24+gap)+20).RGBA()
			if at := want.NRGBAAt(3, 20); uint8(r>>8) != at.R || uint8(g>>8) != at.G || uint8(b>>8) != at.B {
				t.Errorf("pair %d, half %d: colour %v %v %v, want %v", n, half, r>>8, g>>8, b>>8, at)
			}
		}
	}
	if _, err := x.Sheet(t.Context(), "us", &p, of, slices.Values([]pipeline.Picture{broken}), 5); err == nil || err.Error() != "there is no image with a texture" {
		t.Errorf("nothing to draw: %v", err)
	}
}

// madeUp is a run over four images of class 1.
func madeUp() *experiment.Run[Record] {
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Family: "v1", Patch: 33, Measured: 4}}
	for i := range 4 {
		m.Results = append(m.Results, experiment.Result[Record]{Class: 1, Value: Record{
			Class: min(i, 1), Logit: float32(i), Texture: Answer{i % 2, float32(-i), text.Ratio(0.1 * float64(i))}, Loss: 0.25, Steps: 3,
		}})
	}
	return &experiment.Run[Record]{
		Summary:  experiment.Summary{Experiment: "texture", Images: 4, All: 9},
		Networks: []*experiment.Measured[Record]{m},
	}
}

func TestReport(t *testing.T) {
	r := NewReport(madeUp())
	n := r.Networks[0]
	if n.Intact.Mean != 0.75 || n.Texture.Mean != 0.5 || n.Same.Mean != 0.75 || n.Loss.Mean != 0.25 || n.LogitCorrelation != -1 {
		t.Errorf("%+v", n)
	}
	if got := n.ClassCorrelation.Value(); math.Abs(got-0.15) > 1e-9 {
		t.Errorf("correlation over classes %v", got)
	}
	for _, want := range []string{
		"\nintact        75.00 ± 25.00%\n", "\ntexture       50.00 ± 28.87%     75.00 ± 25.00%             -1.000      0.150 ± 0.065\n",
		"\nloss of the textures, mean: 0.25;",
	} {
		if !strings.Contains(string(r.Text()), want) {
			t.Errorf("no %q in:\n%s", want, r.Text())
		}
	}
	f := r.Figure()
	if p := f.Series[0].Points; len(f.Series) != 2 || len(f.Names) != 2 || f.Series[1].Name != "chance" || p[0].X != 0 || p[0].Y != 0.5 || p[1].X != 1 || p[1].Y != 0.75 {
		t.Errorf("%+v", f)
	}
}
