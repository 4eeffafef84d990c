package entry

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/models"
)

// imageNet are ImageNet's 1000 classes.
func imageNet(t *testing.T) []class.Class {
	t.Helper()
	var classes []class.Class
	for i, line := range strings.Split(strings.TrimSpace(string(models.ImageNetClasses())), "\n") {
		fields := strings.Split(line, "\t")
		classes = append(classes, class.Class{Index: i, ID: fields[1], Label: fields[2]})
	}
	if len(classes) != 1000 {
		t.Fatalf("%d classes", len(classes))
	}
	return classes
}

// TestSixteen holds the 16 classes' members against the authors' lists of indices, and
// decisions against numpy's (scripts/make_bias_goldens.py).
func TestSixteen(t *testing.T) {
	var want struct {
		Members   map[string][]int
		Decisions [][2]any
	}
	data, err := os.ReadFile("testdata/sixteen.json")
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := Sixteen()
	of, err := m.Of("net", imageNet(t))
	if err != nil || len(m.Classes) != 16 {
		t.Fatalf("%v, %d classes", err, len(m.Classes))
	}
	for i, c := range m.Classes {
		if c.Index != i || !slices.Equal(of[i], want.Members[c.Label]) || i > 0 && c.Label <= m.Classes[i-1].Label {
			t.Errorf("%+v has %v, want %v", c, of[i], want.Members[c.Label])
		}
	}
	seen := map[int]bool{}
	for seed, decision := range want.Decisions {
		p := probabilities(uint32(seed + 1))
		best, mean := of.Decide(p)
		if m.Classes[best].Label != decision[0] || math.Abs(mean-decision[1].(float64)) > 1e-12 {
			t.Errorf("seed %d: %s with %v, want %v", seed+1, m.Classes[best].Label, mean, decision)
		}
		seen[best] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %d classes were decided on", len(seen))
	}
}

