package shuffle

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"

	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/heatmap"
	"bagnet/internal/images"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
)

// Where are the files that pictures go to, and what they say of themselves.
type Where struct {
	Places   *output.Places
	Files    *output.Replacing
	Software string
}

// Save writes the images that Measure showed a network with that preprocessing in a run with
// that seed, as PNG files, and returns how many. Images that fail are left out.
func (x Settings) Save(to Where, p images.Preprocessing, of []dataset.Image, pictures iter.Seq[pipeline.Picture], seed uint64) (written int, err error) {
	i := -1
	for picture := range pictures {
		if i++; picture.Err != nil {
			continue
		}
		shuffled, err := x.Pictures(experiment.ImageOf(picture.Pixels), experiment.Chance(seed, of[i].Ordinal))
		if err != nil {
			continue
		}
		repeats := map[int]int{}
		for tile, img := range shuffled {
			name := fmt.Sprintf("%dpx", tile)
			if repeats[tile]++; x.Repeats > 1 {
				name += fmt.Sprintf("-%d", repeats[tile])
			}
			texts := []heatmap.Text{{Key: "Software", Value: to.Software}, {Key: output.TextSource, Value: of[i].Path},
				{Key: "bagnet:tile", Value: strconv.Itoa(tile)}, {Key: "bagnet:seed", Value: strconv.FormatUint(seed, 10)}}
			var png bytes.Buffer
			if err := heatmap.WritePNG(&png, img.Colours(p).Picture(), texts); err != nil {
				return written, err
			}
			if err := to.Files.Write(to.Places.Next(of[i].Path, name), png.Bytes()); err != nil {
				return written, err
			}
			written++
		}
	}
	return written, nil
}
