package loader

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/nlpodyssey/gopickle/types"
)

// Pieces of text pickles: a name, a call, getattr.
func global(module, name string) string { return "c" + module + "\n" + name + "\n" }
func call(f string, args ...string) string {
	return f + "(" + strings.Join(args, "") + "tR"
}
func line(s string) string { return "V" + s + "\n" }
func attr(x, name string) string {
	return call(global("__builtin__", "getattr"), x, line(name))
}

func unpickleText(t *testing.T, p string) (any, error) {
	t.Helper()
	stream, _, err := scanPickle(bufio.NewReader(strings.NewReader(p+".")), int64(len(p)+1))
	if err != nil {
		t.Fatal(err)
	}
	return unpickle(stream, nil)
}

// TestGetattr tells what getattr takes in honest files from what would lead to
// code.
func TestGetattr(t *testing.T) {
	mode, os := global("train", "Mode"), global("torch", "os")
	path := call(global("pathlib", "PosixPath"), line("/tmp/x"))
	for _, p := range []string{
		attr(mode, "MAX"), attr(mode, "eval"), attr(attr(global("train", "Outer"), "Mode"), "system"), // Enums, nested
		attr(global("__builtin__", "dict"), "fromkeys"),
		attr(path, "unlink"), attr("}", "get"), attr("]", "append"), // methods held
		attr(attr(global("train", "Net"), "Inner"), "x"),
		attr(global("train", "Outer"), "Config") + ")\x81}b",                                    // a nested class's object
		call(attr(global("zoneinfo", "ZoneInfo"), "_unpickle"), line("Europe/Berlin"), "I01\n"), // a class method
		call(attr(global("__builtin__", "object"), "__new__"), global("train", "Flag")),
		call(call(global("functools", "partial"), attr(global("train", "X"), "__new__"), global("train", "X"), "K\x01")), // protocol 2's keyword arguments
		call(global("functools", "partial"), global("train", "f"), "K\x01") + "(" + global("train", "f") + "(tNNtb",
		call(global("functools", "reduce"), global("operator", "or_"), "]"),
		attr("]", "__eq__"), attr(call(global("train", "Net"), "N"), "__getitem__"), attr(attr(path, "parent"), "__lt__"), // methods held
		"\x8f", "\x8f(C\x01aC\x01b\x90", "(C\x01a\x91", "(\x8f]\x91", // sets of what Go cannot hash
		"\x8a\x00", "\x8b\x00\x00\x00\x00",
	} {
		if _, err := unpickleText(t, p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{
		attr(os, "system"), call(attr(os, "system"), line("id")), attr(global("random", "_os"), "path"),
		attr(global("__main__", "__builtins__"), "eval"),
		attr(mode, "__class__"), attr(mode, "__init__"), attr(attr(mode, "f"), "__globals__"), attr(mode, "func_globals"), attr(")", "__class__"),
		call(attr(call(global("x", "load"), "N"), "__getitem__"), line("os")), call(attr("}", "__eq__"), "N"), attr(mode, "__getitem__"),
		attr(attr("}", "__eq__"), "__self__"), attr(attr("}", "get"), "__objclass__"), call(attr(attr("}", "__eq__"), "__call__")),
		call(global("functools", "reduce"), attr("}", "__getitem__"), "]"), attr(attr("]", "__eq__"), "__reduce_ex__"),
		attr("\x8f(C\x01a\x90", "__class__"), call(attr("\x8f", "add"), "N"), "(" + attr(os, "system") + "\x91",
		attr(global("train", "__builtins__"), "x"), attr(mode, "os.system"), attr(attr(mode, "os"), "system"),
		call(global("__builtin__", "getattr"), mode, "K\x01"),                     // a name that is no text
		call(global("__builtin__", "getattr"), mode, call(global("x", "f"), "N")), // one that is made up
		call(attr(path, "unlink")), call(attr(path, "write_text"), line("x")),
		call(attr(global("pathlib", "Path"), "write_text"), path, line("x")), call(global("pathlib", "Path.write_text"), path, line("x")),
		call(attr(global("x", "sp"), "Popen"), line("id")), call(attr(call(global("x", "load"), "N"), "anything")),
		call(attr("}", "get"), line("os")),
		call(attr(attr(path, "unlink"), "__call__")),
		call(call(global("functools", "partial"), attr(path, "unlink"))),
		call(global("functools", "partial"), global("train", "f")) + "(" + attr(path, "unlink") + "(tNNtb)R",
		call(call(global("functools", "partial"), global("__builtin__", "getattr"), os), line("system")),
		call(call(global("functools", "partial"), attr(global("x", "sp"), "Popen")), line("id")),
		call(global("functools", "reduce"), global("__builtin__", "getattr"), "]"),
		call(global("itertools", "starmap"), attr(path, "write_text"), "]"),
		call(global("functools", "reduce"), call(global("functools", "partial"), global("train", "f")), "]"),
	} {
		if _, err := unpickleText(t, p); err == nil || !strings.Contains(err.Error(), "do not trust") {
			t.Errorf("%q: %v", p, err)
		}
	}
}

// TestSets keeps what surrounds a set as it is.
func TestSets(t *testing.T) {
	v, err := unpickleText(t, "(K\x01\x8f(C\x01aK\x02\x90(C\x01b\x91K\x03t")
	tuple, ok := v.(*types.Tuple)
	if err != nil || !ok || tuple.Len() != 4 || tuple.Get(0) != 1 || tuple.Get(3) != 3 {
		t.Fatalf("%v, %v", v, err)
	}
	for i, name := range map[int]string{1: "__builtin__.set", 2: "__builtin__.frozenset"} {
		if x, ok := tuple.Get(i).(*inert); !ok || x.name != name {
			t.Errorf("item %d is %v", i, tuple.Get(i))
		}
	}
}

// TestEmptyLong reads Python 2's 0L.
func TestEmptyLong(t *testing.T) {
	for _, p := range []string{"\x8a\x00", "\x8b\x00\x00\x00\x00"} {
		if v, err := unpickleText(t, p); v != 0 || err != nil {
			t.Errorf("%q: %v, %v", p, v, err)
		}
	}
	var longer bytes.Buffer
	longer.WriteString("(\x8a\x00\x8a\x01\x07t.")
	if v, _, err := scanPickle(bufio.NewReader(&longer), 8); string(v) != "(K\x00\x8a\x01\x07t." || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}
