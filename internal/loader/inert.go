package loader

import (
	"strings"

	"github.com/nlpodyssey/gopickle/types"
)

// inert stands for a class, a function or an object that is not tensor data,
// such as an argparse.Namespace or a NumPy scalar beside the weights. Calling
// it, filling it or setting its state does nothing.
type inert struct {
	name    string   // "module.name" of the class, and what getattr took of it
	home    string   // the module of the class
	member  bool     // something within a class, such as an Enum's member, a nested class or a method
	bound   bool     // something within an object: a method that would work on it
	object  bool     // an instance rather than the class itself
	partial callable // what an instance of functools.partial would call
	module  bool     // an instance that has a torch.nn.Module's attributes
}

var _ interface {
	types.Callable
	types.PyNewable
	types.PyStateSettable
	types.DictSetter
	types.ListAppender
	types.SetAdder
} = (*inert)(nil)

// callable is what a pickle may call.
type callable interface{ types.Callable }

// isTensor reports whether x came from one of torch's functions for tensors
// that are no plain views: sparse, quantised and so on.
func (x *inert) isTensor() bool {
	return strings.HasPrefix(x.name, "torch.") && strings.Contains(x.name, "._rebuild_")
}

// Call implements types.Callable. Honest files call classes, nested ones and
// functions of modules; they hold methods of objects, but do not call them.
func (x *inert) Call(args ...any) (any, error) {
	if x.bound || x.member && (hasEffects(x.home) || runsCommands[x.name[strings.LastIndexByte(x.name, '.')+1:]]) {
		return nil, errCode("calls", x.name)
	}
	if x.partial != nil {
		return x.partial.Call(args...)
	}
	made := &inert{name: x.name, home: x.home, object: true}
	if x.name == "functools.partial" && !x.object && len(args) > 0 {
		if f, ok := args[0].(callable); ok {
			given := args[1:]
			made.partial = rebuild(func(more []any) (any, error) {
				return f.Call(append(given[:len(given):len(given)], more...)...)
			})
		}
		return made, nil
	}
	if x.name == "functools.reduce" || strings.HasPrefix(x.name, "itertools.") {
		for _, a := range args {
			if err := x.wouldCall(a); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

// wouldCall returns an error if x, which calls what it is given, is given
// something that must not be called.
func (x *inert) wouldCall(given any) error {
	switch g := given.(type) {
	case getAttribute:
		return errCode("calls", x.name+"(getattr)")
	case *inert:
		if g.partial != nil || g.bound || g.member {
			return errCode("calls", x.name+"("+g.name+")")
		}
	}
	return nil
}

// PyNew implements types.PyNewable: it makes an object without calling its
// class, which a method has none of.
func (x *inert) PyNew(...any) (any, error) {
	return &inert{name: x.name, home: x.home, object: true}, nil
}

// Set implements types.DictSetter.
func (x *inert) Set(_, _ any) {}

// Append implements types.ListAppender.
func (x *inert) Append(any) {}

// Add implements types.SetAdder.
func (x *inert) Add(any) {}

// PySetState implements types.PyStateSettable. Of the state it only looks
// whether it is a module's, which has _parameters among its first entries, and
// what a partial would call.
func (x *inert) PySetState(state any) error {
	switch s := state.(type) {
	case *types.Dict:
		for _, e := range (*s)[:min(len(*s), 32)] {
			if e.Key == "_parameters" || e.Key == "_modules" {
				x.module = true
			}
		}
	case *types.Tuple: // (function, arguments, keyword arguments, attributes)
		if x.name == "functools.partial" && x.object && s.Len() > 0 {
			x.partial, _ = s.Get(0).(callable)
		}
	}
	return nil
}

// dictClass stands for a subclass of dict without a behaviour of its own.
type dictClass struct{}

// Call implements types.Callable.
func (dictClass) Call(...any) (any, error) { return types.NewDict(), nil }

// getAttribute stands for Python's getattr. Pickles take members of Enums with
// it (Python 3.11), nested classes and methods of objects (protocols below 4).
type getAttribute struct{}

// Call implements types.Callable.
func (getAttribute) Call(args ...any) (any, error) {
	if len(args) < 2 {
		return nil, errNonsense
	}
	name, ok := args[1].(string)
	if !ok || strings.Contains(name, ".") {
		return nil, errCode("takes with getattr", "an attribute whose name is made up as it is loaded")
	}
	x, ok := args[0].(*inert)
	if !ok { // a dict, a tensor, a class of collections: nothing that a module hangs on
		x = &inert{name: "object", object: true}
		if args[0] == nil {
			x.name = "None"
		} else if _, ok := args[0].(*types.ObjectClass); ok {
			x = &inert{name: "builtins.object", home: "builtins"}
		}
	}
	full := x.name + "." + name
	within := strings.TrimPrefix(full, x.home+".")
	held := heldMethods[name] && (x.object || x.bound) // and as it is bound, it will not be called
	if leadsOn(name) && !held || !held && !strings.HasPrefix(x.home, "__builtin__") && x.home != "builtins" && runsCode(x.home, within) {
		return nil, errCode("takes with getattr", full)
	}
	if name == "__call__" {
		return x, nil
	}
	if name == "__new__" { // by which protocol 2 makes objects with keyword arguments
		return &inert{name: x.name, home: x.home}, nil
	}
	return &inert{name: full, home: x.home, member: true, bound: x.object || x.bound}, nil
}
