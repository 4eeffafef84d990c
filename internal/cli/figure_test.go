package cli

import (
	"strings"
	"testing"

	"bagnet/internal/testkit"
)

// TestFigureUsage refuses what makes no sense, before a network is read.
func TestFigureUsage(t *testing.T) {
	ball := testkit.GolfBall(t)
	t.Chdir(t.TempDir())
	put(t, ".", "ball.png", ball)
	for args, want := range map[string]string{
		"heatmap -m a -m b ball.png":                                                         "several networks, several methods, --titles and --scale shared are for figures\nhint: give --figure FILE",
		"heatmap --titles none ball.png":                                                     "are for figures",
		"heatmap --scale shared ball.png":                                                    "are for figures",
		"attribute --method gradcam --method saliency ball.png":                              "are for figures",
		"attribute -m a -m b ball.png":                                                       "are for figures",
		"heatmap --figure x.png -m a -m b -c 1 -c 2 ball.png":                                "its columns are classes, networks or methods, not two of these",
		"heatmap --figure x.png -m a -m a ball.png":                                          "--model a is given twice",
		"attribute --figure x.png --method gradcam --method saliency -m a -m b ball.png":     "not two of these",
		"attribute --figure x.png --method gradcam --method saliency -c 1 -c 2 ball.png":     "not two of these",
		"attribute --figure x.png --method gradcam --method saliency --scale 3 ball.png":     "each has a unit and a scale of its own",
		"attribute --figure x.png --method saliency --method deeplift --steps 3 ball.png":    "--steps: method saliency has no use for it",
		"attribute --figure x.png --method integrated-gradients --method deeplift --steps 0": "--steps: 0: want 1 or more",
		"attribute --method gradcam --method gradcam ball.png":                               "it is given twice",
		"heatmap --figure x.png -o y.png ball.png":                                           "leave out --output",
		"heatmap --figure x.png --npy y.npy ball.png":                                        "leave out --output, --as and --npy",
		"heatmap --figure x.png --as png ball.png":                                           "leave out --output, --as and --npy",
		"heatmap --figure x.png --zoom 2 ball.png":                                           "leave out --zoom and --bar",
		"heatmap --figure x.png --bar ball.png":                                              "leave out --zoom and --bar",
		"heatmap --figure x.png --style panel ball.png":                                      "want heatmap, overlay or edges in a figure",
		"heatmap --figure x.png --alpha 0.2 ball.png":                                        "--alpha is for --style overlay",
		"heatmap --figure x.jpg ball.png":                                                    "--figure x.jpg: want a file that ends in .png or .svg or .pdf",
		"heatmap --figure - ball.png":                                                        "--figure -: want a file that ends in",
		"heatmap --figure ball.png ball.png":                                                 "that file is used for something else already",
		"heatmap --figure x.pdf --dpi 300 ball.png":                                          "--dpi is for PNG files",
		"heatmap --figure x.png -m a -m b -":                                                 "is there once, not for each of 2 networks",
		"top-patches --figure x.png -o y.png -c tench ball.png":                              "--figure is the one file that is written",
		"top-patches --figure x.png --together -c tench ball.png":                            "--figure is the one file that is written",
		"top-patches --figure x.jpg -c tench ball.png":                                       "--figure x.jpg: want a file that ends in .png or .svg or .pdf",
		"top-patches --figure x.png --shard 0/2 --part p -c tench ball.png":                  "--figure",
	} {
		code, stdout, stderr := runMain(t, nil, strings.Fields(args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %q, %q, want %q", args, code, stdout, stderr, want)
		}
	}
	testkit.WantOnly(t, ".", "ball.png")
}
