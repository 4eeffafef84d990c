package bagnet_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// averaged returns the mean of a map over rows and columns, [1, 1, channels].
func averaged(m *tensor.Dense) *tensor.Dense {
	s := m.Shape()
	sums := make([]float64, s[2])
	for i, v := range m.Float32s() {
		sums[i%s[2]] += float64(v)
	}
	values := make([]float32, s[2])
	for i, v := range sums {
		values[i] = float32(v / float64(s[0]*s[1]))
	}
	return tensor.New(tensor.WithShape(1, 1, s[2]), tensor.WithBacking(values))
}

func TestAmong(t *testing.T) {
	want, m, img := bagNet(t, "v1-q17")
	a := must(m.Classify(t.Context(), img))(t)
	some := []int{7, 2, 3}
	b := a.Among(some)
	var logits []float64
	for _, c := range some {
		logits = append(logits, want.Logits[c])
	}
	near(t, "logits", b.Logits, logits)
	near(t, "probabilities", b.Probabilities, softmax(logits))
	if best := slices.Index(logits, slices.Max(logits)); b.Best() != best || b.Top(1)[0].Class != m.Classes()[some[best]] || len(b.Top(0)) != 3 {
		t.Errorf("the likeliest are %d and %+v", b.Best(), b.Top(0))
	}
	near(t, "probabilities of two of the three", b.Among([]int{2, 0}).Probabilities, softmax([]float64{logits[2], logits[0]}))
	if c := a.Among([]int{4}); c.Best() != 0 || c.Probabilities[0] != 1 || c.Top(3)[0].Index != 4 || len(c.Top(3)) != 1 {
		t.Errorf("among one class %+v", c.Top(3))
	}
	if none := a.Among(nil); len(none.Top(1)) != 0 {
		t.Errorf("among none %+v", none.Top(1))
	}
}

// biased returns a network whose logits are its biases, whatever it sees.
func biased(t testing.TB, biases ...float32) *bagnet.Model {
	return read(t, edited(t, "v1-q9", func(header map[string]*entry, data []byte) []byte {
		w, b := header["fc.weight"].Offsets, header["fc.bias"].Offsets
		clear(data[w[0]:w[1]])
		copy(data[b[0]:b[1]], littleEndian(biases))
		return data
	}), nil)
}

func littleEndian(values []float32) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func TestTopOfEquals(t *testing.T) {
	_, _, img := bagNet(t, "v1-q9")
	a := must(biased(t, 1, 3, 2, 3, 0, 3, 2, -1, 1, 0).Classify(t.Context(), img))(t)
	order := []int{1, 3, 5, 2, 6, 0, 8, 4, 9, 7}
	for k, n := range map[int]int{-1: 10, 0: 10, 1: 1, 4: 4, 10: 10, 11: 10} {
		top := a.Top(k)
		if len(top) != n {
			t.Fatalf("the first %d are %d", k, len(top))
		}
		for i, p := range top {
			if p.Index != order[i] || p.Logit != a.Logits[p.Index] || p.Probability != a.Probabilities[p.Index] {
				t.Errorf("place %d of %d has %+v, want class %d", i, k, p, order[i])
			}
		}
	}
	if a.Best() != 1 {
		t.Errorf("the first of the likeliest is %d", a.Best())
	}
	if text := must(json.Marshal(a.Top(1)[0]))(t); !strings.HasPrefix(string(text), `{"index":1,"id":"","label":"class 1","logit":3,"probability":0.`) {
		t.Errorf("as JSON %s", text)
	}
}

