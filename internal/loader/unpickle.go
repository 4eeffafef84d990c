package loader

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/pickle"

	"bagnet/internal/text"
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

// findClass returns the stand-in for a class or function named in a pickle, or
// an error if the name shows that the file wants to run code. Nothing would run
// here in any case, but such a file must not pass for a weights file.
func findClass(module, name string) (any, error) {
	full := module + "." + name
	if runsCode(module, name) {
		return nil, errCode("asks for", full)
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
	case "builtins.getattr", "__builtin__.getattr":
		return getAttribute{}, nil
	}
	if root, _, _ := strings.Cut(module, "."); root == "torch" {
		if t, ok := storageTypes[name]; ok {
			return &storageClass{t}, nil
		}
	}
	return &inert{name: full, home: module, member: strings.Contains(name, ".")}, nil
}

// errCode refuses a file for what it asks for, calls or reaches for.
func errCode(does, name string) error {
	return pickleErrorf("it %s %s, which is not tensor data but could run code; nothing was run: do not trust this file, get the weights from elsewhere, best as safetensors",
		does, text.Quote(name))
}
