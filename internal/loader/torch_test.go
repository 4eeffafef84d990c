package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fixture returns the path of a file that testdata/make_fixtures.py wrote.
func fixture(name string) string { return filepath.Join("testdata", name) }

// ramp returns what make_fixtures.py's values() puts in a tensor of n values.
func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i-n/2) / 8
	}
	return v
}

type want struct {
	name  string
	dtype string
	shape []int
	data  []float32
}

// checkTensors compares all of c's tensors, in order.
func checkTensors(t *testing.T, c *Checkpoint, wanted []want) {
	t.Helper()
	var names []string
	for _, w := range wanted {
		names = append(names, w.name)
		x := c.Tensor(w.name)
		if x == nil {
			t.Errorf("no tensor %q", w.name)
			continue
		}
		var data []float32
		switch d := x.Data().(type) {
		case []float32:
			data = d
		case float32:
			data = []float32{d}
		}
		if got := []int(x.Shape()); fmt.Sprint(got) != fmt.Sprint(w.shape) {
			t.Errorf("%s: shape %v, want %v", w.name, got, w.shape)
		}
		if !reflect.DeepEqual(data, w.data) {
			t.Errorf("%s: values %v, want %v", w.name, data, w.data)
		}
		if x.RequiresIterator() || !x.DataOrder().IsRowMajor() {
			t.Errorf("%s is not contiguous and row-major", w.name)
		}
		if got := c.DType(w.name); got != w.dtype {
			t.Errorf("%s: type %q, want %q", w.name, got, w.dtype)
		}
	}
	if got := c.Names(); !reflect.DeepEqual(got, names) {
		t.Errorf("names %q, want %q", got, names)
	}
}

func stateOf(dtype string) []want {
	return []want{
		{"conv.weight", dtype, []int{4, 2, 3, 3}, ramp(72)},
		{"bn.weight", dtype, []int{4}, ramp(4)},
		{"fc.weight", dtype, []int{3, 4}, ramp(12)},
		{"scale", dtype, nil, ramp(1)},
	}
}

func layerState() []want {
	return []want{{"weight", "F32", []int{3, 4}, ramp(12)}, {"bias", "F32", []int{3}, ramp(3)}}
}

func viewsState() []want {
	flat := ramp(40)
	transposed := make([]float32, 24)
	for i := range 6 {
		for j := range 4 {
			transposed[4*i+j] = flat[6*j+i]
		}
	}
	var third []float32
	for i := 1; i < 40; i += 3 {
		third = append(third, flat[i])
	}
	return []want{
		{"channels_last", "F32", []int{4, 2, 3, 3}, ramp(72)},
		{"transposed", "F32", []int{6, 4}, transposed},
		{"offset", "F32", []int{15}, flat[10:25]},
		{"every_third", "F32", []int{13}, third},
		{"stretched", "F32", []int{2, 3}, []float32{1.5, 1.5, 1.5, 1.5, 1.5, 1.5}},
		{"tied.a", "F32", []int{3, 4}, flat[24:36]},
		{"tied.b", "F32", []int{3, 4}, flat[24:36]},
	}
}

var goodFixtures = []struct {
	file, format string
	want         []want
}{
	{"zip.pth", "torch zip", stateOf("F32")},
	{"zip_protocol4.pth", "torch zip", stateOf("F32")},
	{"deflated.pth", "torch zip", stateOf("F32")},
	{"byteorder_little.pth", "torch zip", stateOf("F32")},
	{"byteorder_big.pth", "torch zip", stateOf("F32")},
	{"legacy.pth", "torch legacy", stateOf("F32")},
	{"elsewhere.pth", "torch zip", []want{{"fc.weight", "F32", []int{3, 4}, ramp(12)}}},
	{"legacy_protocol5.pth", "torch legacy", stateOf("F32")},
	{"zip_f16.pth", "torch zip", stateOf("F16")},
	{"zip_bf16.pth", "torch zip", stateOf("BF16")},
	{"zip_f64.pth", "torch zip", stateOf("F64")},
	{"legacy_f16.pth", "torch legacy", stateOf("F16")},
	{"legacy_bf16.pth", "torch legacy", stateOf("BF16")},
	{"legacy_f64.pth", "torch legacy", stateOf("F64")},
	{"views.pth", "torch zip", viewsState()},
	{"views_legacy.pth", "torch legacy", viewsState()},
	{"parameters.pth", "torch zip", layerState()},
	{"defaultdict.pth", "torch zip", layerState()},
	{"wrapped_state_dict.pth", "torch zip", layerState()},
	{"wrapped_model_state_dict.pth", "torch zip", layerState()},
	{"wrapped_net.pth", "torch zip", layerState()},
	{"wrapped_model.pth", "torch zip", layerState()},
	{"wrapped_protocol4.pth", "torch zip", layerState()},
	{"wrapped_legacy.pth", "torch legacy", layerState()},
	{"honest_protocol2.pth", "torch zip", layerState()},
	{"honest_protocol4.pth", "torch zip", layerState()},
	{"honest_protocol5.pth", "torch zip", layerState()},
}

func TestOpenTorch(t *testing.T) {
	for _, f := range goodFixtures {
		t.Run(f.file, func(t *testing.T) {
			c, err := Open(fixture(f.file))
			if err != nil {
				t.Fatal(err)
			}
			if c.Format != f.format {
				t.Errorf("format %q, want %q", c.Format, f.format)
			}
			checkTensors(t, c, f.want)
			if c.Tensor("bn.num_batches_tracked") != nil || c.DType("absent") != "" {
				t.Error("there is a tensor that should not be")
			}
		})
	}
}