// What a caller does to results changes neither the model nor other results.
func TestResultsAreTheCallers(t *testing.T) {
	want, m, img := bagNet(t, "v1-q17")
	a, b := must(m.Classify(t.Context(), img))(t), must(m.Classify(t.Context(), img))(t)
	clear(a.Logits)
	near(t, "outputs", a.Outputs, want.Logits)
	clear(a.Outputs)
	clear(a.Probabilities)
	checkAnswer(t, b, want)
	strides := m.Info().Strides
	clear(strides)
	clear(m.Classes())
	asked := m.Classes()
	p := must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: asked, Choose: func(bagnet.Answer) []bagnet.Class { panic("classes are named") }}))(t)
	clear(asked)
	clear(img.Tensor().Float32s())
	maps := p.Heatmaps()
	clear(p.Values.Float32s())
	if m.Info().Strides[0] != 8 || m.Classes()[3].Label != "class 3" || p.Classes[3] != m.Classes()[3] {
		t.Error("the model has changed")
	}
	for i, h := range maps {
		near(t, "means", []float64{h.Mean, mean(doubles(h.Values))}, []float64{want.Logits[i], want.Logits[i]})
	}
	chosen := must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Choose: func(a bagnet.Answer) []bagnet.Class {
		near(t, "logits to choose by", a.Logits, want.Logits)
		clear(a.Outputs)
		clear(a.Logits)
		return []bagnet.Class{{Index: 9, Label: "nine"}, {Index: 1}, {Index: 9}}
	}}))(t)
	checkAnswer(t, chosen.Answer, want)
	if c := m.Classes(); !slices.Equal(chosen.Classes, []bagnet.Class{c[9], c[1], c[9]}) {
		t.Errorf("classes %+v", chosen.Classes)
	}
	for i, h := range chosen.Heatmaps() {
		near(t, "means", []float64{h.Mean}, []float64{want.Logits[[]int{9, 1, 9}[i]]})
	}
	checkAnswer(t, must(m.Classify(t.Context(), img))(t), want)
}

func doubles(values []float32) []float64 {
	var all []float64
	for _, v := range values {
		all = append(all, float64(v))
	}
	return all
}

func TestNames(t *testing.T) {
	_, m, img := bagNet(t, "v1-q9")
	if m.Name() != "v1-q9" {
		t.Errorf("the model is called %q", m.Name())
	}
	file := must(os.ReadFile("internal/model/testdata/v1-q9.safetensors"))(t)
	if a, b, c := read(t, file, nil).Name(), read(t, file, &bagnet.Options{Name: "mine"}).Name(), biased(t).Name(); a != "v1-q9" || b != "mine" || c != "model" {
		t.Errorf("what is read is called %q, %q and %q", a, b, c)
	}
	var classes []bagnet.Class
	for i := range 10 {
		classes = append(classes, bagnet.Class{Index: 77, ID: fmt.Sprintf("n%08d", i), Label: fmt.Sprintf("sea Gull %d, gull", i)})
	}
	classes[4].Label = "tench, Tinca tinca"
	named := must(m.WithClasses(classes))(t)
	classes[4].Label = "changed"
	if named.Classes()[4] != (bagnet.Class{Index: 4, ID: "n00000004", Label: "tench, Tinca tinca"}) || m.Classes()[4].Label != "class 4" {
		t.Errorf("named %+v, before %+v", named.Classes()[4], m.Classes()[4])
	}
	for query, want := range map[string]int{"4": 4, "n00000003": 3, "tinca_TINCA": 4, "Sea-gull 7": 7, "tench, Tinca tinca": 4} {
		if c, err := named.FindClass(query); err != nil || c != named.Classes()[want] {
			t.Errorf("%q means %+v (%v), want class %d", query, c, err, want)
		}
	}
	for query, say := range map[string]string{"gull": "sea Gull 1", "10": "10", "-1": "-1", "": `""`} {
		if _, err := named.FindClass(query); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v", query, err)
		}
	}
	if _, err := m.WithClasses(classes[1:]); err == nil || !strings.Contains(err.Error(), "9 names, but it has 10") {
		t.Errorf("nine names: %v", err)
	}
	a, b := must(m.Classify(t.Context(), img))(t), must(named.Classify(t.Context(), img))(t)
	if !slices.Equal(a.Outputs, b.Outputs) || b.Top(1)[0].Class != named.Classes()[a.Best()] {
		t.Error("names change the answer")
	}
	if h := must(named.Heatmaps(t.Context(), img, bagnet.Class{Index: 4}))(t)[0]; h.Class != named.Classes()[4] {
		t.Errorf("a map of %+v", h.Class)
	}
	one := read(t, oneOutput(t, "v1-q9", 0), nil)
	if two := must(one.WithClasses([]bagnet.Class{{Label: "cat"}, {Label: "dog"}}))(t).Classes(); len(two) != 2 || two[1].Label != "dog" || two[1].Index != 1 {
		t.Errorf("classes of one output %+v", two)
	}
}
