package loader

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
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
