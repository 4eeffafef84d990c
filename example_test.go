package bagnet_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
	"bagnet/models"
)

// embedded returns the model that is part of the module.
func embedded(t testing.TB) *bagnet.Model {
	weights, _ := models.Embedded(models.DefaultName)
	return read(t, weights, &bagnet.Options{Name: models.DefaultName})
}

// A file is classified by a model that is part of the module.
func Example() {
	weights, _ := models.Embedded(models.DefaultName)
	m, err := bagnet.Read(bytes.NewReader(weights), int64(len(weights)), nil)
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Open("docs/golf-ball.png")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	picture, err := bagnet.Decode(file, nil)
	if err != nil {
		log.Fatal(err)
	}
	img, err := m.Prepare(picture)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := m.Classify(context.Background(), img)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range answer.Top(3) {
		fmt.Printf("%5.2f%%  %s\n", 100*p.Probability, p.Label)
	}
	// Output:
	// 90.11%  golf ball
	//  2.41%  English springer
	//  1.32%  chain saw
}

// A heat map shows which patches speak for a class (red) and which against it (blue).
// The mean of those on the native grid is the class's logit.
func ExampleModel_Heatmaps() {
	m, img := golfBall()
	maps, err := m.Heatmaps(context.Background(), img) // of the likeliest class
	if err != nil {
		log.Fatal(err)
	}
	h := maps[0]
	fmt.Printf("%s: logit %.3f, mean of %d patches %.3f\n", h.Class.Label, h.Logit, h.NativeCells(), h.Mean)
	for _, patch := range h.Top(2, 0) {
		fmt.Printf("%v speaks for it with %.1f\n", patch.Rect, patch.Evidence)
	}

	drawn, err := h.Draw(nil)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file, err := os.Create(filepath.Join(dir, "heatmap.png"))
	if err != nil {
		log.Fatal(err)
	}
	if err := png.Encode(file, drawn); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// golf ball: logit 4.037, mean of 256 patches 4.037
	// (70,7)-(103,40) speaks for it with 22.1
	// (109,63)-(142,96) speaks for it with 18.6
}

// Two classes are told apart by the patches that speak more for the one than the other.
func ExampleHeatmap_Minus() {
	m, img := golfBall()
	ball, err := m.FindClass("golf ball")
	if err != nil {
		log.Fatal(err)
	}
	dog, err := m.FindClass("english_springer")
	if err != nil {
		log.Fatal(err)
	}
	maps, err := m.Heatmaps(context.Background(), img, ball, dog)
	if err != nil {
		log.Fatal(err)
	}
	difference, err := maps[0].Minus(maps[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s rather than %s: %.2f\n", difference.Class.Label, difference.Versus.Label, difference.Logit)
	// Output:
	// golf ball rather than English springer: 3.62
}

// Mean features find pictures that are alike: a search index keeps one vector for each,
// and compares by cosine similarity.
func ExampleModel_Features() {
	m, _ := golfBall()
	p := m.Preprocessing()
	p.Crop, p.Resize = 0, bagnet.Resize{} // crops as they are
	m, err := m.WithPreprocessing(p)
	if err != nil {
		log.Fatal(err)
	}
	picture := readPicture("docs/golf-ball.png")
	vector := func(r image.Rectangle) []float64 {
		img, err := m.Prepare(picture.SubImage(r))
		if err != nil {
			log.Fatal(err)
		}
		features, err := m.Features(context.Background(), img)
		if err != nil {
			log.Fatal(err)
		}
		return meanFeatures(features)
	}
	ball := vector(image.Rect(60, 40, 140, 120))
	fmt.Printf("%d features\n", len(ball))
	fmt.Printf("ball and ball: %.1f\n", cosine(ball, vector(image.Rect(90, 60, 170, 140))))
	fmt.Printf("ball and lawn: %.1f\n", cosine(ball, vector(image.Rect(0, 0, 80, 80))))
	// Output:
	// 1024 features
	// ball and ball: 0.9
	// ball and lawn: 0.4
}

// meanFeatures returns the mean of features, [rows, cols, channels], over the patches.
func meanFeatures(features *tensor.Dense) []float64 {
	shape := features.Shape()
	means := make([]float64, shape[2])
	for i, v := range features.Float32s() {
		means[i%len(means)] += float64(v) / float64(shape[0]*shape[1])
	}
	return means
}

// cosine returns the cosine of the angle between two vectors.
func cosine(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	return ab / math.Sqrt(aa*bb)
}

// golfBall returns the embedded model and the picture of this project's golf ball.
func golfBall() (*bagnet.Model, *bagnet.Image) {
	weights, _ := models.Embedded(models.DefaultName)
	m, err := bagnet.Read(bytes.NewReader(weights), int64(len(weights)), nil)
	if err != nil {
		log.Fatal(err)
	}
	img, err := m.Prepare(readPicture("docs/golf-ball.png"))
	if err != nil {
		log.Fatal(err)
	}
	return m, img
}

func readPicture(path string) *image.NRGBA {
	file, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	picture, err := bagnet.Decode(file, nil)
	if err != nil {
		log.Fatal(err)
	}
	return picture
}
