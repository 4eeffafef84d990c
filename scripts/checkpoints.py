"""Reads BagNets' checkpoints: finds the state dict, and brings the names met in the wild to the original's.

The names and what wraps them are those of wild.py; internal/model/names.go and refuse.go are the program's side.
"""
import pickle
import re
from unittest import mock

import torch

import safetensors_io

WRAPPERS = ("state_dict", "model_state_dict", "net", "model")
PREFIXES = ("module.", "model.", "_orig_mod.", "net.")
RENAMES = [  # (how a name begins that only this family has, rules for all of its names)
    (r"features\.init_block\.", [  # pytorchcv; it counts units from 1
        (r"^features\.init_block\.conv1\.", "conv1."),
        (r"^features\.init_block\.conv2\.conv\.", "conv2."),
        (r"^features\.init_block\.conv2\.bn\.", "bn1."),
        (r"^features\.stage(\d+)\.unit(\d+)\.", lambda m: f"layer{m[1]}.{int(m[2]) - 1}."),
        (r"^(layer\d+\.\d+)\.body\.conv(\d)\.conv\.", r"\1.conv\2."),
        (r"^(layer\d+\.\d+)\.body\.conv(\d)\.bn\.", r"\1.bn\2."),
        (r"^(layer\d+\.\d+)\.identity_conv\.conv\.", r"\1.downsample.0."),
        (r"^(layer\d+\.\d+)\.identity_conv\.bn\.", r"\1.downsample.1."),
        (r"^output\.", "fc.")]),
    (r"(sequential|backbone)\.0\.weight$", [  # Sparse BagNet and its sibling: 3 is the ReLU, conv2 the classifier
        (r"^(conv2|classifier)\.", "fc."),
        (r"^(?:sequential|backbone)\.0\.", "conv1."),
        (r"^(?:sequential|backbone)\.1\.", "conv2."),
        (r"^(?:sequential|backbone)\.2\.", "bn1."),
        (r"^(?:sequential|backbone)\.([4-7])\.", lambda m: f"layer{int(m[1]) - 3}.")]),
    (r"(sequential|backbone)\.conv1\.weight$", [  # a named body beside a classifier of its own
        (r"^(?:sequential|backbone)\.", ""),
        (r"^classifier\.", "fc.")]),
]
WAY_OUT = "in Python, load it as it was meant to be and save model.state_dict()"


class Refused(ValueError):
    """What is not read, and why."""


class Inert:
    """Stands for an object whose class is none of a checkpoint's business; takes whatever unpickling does to it."""

    def __init__(self, *_, **__):
        pass

    def __setitem__(self, *_):
        pass

    def __setstate__(self, _):
        pass

    def append(self, _):
        pass


class Pickle:
    """A pickle module for torch.load that builds tensors and plain values, and executes nothing else in a file."""

    class Unpickler(pickle.Unpickler):
        ALLOWED = {("collections", "OrderedDict"), ("torch", "Size"), ("torch._utils", "_rebuild_tensor"),
                   ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_parameter")}

        def find_class(self, module, name):
            if (module, name) in self.ALLOWED or re.fullmatch(r"torch\.\w+Storage", f"{module}.{name}"):
                return super().find_class(module, name)
            return type(name, (Inert,), {})

    @classmethod
    def load(cls, file, **options):
        return cls.Unpickler(file, **options).load()


def load(path):
    """What a file holds: the object that torch.save was given, or a .safetensors file's {name: tensor}.

    Nothing in a pickle is executed: what is neither tensor nor plain value is an Inert. Raises Refused.
    """
    try:
        if path.endswith(".safetensors"):
            return safetensors_io.load(path)[0]
        with mock.patch.object(torch.serialization, "pickle", Pickle):  # PyTorch 1.13.0 overlooks its pickle_module
            return torch.load(path, map_location="cpu", pickle_module=Pickle, weights_only=False)
    except OSError as e:
        raise Refused(f"opening {path!r}: {e.strerror}") from e
    except Exception as e:  # there is no end to what the readers raise for damaged files
        reason = str(e).strip().split("\n")[0] or type(e).__name__
        raise Refused(f"reading {path!r}: it is damaged or no checkpoint ({reason}): fetch or save it again") from e


def state_dict(checkpoint):
    """The floating-point weights in a checkpoint, {the original's name: tensor on the CPU}.

    checkpoint is a state dict or a dict that wraps one. Counters (num_batches_tracked) are left out, a classifier
    stored as a 1x1 convolution becomes a matrix. Raises Refused for what is no BagNet's.
    """
    found = {n: t for n, t in find(checkpoint).items() if isinstance(t, torch.Tensor) and t.is_floating_point()}
    state = {}
    for name, short in canonical(list(found)).items():
        if short in state:
            raise Refused(f"tensor {name!r}: another one stands for {short} too")
        state[short] = found[name].detach().cpu()
    refuse(state)
    if "fc.weight" in state and state["fc.weight"].shape[2:] == (1, 1):
        state["fc.weight"] = state["fc.weight"].flatten(1)
    return state


def find(checkpoint):
    """The dict of tensors in a checkpoint."""
    if not isinstance(checkpoint, dict):
        raise Refused(f"it holds an object of class {type(checkpoint).__name__} rather than a state dict: {WAY_OUT}")
    for state in [checkpoint.get(w) for w in WRAPPERS] + [checkpoint]:
        if isinstance(state, dict) and any(isinstance(t, torch.Tensor) for t in state.values()):
            return state
    raise Refused(f"no state dict, neither directly nor under {', '.join(WRAPPERS)}; the entries are "
                  f"{', '.join(map(repr, list(checkpoint)[:6])) or 'none'}: {WAY_OUT}")


def canonical(names):
    """{name: the original's name for it}: conv1.weight, layer1.0.bn2.bias, fc.weight, ..."""
    prefix = ""
    while names and (more := next((p for p in PREFIXES if all(n.startswith(prefix + p) for n in names)), "")):
        prefix += more
    short = {n: n[len(prefix):] for n in names}
    for mark, rules in RENAMES:
        if any(re.match(mark, s) for s in short.values()):
            for pattern, to in rules:
                short = {n: re.sub(pattern, to, s) for n, s in short.items()}
            break
    return short


def refuse(state):
    """Raises Refused, with the reason, for weights that resemble a BagNet's and are not."""
    for name, t in state.items():
        if "prototype" in name.lower():
            raise Refused(f"tensor {name} belongs to a Proto-BagNet, whose decision is no sum of patch logits")
        if name.startswith(("att_", "attention")) or ".att_" in name:
            raise Refused(f"tensor {name} belongs to an attention head, which weights the patches: the image's logits "
                          "are not the plain mean of the patch logits")
        if t.dim() == 5:
            raise Refused(f"tensor {name} is a 3-D convolution: BagNets for pictures have 2-D ones")
    if "conv1.weight" not in state:
        raise Refused(f"no conv1.weight among {len(state)} tensors ({', '.join(sorted(state)[:2])}, ...): not a BagNet "
                      "that is known here (original, bagnetsv2, Sparse BagNet, PatchGuard or pytorchcv)")
    if state["conv1.weight"].shape[2:] == (7, 7):
        raise Refused("conv1.weight is the 7x7 stem of an ordinary ResNet: this is not a BagNet")
    if "layer1.0.conv2.weight" in state and "layer1.0.conv3.weight" not in state:
        raise Refused("layer1.0 has no conv3: a network of basic blocks, where BagNets have bottleneck blocks")
