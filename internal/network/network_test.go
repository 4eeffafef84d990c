package network_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/loader"
	"bagnet/internal/network"
)

// golden returns the tensors of a small network that PyTorch wrote, under
// torchvision's names.
func golden(t testing.TB, of, name string) dict {
	t.Helper()
	c, err := loader.Open(filepath.Join("..", of, "testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var d dict
	for _, n := range c.Names() {
		d = append(d, item{n, c.Tensor(n)})
	}
	return d
}

// as returns the tensors under other names; those called "" are left out.
func (d dict) as(rename func(string) string) dict {
	var out dict
	for _, e := range d {
		if name := rename(e.key.(string)); name != "" {
			out = append(out, item{name, e.value})
		}
	}
	return out
}

func (d dict) under(prefix string) dict { return d.as(func(n string) string { return prefix + n }) }

// twice returns a network whose weights are doubled: another one.
func (d dict) twice() dict {
	var out dict
	for _, e := range d {
		x := e.value.(*tensor.Dense).Clone().(*tensor.Dense)
		for i := range x.Float32s() {
			x.Float32s()[i] *= 2
		}
		out = append(out, item{e.key, x})
	}
	return out
}

func (d dict) copied() dict {
	var out dict
	for _, e := range d {
		out = append(out, item{e.key, e.value.(*tensor.Dense).Clone()})
	}
	return out
}

func filled(value float32, shape ...int) *tensor.Dense {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(slices.Repeat([]float32{value}, n)))
}

func in(key any, d dict) item { return item{key, d} }

// search finds a network in a torch file.
func search(t testing.TB, root dict, want string) (*network.Found, *loader.Checkpoint, error) {
	t.Helper()
	data := torchFile(t, root)
	var found *network.Found
	c, err := loader.ReadSelected("file", bytes.NewReader(data), int64(len(data)), func(dicts []*loader.Dict) (*loader.Dict, []string, error) {
		var err error
		if found, err = network.Find(dicts, want); err != nil {
			return nil, nil, err
		}
		return found.Select()
	})
	return found, c, err
}

// TestFind has for each file the network that its maker would mean.
func TestFind(t *testing.T) {
	bagnet, resnet, vgg, alex := golden(t, "model", "v1-q17"), golden(t, "convnet", "resnet-basic"), golden(t, "convnet", "vgg"), golden(t, "convnet", "alexnet")
	bag := golden(t, "words", "words-9")
	other := bagnet.twice()
	loss := item{"criterion.weight", filled(1, 4)}
	parallel := func(n string) string { return strings.Replace(n, "features.", "features.module.", 1) }
	dropout := func(n string) string { return strings.Replace(n, "fc.", "fc.1.", 1) }
	softcam := regexp.MustCompile(`^(conv1|bn1|layer\d)`)
	numbers := map[string]string{"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
	as1x1 := func(d dict) dict {
		d = slices.Clone(d)
		for i, e := range d {
			if x := e.value.(*tensor.Dense); e.key == "fc.weight" {
				d[i].value = tensor.New(tensor.WithShape(x.Shape()[0], x.Shape()[1], 1, 1), tensor.WithBacking(x.Float32s()))
			}
		}
		return d
	}
	beside := func(d dict, items ...item) dict { return append(slices.Clone(d), items...) }
	both := func(a, b dict) dict { return slices.Concat(a, b) }
	for name, tc := range map[string]struct {
		file     dict
		weights  string // what --weights says
		want     dict
		label    string
		left     int
		averaged []string
	}{
		"flat":                    {file: bagnet, want: bagnet, label: "."},
		"a prefix":                {file: bagnet.under("student."), want: bagnet, label: "student"},
		"any prefix":              {file: bagnet.under("a.b_3.C-d.0."), want: bagnet, label: "a.b_3.C-d.0"},
		"beside a loss":           {file: beside(bagnet.under("net."), loss), want: bagnet, label: "net", left: 1},
		"a ResNet beside a loss":  {file: beside(resnet.under("encoder.q."), loss), want: resnet, label: "encoder.q", left: 1},
		"a bag of words":          {file: bag.under("module."), want: bag, label: "module"},
		"a bag beside a BagNet":   {file: both(bag.under("old."), bagnet.under("new.")), weights: "old", want: bag, label: "old"},
		"a VGG beside a loss":     {file: beside(vgg.under("vgg."), loss), want: vgg, label: "vgg", left: 1},
		"two equal copies":        {file: both(bagnet.under("model."), bagnet.copied().under("attacker.model.")), want: bagnet, label: "model"},
		"the inner of two equal":  {file: both(bagnet, bagnet.copied().under("inner.")), want: bagnet, label: "."},
		"two different, chosen":   {file: both(bagnet.under("student."), other.under("teacher.")), weights: "teacher", want: other, label: "teacher"},
		"chosen with a dot":       {file: both(bagnet.under("student."), other.under("teacher.")), weights: "student.", want: bagnet, label: "student"},
		"the file itself, chosen": {file: both(bagnet, other.under("teacher.")), weights: ".", want: bagnet, label: "."},
		"two families, chosen":    {file: both(resnet.under("a."), bagnet.under("b.")), weights: "b", want: bagnet, label: "b"},
		"averaged inside":         {file: both(other.under("ema_model.module."), bagnet.under("model.")), want: bagnet, label: "model", averaged: []string{"ema_model.module"}},
		"averaged inside, chosen": {file: both(other.under("ema_model.module."), bagnet.under("model.")), weights: "ema_model.module", want: other, label: "ema_model.module"},
		"averaged beside":         {file: dict{in("state_dict", bagnet), in("state_dict_ema", other), {"epoch", 3}}, want: bagnet, label: "state_dict", averaged: []string{"state_dict_ema"}},
		"averaged first":          {file: dict{in("model_ema", other.under("module.")), in("model", bagnet.under("module."))}, want: bagnet, label: "model.module", averaged: []string{"model_ema.module"}},
		"averaged, chosen":        {file: dict{in("model_ema", other.under("module.")), in("model", bagnet.under("module."))}, weights: "model_ema", want: other, label: "model_ema.module"},
		"averaged twice":          {file: dict{in("swa", other), in("ema", other.twice()), in("model", bagnet)}, want: bagnet, label: "model", averaged: []string{"swa", "ema"}},
		"averaged alone":          {file: dict{in("ema", other)}, want: other, label: "ema"},
		"averaged, equal":         {file: dict{in("model", bagnet), in("model_ema", bagnet.copied())}, want: bagnet, label: "model"},
		"no averaged word":        {file: dict{in("schema", other)}, want: other, label: "schema"},
		"an int key":              {file: dict{in(1, bagnet)}, want: bagnet, label: "1"},
		"three dicts deep":        {file: dict{in("a", dict{in("b", dict{in("c", bagnet.under("x."))})})}, want: bagnet, label: "a.b.c.x"},
		"SoftCAM":                 {file: as1x1(resnet).as(func(n string) string { return renamedSoftCAM(softcam, numbers, n) }), want: resnet, label: "."},
		"SoftCAM, beside a loss":  {file: beside(as1x1(resnet).as(func(n string) string { return renamedSoftCAM(softcam, numbers, n) }).under("model."), loss), want: resnet, label: "model", left: 1},
		"Dropout and Linear":      {file: bagnet.as(dropout), want: bagnet, label: "."},
		"Dropout, in a ResNet":    {file: resnet.as(dropout).under("m."), want: resnet, label: "m"},
		"VGG, features parallel":  {file: vgg.as(parallel), want: vgg, label: "."},
		"AlexNet, the same":       {file: dict{in("state_dict", alex.as(parallel)), in("optimizer", dict{in("state", dict{})})}, want: alex, label: "state_dict"},
	} {
		found, c, err := search(t, tc.file, tc.weights)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if found.Label != tc.label || len(found.Left) != tc.left || !slices.Equal(found.Averaged, tc.averaged) {
			t.Errorf("%s: %q, %v left, averaged %v; want %q, %d, %v", name, found.Label, found.Left, found.Averaged, tc.label, tc.left, tc.averaged)
		}
		source := found.Source(c)
		if len(source.Names()) != len(weightsOf(tc.want)) {
			t.Errorf("%s: %d tensors, want %d", name, len(source.Names()), len(weightsOf(tc.want)))
		}
		for _, e := range weightsOf(tc.want) {
			if x := source.Tensor(e.key.(string)); x == nil || !slices.Equal(x.Float32s(), e.value.(*tensor.Dense).Float32s()) {
				t.Errorf("%s: tensor %s is not that of the network", name, e.key)
				break
			}
		}
	}
}

// weightsOf leaves out counters of batches, which no network needs.
func weightsOf(d dict) dict {
	return d.as(func(n string) string {
		if strings.HasSuffix(n, ".num_batches_tracked") {
			return ""
		}
		return n
	})
}

// renamedSoftCAM spells torchvision's name as SoftCAM does.
func renamedSoftCAM(first *regexp.Regexp, numbers map[string]string, name string) string {
	if rest, ok := strings.CutPrefix(name, "fc."); ok {
		return "classifier." + rest
	}
	return first.ReplaceAllStringFunc(name, func(layer string) string { return "backbone." + numbers[layer] })
}

// TestNormaliser finds the layer that robustness libraries put before a network.
func TestNormaliser(t *testing.T) {
	bagnet := golden(t, "model", "v1-q17").under("module.model.")
	layer := func(name string, value float32, shape ...int) dict {
		mean := filled(value, shape...)
		mean.Float32s()[1] = 0.456
		return dict{{name + ".new_mean", mean}, {name + ".new_std", filled(0.25, shape...)}}
	}
	for name, tc := range map[string]struct {
		beside dict
		left   int
		ok     bool
	}{
		"[3,1,1]":         {layer("module.normalizer", 0.1, 3, 1, 1), 0, true},
		"[3]":             {layer("module.normalizer", 0.1, 3), 0, true},
		"[1,3,1,1], std":  {layer("n", 0.1, 1, 3, 1, 1).as(func(n string) string { return strings.Replace(n, "new_", "", 1) }), 0, true},
		"and an attacker": {slices.Concat(layer("module.normalizer", 0.1, 3, 1, 1), layer("module.attacker.normalize", 0.1, 3, 1, 1)), 0, true},
		"another one":     {slices.Concat(layer("module.normalizer", 0.1, 3, 1, 1), layer("module.attacker.normalize", 0.2, 3, 1, 1)), 2, true},
		"one channel":     {layer("module.normalizer", 0.1, 2), 2, false},
		"no deviation":    {layer("module.normalizer", 0.1, 3)[:1], 1, false},
		"none":            {nil, 0, false},
	} {
		found, c, err := search(t, dict{in("model", slices.Concat(tc.beside, bagnet))}, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mean, std, ok := found.Normalisation(c)
		if ok != tc.ok || len(found.Left) != tc.left || ok && (mean != [3]float64{0.1, 0.456, 0.1} || std != [3]float64{0.25, 0.25, 0.25}) {
			t.Errorf("%s: mean %v, deviation %v (%v), left %v", name, mean, std, ok, found.Left)
		}
	}
}

func TestRefusals(t *testing.T) {
	bagnet, resnet := golden(t, "model", "v1-q17"), golden(t, "convnet", "resnet-basic")
	other := bagnet.twice()
	without := func(d dict, name string) dict {
		return d.as(func(n string) string {
			if n == name {
				return ""
			}
			return n
		})
	}
	pruned := append(bagnet.as(func(n string) string {
		if n == "layer1.0.conv1.weight" {
			return n + "_orig"
		}
		return n
	}), item{"layer1.0.conv1.weight_mask", filled(1, 1)})
	normed := func(suffixes ...string) dict {
		d := without(bagnet, "fc.weight")
		for _, s := range suffixes {
			d = append(d, item{"fc." + s, filled(1, 5, 1)})
		}
		return d.under("m.")
	}
	nine := dict{}
	for i := range 9 {
		nine = append(nine, in(string(rune('a'+i)), bagnet))
		bagnet = bagnet.twice()
	}
	bagnet = golden(t, "model", "v1-q17")
	for name, tc := range map[string]struct {
		file dict
		want string
		err  string
	}{
		"two different":        {slices.Concat(bagnet.under("student."), other.under("teacher.")), "", `it has several networks: "student", "teacher"`},
		"two families":         {slices.Concat(bagnet.under("a."), resnet.under("b.")), "", `it has several networks: "a", "b"`},
		"two averaged":         {dict{in("ema", bagnet), in("swa", other)}, "", `it has several networks: "ema", "swa"`},
		"two raw, one ema":     {dict{in("a", bagnet), in("b", other), in("ema", other.twice())}, "", `it has several networks: "a", "b", "ema"`},
		"no averaged word":     {dict{in("model", bagnet), in("schema", other)}, "", `it has several networks: "model", "schema"`},
		"nine":                 {nine, "", `it has several networks: "a", "b", "c", "d", "e", "f", "g", "h", and 1 more`},
		"no such one":          {dict{in("model", bagnet), in("ema", other)}, "sma", `it has no network "sma"; it has "model", "ema"`},
		"half a name":          {bagnet.under("student."), "stud", `it has no network "stud"; it has "student"`},
		"a pair as key":        {dict{in([2]string{"a", "b"}, bagnet)}, "", `it holds no state dict`},
		"one tensor missing":   {without(bagnet, "bn1.running_var").under("student."), "", `tensor bn1.running_var is missing`},
		"of a ResNet":          {without(resnet, "layer1.0.bn1.bias").under("student."), "", `tensor layer1.0.bn1.bias is missing`},
		"pruned":               {pruned.under("q."), "", `tensor "q.layer1.0.conv1.weight_mask": the network is pruned: run torch.nn.utils.prune.remove`},
		"weight norm":          {normed("weight_g", "weight_v"), "", `tensor "m.fc.weight_g": weight norm: run torch.nn.utils.remove_weight_norm`},
		"spectral norm":        {normed("weight_orig", "weight_u"), "", `tensor "m.fc.weight_u": spectral norm`},
		"weight norm, newer":   {normed("parametrizations.weight.original0", "parametrizations.weight.original1"), "", `original0": weight norm: run torch.nn.utils.parametrize`},
		"parametrised":         {normed("parametrizations.weight.original"), "", `original": a parametrised layer`},
		"prototypes":           {append(bagnet.under("net."), item{"prototype_vectors", filled(1, 4)}), "", `tensor "prototype_vectors" belongs to a Proto-BagNet`},
		"attention":            {append(bagnet.under("net."), item{"attention.weight", filled(1, 4)}), "", `tensor "attention.weight" belongs to an attention head`},
		"attention, inside":    {append(bagnet, item{"att_v.weight", filled(1, 4)}).under("x.y."), "", `tensor "x.y.att_v.weight" belongs to an attention head`},
		"a layer too many":     {append(bagnet, item{"extra.weight", filled(1, 4)}).under("x."), "", `tensor "x.extra.weight" (one of 1) has no place`},
		"3-D":                  {append(without(bagnet, "conv1.weight"), item{"conv1.weight", filled(1, 4, 3, 1, 1, 1)}).under("x."), "", `3-D convolution`},
		"nothing like it":      {dict{{"lin.weight", filled(1, 4, 4)}}, "", `no conv1.weight among its 1 tensors ("lin.weight", ...)`},
		"the larger explained": {slices.Concat(without(bagnet, "fc.bias").under("a."), dict{{"b.conv1.weight", filled(1, 1, 1, 1, 1)}}), "", `tensor fc.bias is missing`},
	} {
		_, _, err := search(t, tc.file, tc.want)
		if err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: error %v, want %q", name, err, tc.err)
		}
	}
	_, _, err := search(t, slices.Concat(bagnet.under("a."), other.under("b.")), "")
	if several, ok := errors.AsType[*network.SeveralError](err); !ok || !slices.Equal(several.Labels, []string{"a", "b"}) {
		t.Errorf("error %v", err)
	}
	_, _, err = search(t, bagnet, "b")
	if absent, ok := errors.AsType[*network.AbsentError](err); !ok || absent.Want != "b" || !slices.Equal(absent.Labels, []string{"."}) {
		t.Errorf("error %v", err)
	}
}

// TestManyPrefixes is a file that has the name of a first layer behind thousands
// of prefixes: it takes no longer than others.
func TestManyPrefixes(t *testing.T) {
	var d dict
	for i := range 4000 {
		d = append(d, item{strings.Repeat("a.", i%7) + string(rune(0x4e00+i)) + ".conv1.weight", filled(1, 1)})
	}
	if _, _, err := search(t, d, ""); err == nil {
		t.Error("no error")
	}
}