// probabilities makes the golden's softmax outputs.
func probabilities(seed uint32) []float64 {
	p, sum, x := make([]float64, 1000), 0.0, seed
	for i := range p {
		x = 1664525*x + 1013904223
		p[i] = math.Exp(float64(x>>16) / 65536 * float64(4+seed%9))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// TestDecide prefers the mean to the sum and to the largest, and the first of equals.
func TestDecide(t *testing.T) {
	for _, tc := range []struct {
		of   Members
		p    []float64
		want int
		mean float64
	}{
		{Members{{0, 1, 2}, {3}}, []float64{0.2, 0.2, 0.2, 0.3, 0.1}, 1, 0.3},
		{Members{{0, 1}, {2}}, []float64{0.5, 0.0, 0.3}, 1, 0.3},
		{Members{{0}, {1}}, []float64{0.5, 0.5}, 0, 0.5},
		{Members{{1}, {0}}, []float64{0, 0}, 0, 0},
	} {
		if got, mean := tc.of.Decide(tc.p); got != tc.want || math.Abs(mean-tc.mean) > 1e-15 {
			t.Errorf("%v of %v: %d with %v", tc.of, tc.p, got, mean)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	classes := []class.Class{{ID: "n0", Label: "tench, Tinca tinca"}, {Index: 1, ID: "n1", Label: "goldfish"}, {Index: 2, ID: "n2", Label: "cat"}, {Index: 3, ID: "n3", Label: "dog"}}
	m, err := Read(write(t, "\ufeffclass,entry\n\"Tinca tinca\",fish\nn1, fish\nelephant,animal\n3,animal\n"))
	if err != nil {
		t.Fatal(err)
	}
	of, err := m.Of("net", classes)
	if err != nil || len(m.Classes) != 2 || m.Classes[0] != (class.Class{Index: 0, Label: "animal"}) || !slices.Equal(of[0], []int{3}) || !slices.Equal(of[1], []int{0, 1}) {
		t.Errorf("%+v: %v, %v", m.Classes, of, err)
	}
	if !m.Covers(classes) || m.Covers(classes[:3]) {
		t.Error("covers the wrong networks")
	}
	if _, err := m.Of("net", classes[:3]); err == nil || !strings.Contains(err.Error(), `model net has no class that belongs to "animal" of mapping `) {
		t.Errorf("without an animal: %v", err)
	}
	for text, want := range map[string]string{
		"":                         "it has 0 entry-level classes",
		"a,b\nc,b\n":               "it has 1 entry-level class: want two",
		"a,b\nc\n":                 "line 2: want class,entry",
		"a,b\n,c\n":                "line 2: want class,entry",
		"a,b,c\n":                  "line 1: want class,entry",
		"a,b\nc,d\na,d\n":          `line 3: class "a" belongs to "b" already`,
		"a,\"b\nc,d":               "line",
		"class,entry\nclass,entry": "it has 1 entry-level class",
	} {
		if _, err := Read(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Read(write(t, strings.Repeat("#", maxFile+5)+",a\nb,c\n")); err == nil || !strings.Contains(err.Error(), "more than the 4194304 bytes") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := Read("nowhere.csv"); err == nil || !strings.Contains(err.Error(), `reading mapping "nowhere.csv": no such file`) && !strings.Contains(err.Error(), "cannot find") {
		t.Errorf("no file: %v", err)
	}
	for text, want := range map[string]string{
		"goldfish,a\nn1,b\n": `class 1 n1 goldfish, fish of model net belongs to "a" and to "b"`,
		"tench,a\nfish,b\n":  "fish",
	} {
		m, err := Read(write(t, text))
		if err != nil {
			t.Fatal(err)
		}
		ambiguous := []class.Class{{ID: "n0", Label: "tench"}, {Index: 1, ID: "n1", Label: "goldfish, fish"}, {Index: 2, ID: "n2", Label: "shark, fish"}}
		if _, err := m.Of("net", ambiguous); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestEach has each class by itself, in whatever order another network has them.
func TestEach(t *testing.T) {
	one := []class.Class{{Label: "a"}, {Index: 1, Label: "b"}, {Index: 2, Label: "c"}}
	m := Each("one", one)
	of, err := m.Of("two", []class.Class{{Label: "c"}, {Index: 1, Label: "a"}, {Index: 2, Label: "b"}})
	if err != nil || !slices.Equal(of[0], []int{1}) || !slices.Equal(of[1], []int{2}) || !slices.Equal(of[2], []int{0}) {
		t.Errorf("%v, %v", of, err)
	}
	for _, other := range [][]class.Class{one[:2], {{Label: "a"}, {Index: 1, Label: "b"}, {Index: 2, Label: "c"}, {Index: 3, Label: "d"}}, {{Label: "a"}, {Index: 1, Label: "b"}, {Index: 2, Label: "x"}}} {
		if m.Covers(other) {
			t.Errorf("covers %v", other)
		}
	}
}

// TestDecider asks two networks in turn.
func TestDecider(t *testing.T) {
	one, two := []class.Class{{Label: "a"}, {Index: 1, Label: "b"}}, []class.Class{{Label: "b"}, {Index: 1, Label: "a"}}
	d := &Decider{Mapping: Each("one", one)}
	answer := bagnet.Answer{Probabilities: []float64{0.9, 0.1}}
	first, second := &experiment.Network{Name: "one", Classes: one}, &experiment.Network{Name: "two", Classes: two}
	for range 2 {
		for net, want := range map[*experiment.Network]int{first: 0, second: 1} {
			if got, mean, err := d.Decide(net, answer); err != nil || got != one[want] || mean != 0.9 {
				t.Errorf("%s: %v, %v, %v", net.Name, got, mean, err)
			}
		}
	}
	if _, _, err := d.Decide(&experiment.Network{Classes: one[:1]}, answer); err == nil {
		t.Error("a network that lacks a class")
	}
}

// TestBasis tells mappings apart.
func TestBasis(t *testing.T) {
	basis := func(m *Mapping) string {
		data, err := json.Marshal(m.Basis())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	seen := map[string]bool{basis(Sixteen()): true, basis(Each("", []class.Class{{Label: "a"}, {Index: 1, Label: "b"}})): true}
	for _, text := range []string{"1,a\n2,b\n", "1,a\n3,b\n", "1,a\n2,c\n"} {
		m, err := Read(write(t, text))
		if err != nil {
			t.Fatal(err)
		}
		seen[basis(m)] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d different ones of 5", len(seen))
	}
}
