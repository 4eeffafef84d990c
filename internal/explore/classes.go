package explore

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"bagnet"
)

// usualValues is how many values of an image a page holds unless all classes are asked
// for: a square grid of 28 patches a side has room for 1000 classes.
const usualValues = 1 << 20

// Choose returns the classes whose values a page holds of an image of that size with
// patches every stride pixels: all of them if all is set or there is room for them, else
// the likeliest, with those of wanted among them. They are in the order of their indices.
func Choose(a bagnet.Answer, size image.Point, stride int, all bool, wanted ...bagnet.Class) ([]bagnet.Class, error) {
	patches := (size.X/stride + 1) * (size.Y/stride + 1) // no grid has more
	total := len(a.Logits)
	room := usualValues / patches
	if all {
		room = total
	}
	if n := min(room, total); n < min(total, 2+len(wanted)) || n*patches > maxValues {
		return nil, fmt.Errorf("%d classes of up to %d patches are more values than a page can hold: %w", max(n, min(total, 2+len(wanted))), patches, bagnet.ErrTooLarge)
	}
	classes := slices.Clone(wanted)
	for _, p := range a.Top(0) {
		if len(classes) >= room {
			break
		}
		if !slices.ContainsFunc(wanted, func(c bagnet.Class) bool { return c.Index == p.Index }) {
			classes = append(classes, p.Class)
		}
	}
	slices.SortFunc(classes, func(a, b bagnet.Class) int { return cmp.Compare(a.Index, b.Index) })
	return classes, nil
}
