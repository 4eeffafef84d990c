"""Writes a BagNet from PyTorch as the safetensors file that `bagnet -m FILE` reads, and checks what it wrote.

usage: python3 scripts/export_weights.py CHECKPOINT.pth OUT.safetensors --classes FILE --resize 256 --crop 224

or in Python, with this directory on PYTHONPATH, for a network in memory (the original's bagnets.pytorchnet.BagNet,
bagnetsv2's, anything with their state dict) or for a state dict:

    from export_weights import export
    export(model, "mine.safetensors", classes=["cat", "dog"], resize=256, crop=224)

The file holds what a checkpoint lacks: the names of the classes, and how pictures are prepared for the network, which
has to be what was done with the pictures it was validated on. Vectors are stored as float32, all else as --dtype says.

A file gets its name only after it has been read back and reference.py's network, built from it, has given the logits
of the module or state dict on random pictures, in float64. A state dict does not say how its network is run; a module
does, so that another padding or another epsilon of its batch norms shows. --check has the program classify the same
pictures: its logits have to be within 2e-5 of their range, their largest magnitude.

Needs PyTorch (1.13 or later), NumPy, and reference.py, checkpoints.py and safetensors_io.py from beside this file.
"""
import argparse
import copy
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib

import numpy as np
import torch

try:
    import checkpoints
    import reference
    import safetensors_io
except ImportError as e:
    raise ImportError(f"{e}: export_weights.py needs reference.py, which it checks every file by, checkpoints.py and "
                      "safetensors_io.py; copy them along, or put their directory on PYTHONPATH") from e

TOLERANCE = 2e-5
DEAD_LAYER = 1e-4  # half precision ruins convolutions whose largest weight is smaller
MAX_SIDE = 14142  # pixels, of what the program resizes to and crops
DTYPES = {"f32": torch.float32, "f16": torch.float16}


class ExportError(ValueError):
    """What cannot be exported, and why."""


def export(model, path, *, classes=None, resize=256, crop=224, interpolation="bilinear", mean=reference.IMAGENET_MEAN,
           std=reference.IMAGENET_STD, strides=None, dtype="f32", name=None, source=None, license=None, training=None,
           check=None, quiet=False):
    """Writes a BagNet to path and returns {"file": ..., "rounding": ..., "program": ...}, shares of the logits' range.

    model     an nn.Module, a state dict, or a dict that wraps one.
    classes   one for each output, in their order: a label, a WordNet id, or a pair of WordNet id and label.
    resize    of the shorter side, or (height, width) of both, and crop, of the centre, in pixels; None for none.
    strides   of the four stages; a module's own, else (2, 2, 2, 1).
    check     the program, if it is to be compared with PyTorch; "bagnet" is looked for on PATH.

    "file" is by how much the file's network differs from model, its weights rounded to dtype; "rounding" what that
    rounding does to the logits; "program" by how much the program's logits differ (only with check). Raises ExportError
    and writes nothing if model cannot be exported or one of the checks fails. What was done is printed, unless quiet.
    """
    if not path.endswith(".safetensors"):
        raise ExportError(f"output {path!r}: its name must end in .safetensors")
    if dtype not in DTYPES:
        raise ExportError(f"dtype {dtype!r}: want one of {', '.join(DTYPES)}")
    is_module = isinstance(model, torch.nn.Module)
    try:
        state = checkpoints.state_dict(model.state_dict() if is_module else model)
    except checkpoints.Refused as e:
        raise ExportError(str(e)) from e
    strides = tuple(strides or (is_module and module_strides(model)) or reference.STRIDES)
    net = network(state, strides)
    tensors = stored(state, dtype)
    metadata = {
        "format": "bagnet", "family": net.family, "patch_size": str(net.patch_size),
        "strides": compact(strides),
        "preprocessing": compact(preprocessing(net, resize, crop, interpolation, mean, std)),
        **({"classes": compact(class_list(classes, net.classes))} if classes is not None else {}),
        **{k: v for k, v in dict(name=name, source=source, license=license, training=training).items() if v},
    }
    pixels = random_pictures(net.patch_size + 64)
    x = torch.cat([reference.normalise(p, mean, std) for p in pixels]).double()
    want = run_module(model, dtype, x) if is_module else run(network(rounded(state, dtype), strides), x)
    found = {"rounding": deviation(run(network(rounded(state, dtype), strides), x), run(net, x))}
    part = path + ".part"
    try:
        safetensors_io.save(part, tensors, metadata)
        found["file"] = self_check(part, tensors, metadata, strides, x, want, is_module)
        if check:
            found["program"] = deviation(program_logits(check, part, pixels, net.classes), want)
            if not found["program"] <= TOLERANCE:
                alike = deviation(run(network(tensors, strides).float(), x.float()), want)
                raise ExportError(f"check: the logits of {check} and of PyTorch in float64 differ by {found['program']:.1e} "
                                  f"of their range, more than {TOLERANCE:.0e} (PyTorch's in float32 by {alike:.1e})")
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)
    if not quiet:
        print(f"wrote {path}: {net.family}, patches of {net.patch_size} pixels, {net.classes} classes, {dtype}; resize "
              f"{size_text(resize)}, crop {crop or 'none'}, {interpolation}")
        print(f"in float64 its logits differ from the {'module' if is_module else 'state dict'}'s by "
              f"{found['file']:.1e} of their range" +
              (f", {found['rounding']:.1e} more by rounding to float16" if dtype == "f16" else ""))
        if check:
            print(f"the program's logits differ from PyTorch's in float64 by {found['program']:.1e} of their range "
                  f"(limit {TOLERANCE:.0e})")
    return found


