package loader

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// unpickle builds the object that a scanned stream describes. Every class and
// function it names becomes one of this package's inert stand-ins; persistent,
// which may be nil, resolves references to storages.
func unpickle(stream []byte, persistent func(id any) (any, error)) (v any, err error) {
	defer func() {
		if recover() != nil {
			v, err = nil, errNonsense
		}
	}()
	u := pickle.NewUnpickler(bytes.NewReader(stream))
	u.FindClass = findClass
	u.PersistentLoad = persistent
	v, err = u.Load()
	var known *pickleError
	switch {
	case err == nil, errors.As(err, &known):
		return v, err
	default:
		// After a colon gopickle prints its operands as Go values.
		reason, _, _ := strings.Cut(err.Error(), ":")
		return nil, fmt.Errorf("%w: %s", errNonsense, oneLine(reason))
	}
}

var errNonsense = errors.New("it is damaged: its pickle does not make sense")

// A pickleError is this package's own error, to be told from gopickle's.
type pickleError struct{ text string }

func (e *pickleError) Error() string { return e.text }

func pickleErrorf(format string, args ...any) error {
	return &pickleError{fmt.Sprintf(format, args...)}
}

// inert stands for a class, a function or an object that is not tensor data,
// such as an argparse.Namespace or a NumPy scalar beside the weights. Calling
// it, filling it or setting its state does nothing.
type inert struct {
	name   string // "module.name" of the class
	object bool   // an instance rather than the class itself
	module bool   // an instance that has a torch.nn.Module's attributes
}

var _ interface {
	types.Callable
	types.PyNewable
	types.PyStateSettable
	types.DictSetter
	types.ListAppender
	types.SetAdder
} = (*inert)(nil)

// isTensor reports whether x came from one of torch's functions for tensors
// that are no plain views: sparse, quantised and so on.
func (x *inert) isTensor() bool {
	return strings.HasPrefix(x.name, "torch.") && strings.Contains(x.name, "._rebuild_")
}

// Call implements types.Callable.
func (x *inert) Call(...any) (any, error) { return &inert{name: x.name, object: true}, nil }

// PyNew implements types.PyNewable.
func (x *inert) PyNew(...any) (any, error) { return x.Call() }

// Set implements types.DictSetter.
func (x *inert) Set(_, _ any) {}

// Append implements types.ListAppender.
func (x *inert) Append(any) {}

// Add implements types.SetAdder.
func (x *inert) Add(any) {}

// PySetState implements types.PyStateSettable. Of the state it only looks
// whether it is a module's, which has _parameters among its first entries.
func (x *inert) PySetState(state any) error {
	if d, ok := state.(*types.Dict); ok {
		for _, e := range (*d)[:min(len(*d), 32)] {
			if e.Key == "_parameters" || e.Key == "_modules" {
				x.module = true
			}
		}
	}
	return nil
}

// dictClass stands for a subclass of dict without a behaviour of its own.
type dictClass struct{}

// Call implements types.Callable.
func (dictClass) Call(...any) (any, error) { return types.NewDict(), nil }

// findClass returns the stand-in for a class or function named in a pickle, or
// an error if the name shows that the file wants to run code. Nothing would run
// here in any case, but such a file must not pass for a weights file.
func findClass(module, name string) (any, error) {
	full := module + "." + name
	if runsCode(module, name) {
		return nil, pickleErrorf("it asks for %s, which is not tensor data; nothing was run: do not trust this file, get the weights from elsewhere, best as safetensors",
			quote(full))
	}
	switch full {
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return rebuild(rebuildTensor), nil
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		return rebuild(rebuildParameter), nil
	case "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type", "torch.tensor._rebuild_from_type_v2":
		return rebuild(rebuildFromType), nil
	case "torch.Size":
		return rebuild(rebuildSize), nil
	case "collections.defaultdict":
		return dictClass{}, nil
	}
	if root, _, _ := strings.Cut(module, "."); root == "torch" {
		if t, ok := storageTypes[name]; ok {
			return &storageClass{t}, nil
		}
	}
	return &inert{name: full}, nil
}

// codeModules lists modules whose functions run commands, load code or reach
// files and the network.
var codeModules = set("os", "posix", "nt", "subprocess", "commands", "popen2", "pty", "sys", "runpy", "importlib", "imp", "pkgutil",
	"zipimport", "socket", "shutil", "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "ctypes", "cffi",
	"codeop", "pdb", "bdb", "timeit", "cProfile", "pydoc", "doctest", "webbrowser", "asyncio", "multiprocessing", "urllib", "urllib2",
	"requests", "ftplib", "smtplib", "telnetlib", "distutils", "code.InteractiveConsole", "code.InteractiveInterpreter", "code.interact",
	"io.open", "io.FileIO", "_io.open", "_io.FileIO", "codecs.open", "types.CodeType", "types.FunctionType",
	"operator.attrgetter", "operator.methodcaller", "_operator.attrgetter", "_operator.methodcaller",
	"torch.load", "torch.serialization.load", "torch.hub", "torch.jit", "torch.utils.cpp_extension", "torch.utils.model_zoo",
	"numpy.load", "numpy.loads", "numpy.testing", "numpy.f2py", "numpy.distutils")

// codeBuiltins lists Python's built-in functions that run code, reach
// attributes by name or open files.
var codeBuiltins = set("eval", "exec", "execfile", "compile", "__import__", "getattr", "setattr", "delattr", "open", "file", "input",
	"raw_input", "breakpoint", "globals", "locals", "vars", "apply", "reload", "exit", "quit", "help", "map", "filter")

// runsCode reports whether the pickled name stands for a function that runs
// code rather than for data.
func runsCode(module, name string) bool {
	root, _, _ := strings.Cut(module, ".")
	switch root {
	case "builtins", "__builtin__", "__builtins__":
		first, _, _ := strings.Cut(name, ".")
		return codeBuiltins[first] || strings.Contains(name, "__")
	}
	// "torch" + "os.system" reaches os through a module that imports it.
	parts := strings.Split(name, ".")
	for _, p := range parts[:len(parts)-1] {
		if codeModules[p] || p == "__builtins__" || p == "builtins" {
			return true
		}
	}
	for prefix, rest := "", module+"."+name; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, ".")
		prefix += part
		if codeModules[prefix] {
			return true
		}
		prefix += "."
	}
	return false
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