func TestTorchMetadata(t *testing.T) {
	want := map[string]string{
		"arch": "bagnet33", "epoch": "12", "loss": "0.25", "ema": "true", "classes": `["tench","English springer"]`,
	}
	for _, file := range []string{"wrapped_state_dict.pth", "wrapped_protocol4.pth", "wrapped_legacy.pth"} {
		c, err := Open(fixture(file))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.Metadata, want) {
			t.Errorf("%s: metadata %v, want %v", file, c.Metadata, want)
		}
	}
}

// checkRefused makes sure that err is one short line that names the file and
// says what is wanted.
func checkRefused(t *testing.T, file string, err error, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s was read; want an error with %q", file, text)
	}
	s := err.Error()
	if !strings.Contains(s, text) {
		t.Errorf("error %q lacks %q", s, text)
	}
	if !strings.Contains(s, filepath.Base(file)) {
		t.Errorf("error %q does not name %s", s, file)
	}
	if strings.ContainsAny(s, "\n\r\t\x00") || len(s) > 500 || strings.Contains(s, "0xc00") || strings.Contains(s, errPanic.Error()) {
		t.Errorf("error %q is not fit for a user", s)
	}
}

func TestRefuseTorch(t *testing.T) {
	for _, f := range []struct{ file, text string }{
		{"module.pth", `class "net.Net"`},
		{"module.pth", `torch.save(model.state_dict(), "weights.pth")`},
		{"module_legacy.pth", `class "net.Net"`},
		{"module_wrapped.pth", `its entry "model" is a whole pickled model of class "net.Net"`},
		{"tensor.pth", "a single tensor"},
		{"list.pth", "no state dict"},
		{"integers.pth", "no floating-point tensors"},
		{"nan.pth", `tensor "w" holds NaN at [1 0]`},
		{"overflow.pth", `tensor "w" holds +Inf at [0]`},
		{"complex.pth", "complex64"},
		{"sparse.pth", `"torch._utils._rebuild_sparse_tensor"`},
		{"quantised.pth", `"torch._utils._rebuild_qtensor"`},
		{"torchscript.pt", "TorchScript"},
		{"plain.pkl", "not what torch.save writes"},
		{"make_fixtures.py", "no weights file of a known format"},
	} {
		_, err := Open(fixture(f.file))
		checkRefused(t, f.file, err, f.text)
	}
}

func TestNothingIsExecuted(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for _, f := range []struct{ file, text string }{
		{"evil_zip.pth", `it asks for "posix.system", which is not tensor data`},
		{"evil_legacy.pth", `it asks for "posix.system", which is not tensor data`},
		{"evil_plain.pkl", `it asks for "posix.system", which is not tensor data`},
		{"evil_text.pkl", `it asks for "posix.system", which is not tensor data`},
		{"evil_eval.pth", `it asks for "builtins.eval", which is not tensor data`},
	} {
		_, err := Open(filepath.Join(testdata, f.file))
		checkRefused(t, f.file, err, f.text)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the files left %v behind (%v)", left, err)
	}
}

func TestRunsCode(t *testing.T) {
	for _, n := range []string{
		"os system", "posix system", "nt system", "subprocess Popen", "subprocess check_output", "builtins eval", "builtins exec",
		"__builtin__ execfile", "builtins compile", "builtins __import__", "builtins setattr", "builtins open", "builtins getattr.__call__",
		"sys exit", "runpy run_path", "importlib import_module", "importlib.util spec_from_file_location", "socket create_connection",
		"shutil rmtree", "pickle loads", "_pickle loads", "ctypes CDLL", "torch os.system", "torch.serialization os.system", "torch.hub load",
		"torch load", "operator methodcaller", "types FunctionType", "numpy.testing._private.utils runstring", "os.path join",
		"commands getoutput", "random _os.system", "torch __dict__", "torch __builtins__.eval", "builtins object.__subclasses__", "threading Timer", "sys terminal_size",
	} {
		module, name, _ := strings.Cut(n, " ")
		if _, err := findClass(module, name); err == nil {
			t.Errorf("%s.%s is let through", module, name)
		}
	}
	for _, n := range []string{
		"argparse Namespace", "numpy.core.multiarray scalar", "numpy dtype", "numpy.core.multiarray _reconstruct", "numpy ndarray", "_codecs encode",
		"torch.optim.sgd SGD", "torch.nn.modules.conv Conv2d", "collections Counter", "builtins set", "__builtin__ set", "builtins complex",
		"pathlib PosixPath", "datetime datetime", "functools partial", "torch device", "torch float32", "easydict EasyDict", "ossaudio X", "my.os.thing X",
		"commands Trainer", "commands.train Config", "test X", "sys_utils X", "posix stat_result", "__builtin__ getattr", "os terminal_size", "nt uname_result", "os times_result",
		"copyreg __newobj__", "numpy.random._pickle __bit_generator_ctor", "code Config",
	} {
		module, name, _ := strings.Cut(n, " ")
		if _, err := findClass(module, name); err != nil {
			t.Errorf("%s.%s: %v", module, name, err)
		}
	}
}