def compact(value):
    return json.dumps(value, separators=(",", ":"))


# ---- weights and metadata


def network(state, strides):
    """reference.py's network with the weights of a state dict, in float64."""
    if len(strides) != 4 or not all(isinstance(s, int) and 1 <= s <= 8 for s in strides):
        raise ExportError(f"strides {strides}: want four whole numbers from 1 to 8")
    try:
        net = reference.BagNet.from_state_dict(state, strides=strides).double()
    except KeyError as e:
        raise ExportError(f"tensor {e.args[0]} is missing: this is not a whole BagNet") from e
    except (RuntimeError, IndexError) as e:
        reason = str(e).replace("\t", "").partition(":\n")
        raise ExportError(f"its tensors are not those of a BagNet: {(reason[2] or reason[0]).splitlines()[0]}") from e
    own = net.state_dict()
    with torch.no_grad():  # load_state_dict has rounded what was float64
        for name, t in state.items():
            own[name].copy_(t)
    return net


def stored(state, dtype):
    """The tensors as they are written, vectors first; ExportError if dtype cannot hold them."""
    out = {}
    for name, t in sorted(state.items(), key=lambda item: (item[1].dim() > 1, item[0])):
        if not torch.isfinite(t).all():
            raise ExportError(f"tensor {name} has values that are not finite: training has diverged")
        largest = t.abs().max().item()
        half = dtype == "f16" and t.dim() > 1
        if largest > torch.finfo(DTYPES["f16" if half else "f32"]).max:
            raise ExportError(f"tensor {name} has a weight of {largest:g}, more than {'f16' if half else 'f32'} can hold")
        if half and t.dim() == 4 and largest < DEAD_LAYER:
            warnings.warn(f"{name}: its largest weight is {largest:.1g}, too small for f16; results will change, use f32")
        out[name] = t.to(torch.float16 if half else torch.float32)
    return out


def rounded(state, dtype):
    """The state with the rounding of its matrices to dtype; vectors as they are."""
    return {n: t.to(DTYPES[dtype]).double() if t.dim() > 1 else t for n, t in state.items()}


def preprocessing(net, resize, crop, interpolation, mean, std):
    """What metadata says about pictures, checked as the program will check it."""
    both = isinstance(resize, (tuple, list)) and len(resize) == 2
    sides = [("resize", side, False) for side in (resize if both else ())]
    for what, side, optional in (*sides, ("resize", None if both else resize, True), ("crop", crop, True)):
        if not (optional and side is None) and not (isinstance(side, int) and 1 <= side <= MAX_SIDE):
            raise ExportError(f"{what} {side!r}: want a number of pixels from 1 to {MAX_SIDE}, or none")
    if crop and net.family == "v1" and crop < net.patch_size:
        raise ExportError(f"crop {crop}: a patch of {net.patch_size} pixels does not fit into it")
    if interpolation not in ("bilinear", "bicubic"):
        raise ExportError(f"interpolation {interpolation!r}: want bilinear or bicubic")
    mean, std = ([float(v) for v in values] for values in (mean, std))
    if len(mean) != 3 or len(std) != 3 or not all(math.isfinite(v) for v in mean) or not all(
            1e-38 < v < 1e38 for v in std):
        raise ExportError(f"mean {mean}, std {std}: want three finite numbers each, of std above zero")
    return {"resize": list(resize) if both else resize or 0, "crop": crop or 0, "interpolation": interpolation, "mean": mean, "std": std}


