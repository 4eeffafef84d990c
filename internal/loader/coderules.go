package loader

import "strings"

// codeModules lists modules whose functions run commands, load code or reach
// files and the network.
var codeModules = set("os", "posix", "nt", "subprocess", "commands.getoutput", "commands.getstatus", "commands.getstatusoutput", "popen2", "pty", "sys", "runpy", "importlib", "imp", "pkgutil",
	"zipimport", "socket", "shutil", "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "ctypes", "cffi",
	"codeop", "pdb", "bdb", "timeit", "cProfile", "pydoc", "doctest", "webbrowser", "asyncio", "multiprocessing", "urllib", "urllib2",
	"requests", "ftplib", "smtplib", "telnetlib", "distutils", "code.InteractiveConsole", "code.InteractiveInterpreter", "code.interact",
	"io.open", "io.FileIO", "_io.open", "_io.FileIO", "codecs.open", "types.CodeType", "types.FunctionType",
	"operator.attrgetter", "operator.methodcaller", "_operator.attrgetter", "_operator.methodcaller",
	"atexit", "threading", "_thread", "concurrent", "sched", "weakref.finalize", "unittest.mock",
	"torch._utils._import_dotted_name", "torch._import_dotted_name", "torch.load", "torch.serialization.load", "torch.hub", "torch.jit", "torch.utils.cpp_extension", "torch.utils.model_zoo",
	"numpy.load", "numpy.loads", "numpy.testing", "numpy.f2py", "numpy.distutils")

// codeBuiltins lists Python's built-in functions that run code, reach
// attributes by name or open files.
var codeBuiltins = set("eval", "exec", "execfile", "compile", "__import__", "setattr", "delattr", "open", "file", "input",
	"raw_input", "breakpoint", "globals", "locals", "vars", "apply", "reload", "exit", "quit", "help", "map", "filter")

// runsCode reports whether the pickled name stands for a function that runs
// code rather than for data.
func runsCode(module, name string) bool {
	root, _, _ := strings.Cut(module, ".")
	switch root {
	case "builtins", "__builtin__", "__builtins__":
		first, _, _ := strings.Cut(name, ".")
		return codeBuiltins[first] || strings.Contains(name, "__") || strings.HasPrefix(name, "getattr.")
	}
	// "torch" + "os.system" reaches os through a module that imports it.
	parts := strings.Split(name, ".")
	for i, p := range parts {
		// random._os is os, too.
		isModule := codeModules[p] || codeModules[strings.TrimLeft(p, "_")] || p == "__builtins__" || p == "builtins"
		if isModule && i < len(parts)-1 || leadsOn(p) {
			return true
		}
	}
	if dataOfSystem[name] && (root == "os" || root == "posix" || root == "nt") {
		return false
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

// dataOfSystem lists what of the module os is data.
var dataOfSystem = set("stat_result", "statvfs_result", "uname_result", "times_result", "terminal_size")

// runsCommands lists names of methods that run commands or code, in whatever
// module: it may have been imported under another name.
var runsCommands = set("system", "popen", "Popen", "call", "check_call", "check_output", "run", "getoutput", "getstatusoutput", "eval", "exec",
	"execfile", "execv", "execve", "spawnv", "spawnl", "import_module", "run_path", "run_module", "loads", "open")

// hasEffects reports whether methods of a module's classes reach files.
func hasEffects(module string) bool {
	root, _, _ := strings.Cut(module, ".")
	return root == "pathlib" || root == "io" || root == "_io" || root == "tempfile" || root == "logging"
}

// leadsOn reports whether an attribute leads from an object to its class's
// relatives, a module's dict or a frame, and so to anything. Names with two
// underscores do, apart from a few.
func leadsOn(name string) bool {
	switch name {
	case "__call__", "__new__", "__newobj__", "__newobj_ex__":
		return false
	case "func_globals", "func_code", "f_globals", "f_locals", "f_builtins", "gi_frame", "cr_frame", "ag_frame", "tb_frame":
		return true
	}
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// heldMethods are methods with two underscores that lead nowhere from an object:
// honest files keep them, as functions that look up or compare.
var heldMethods = set("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__len__", "__contains__", "__getitem__")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
