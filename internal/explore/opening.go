package explore

import (
	"encoding/binary"
	"math"
	"slices"

	"bagnet"
)

// first returns the classes shown at first, as positions in patches.Classes; versus is -1 if
// nothing is subtracted.
func (p *Page) first(patches *bagnet.Patches) (class, versus int) {
	position := func(c bagnet.Class) int {
		return slices.IndexFunc(patches.Classes, func(own bagnet.Class) bool { return own.Index == c.Index })
	}
	shown := patches.Answer.Top(1)[0].Class
	if p.Class != nil {
		shown = *p.Class
	}
	if class, versus = position(shown), -1; p.Versus != nil && p.Versus.Index != shown.Index {
		versus = position(*p.Versus)
	}
	return class, versus
}

// opening returns those values, as text, that are enough for what a page shows at first, so
// that it need not wait for all of them: the number of the strongest patch, what all patches
// say of the class shown, and of the one subtracted if there is one, and what the strongest
// patch says of all classes. They are float32, least significant byte first.
func (p *Page) opening(patches *bagnet.Patches) string {
	values, n := patches.Values.Float32s(), len(patches.Classes)
	class, versus := p.first(patches)
	column := func(c int) []float32 {
		all := make([]float32, len(values)/n)
		for i := range all {
			all[i] = values[i*n+c]
		}
		return all
	}
	shown := column(class)
	columns := shown
	lead := func(i int) float64 { return float64(shown[i]) }
	if versus >= 0 {
		other := column(versus)
		columns = slices.Concat(shown, other)
		lead = func(i int) float64 { return float64(shown[i]) - float64(other[i]) }
	}
	strongest := 0
	for i := range shown {
		if lead(i) > lead(strongest) {
			strongest = i
		}
	}
	var data []byte
	for _, v := range slices.Concat([]float32{float32(strongest)}, columns, values[strongest*n:][:n]) {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return base85(data)
}