def class_list(classes, outputs):
    """[{"id", "label"}] of what export takes for classes."""
    out = []
    for c in classes:
        known = isinstance(c, str) and re.fullmatch(r"n\d{8}", c)
        wordnet, label = (c if known else "", c) if isinstance(c, str) else c
        if not label.strip() or any(ord(ch) < 32 or 127 <= ord(ch) < 160 for ch in wordnet + label):
            raise ExportError(f"class {len(out)}: its label {label!r} is empty or has control characters")
        out.append({"id": wordnet, "label": label})
    if len(out) != outputs:
        raise ExportError(f"{len(out)} classes for a network that has {outputs}")
    return out


def read_classes(path):
    """[(WordNet id, label)] of a file: a label a line, or lines of index, id and label with tabs between."""
    with open(path, encoding="utf-8-sig") as f:
        try:
            lines = f.read().rstrip().split("\n")
        except UnicodeDecodeError:
            raise ExportError(f"{path!r} is not UTF-8 text") from None
    if "\t" not in lines[0]:
        return [("", line.strip()) for line in lines]
    classes = {}
    for i, line in enumerate(lines, 1):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 3 or not fields[0].isdecimal():
            raise ExportError(f"{path!r}, line {i}: want index, WordNet id and label with tabs between")
        classes[int(fields[0])] = tuple(fields[1:])
    if sorted(classes) != list(range(len(lines))):
        raise ExportError(f"{path!r}: the indices are not 0 to {len(lines) - 1}, each once")
    return [classes[i] for i in range(len(lines))]


# ---- the checks


def random_pictures(size):
    """[4, size, size, 3] uint8: coloured squares of four sizes under noise, always the same."""
    rng, pictures = np.random.default_rng(0), []
    for side in (4, 8, 16, 32):
        squares = rng.integers(0, 226, (size // side + 1, size // side + 1, 3)).repeat(side, 0).repeat(side, 1)
        pictures.append(squares[:size, :size] + rng.integers(0, 30, (size, size, 3)))
    return np.stack(pictures).astype(np.uint8)


def run(net, x):
    """[n, classes] logits, float64."""
    with torch.no_grad():
        return net(x).numpy()


def deviation(got, want):
    """The largest difference as a share of the range of the logits, their largest magnitude."""
    if not np.isfinite(want).all():
        raise ExportError("the logits of random pictures are not finite: training has diverged")
    return float(np.abs(got - want).max() / (np.abs(want).max() or 1))


def bare(module):
    """The module inside DataParallel and torch.compile."""
    while True:
        if hasattr(module, "_orig_mod"):
            module = module._orig_mod
        elif isinstance(module, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            module = module.module
        else:
            return module


def module_strides(module):
    """The strides of a module's stages, each of its first block's conv2; None if its parts are called otherwise."""
    parts = dict(module.named_modules())
    convs = {short: parts[n[:-len(".weight")]] for n, short in checkpoints.canonical(list(module.state_dict())).items()
             if n.endswith(".weight")}
    try:
        return [convs[f"layer{stage}.0.conv2.weight"].stride[0] for stage in (1, 2, 3, 4)]
    except (KeyError, AttributeError):
        return None


def run_module(module, dtype, x):
    """[n, classes] logits, float64, of a copy of module with weights rounded to dtype, in evaluation mode."""
    module = copy.deepcopy(bare(module)).cpu().double().eval()
    with torch.no_grad():
        for p in module.parameters():
            if p.dim() > 1:
                p.copy_(p.to(DTYPES[dtype]))
        try:
            y = module(x)
            return (y.mean((1, 2)) if y.dim() == 4 else y).numpy()  # avg_pool=False: one vector a patch
        except Exception as e:  # the module's own code
            raise ExportError(f"running the module in float64 on {list(x.shape)} numbers: {e}: make its forward take "
                              "them and return logits, or export its state_dict()") from e


def self_check(path, tensors, metadata, strides, x, want, is_module):
    """The deviation of the network in a file from want; ExportError if the file is not what was to be written."""
    again, beside = safetensors_io.load(path)
    if beside != metadata or again.keys() != tensors.keys() or not all(
            t.dtype == tensors[n].dtype and torch.equal(t, tensors[n]) for n, t in again.items()):
        raise ExportError(f"reading {path!r} back: it is not what was written: is the disk full or failing?")
    got = run(network({n: t.double() for n, t in again.items()}, strides), x)
    if got.shape != want.shape:
        raise ExportError(f"the module returns numbers of shape {list(want.shape)}, {list(got.shape)} logits expected")
    found = deviation(got, want)
    if not found <= TOLERANCE:
        raise ExportError(f"the logits of the network written and of what was given differ by {found:.1e} of their range" +
                          (": the module is not run as a BagNet is (another padding, stride, epsilon of its batch norms, "
                           "activation, or a head that is no mean of patches)" if is_module else ""))
    return found


def write_png(path, pixels):
    """Writes [h, w, 3] uint8 without loss; there need be no PIL where a network is trained."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    h, w, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def program_logits(program, model, pixels, classes):
    """[n, classes] logits that the program gives for pictures of the network's own size, pixels [n, h, w, 3]."""
    found = shutil.which(program)
    if not found:
        raise ExportError(f"check: there is no program {program!r}: give its path, or build it: go build ./cmd/bagnet")
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "logits.npy")
        pictures = [os.path.join(directory, f"{i}.png") for i in range(len(pixels))]
        for path, picture in zip(pictures, pixels):
            write_png(path, picture)
        command = [found, "classify", "-q", "-m", model, "--resize", "none", "--crop", "none", "--npy", out, *pictures]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0 or not os.path.exists(out):
            raise ExportError(f"check: {program} ended with status {done.returncode}: {done.stderr.strip() or 'no logits'}")
        logits = np.load(out)
    if logits.shape != (len(pixels), classes):
        raise ExportError(f"check: {program} gives logits of shape {logits.shape}, {classes} a picture expected")
    return logits


# ---- the command


def side(text):
    return None if text == "none" else int(text)


def size(text):
    """A shorter side, or (height, width) of WxH, as torchvision's Resize takes them; None for none."""
    width, x, height = text.partition("x")
    return (int(height), int(width)) if x else side(text)


def size_text(resize):
    return f"{resize[1]}x{resize[0]}" if isinstance(resize, (tuple, list)) else str(resize or "none")


def numbers(text):
    return [float(v) for v in text.split(",")]


def strides(text):
    return [int(v) for v in text.split(",")]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoint", metavar="CHECKPOINT.pth", help="a state dict, or a dict that wraps one, from torch.save")
    p.add_argument("out", metavar="OUT.safetensors")
    p.add_argument("--classes", metavar="FILE", help="a label a line, or index, id and label with tabs between (default: "
                   "ImageNet's for 1000 outputs, else numbers)")
    p.add_argument("--resize", type=size, default=256, metavar="N|WxH|none", help="of the shorter side, or of both (default 256)")
    p.add_argument("--crop", type=side, default=224, metavar="N|none", help="of the centre (default 224)")
    p.add_argument("--interpolation", default="bilinear", choices=("bilinear", "bicubic"))
    p.add_argument("--mean", type=numbers, default=reference.IMAGENET_MEAN, metavar="R,G,B", help="(ImageNet's)")
    p.add_argument("--std", type=numbers, default=reference.IMAGENET_STD, metavar="R,G,B", help="(ImageNet's)")
    p.add_argument("--strides", type=strides, metavar="A,B,C,D", help="of the four stages (default 2,2,2,1)")
    p.add_argument("--dtype", default="f32", choices=DTYPES, help="of matrices and convolutions (default f32)")
    for what in ("name", "source", "license"):
        p.add_argument("--" + what, help="kept in the file")
    p.add_argument("--check", nargs="?", const="bagnet", metavar="BAGNET", help="compare with the program (on PATH)")
    args = vars(p.parse_args())
    warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
    try:
        checkpoint, out, classes = checkpoints.load(args.pop("checkpoint")), args.pop("out"), args.pop("classes")
        export(checkpoint, out, classes=classes and read_classes(classes), **args)
    except (ExportError, checkpoints.Refused) as e:
        print(f"export_weights: {e}", file=sys.stderr)
        return 1
    except OSError as e:
        print(f"export_weights: opening {e.filename!r}: {e.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
