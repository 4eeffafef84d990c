"""Compares what export_weights.py writes, as the program reads it, with PyTorch in float64; parity.py runs it.

  export   a live module, a wrapped state dict and the command on a checkpoint, v1 and v2, float32 and float16: the
           program's logits, with the preprocessing and the classes that the file brings.
  refused  what cannot be exported raises ExportError and leaves no file; nothing in a pickle is executed.
"""
import contextlib
import copy
import io
import json
import os
import subprocess
import sys

import numpy as np
import torch

import checkpoints
import export_weights
import pictures
import reference
import wild

TOLERANCE = export_weights.TOLERANCE
NARROW = dict(width=12, depths=(1, 2, 2, 1), classes=3)
CLASSES = [("n01440764", "tench"), ("", "two words"), ("", "Füchsin")]
MEAN, STD = (0.4133, 0.2724, 0.1859), (0.2935, 0.2003, 0.1547)
STRIDES = (2, 2, 1, 1)


class DataParallel(torch.nn.Module):
    """What puts `module.` before every name, and answers with one vector a patch as the original's avg_pool=False."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module.fc(self.module.features(x).permute(0, 2, 3, 1))


class OnLoad:
    """A pickled object that makes a directory where it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def command(parity, net, out, *flags):
    """Runs the script on net's state dict as a training script of the v2 repository would have wrapped it."""
    checkpoint, classes = parity.path("trained.pth"), parity.path("classes.tsv")
    torch.save(wild.v2_training(net), checkpoint)
    with open(classes, "w", encoding="utf-8") as f:
        f.writelines(f"{i}\t{wordnet}\t{label}\n" for i, (wordnet, label) in enumerate(CLASSES))
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "export_weights.py")
    done = subprocess.run([sys.executable, script, checkpoint, out, "--classes", classes, *flags, "--check", parity.bagnet],
                          capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())


def comma(values):
    return ",".join(map(str, values))


def exports(parity):
    """(name, family, dtype, function that exports a network to a path) of every way to export."""
    given = dict(classes=CLASSES, resize=None, crop=48, mean=MEAN, std=STD, quiet=True)
    flags = ["--strides", comma(STRIDES), "--resize", "none", "--crop", "48", "--mean", comma(MEAN), "--std", comma(STD)]
    for family in ("v1", "v2"):
        yield "module", family, "f32", lambda net, out: export_weights.export(net, out, **given)
        yield "module in wrappers, one vector a patch", family, "f16", lambda net, out: export_weights.export(
            DataParallel(net), out, dtype="f16", check=parity.bagnet, **given)
        yield "wrapped state dict", family, "f32", lambda net, out: export_weights.export(
            wild.patchguard("net")(net), out, strides=STRIDES, **given)
    yield "command", "v1", "f32", lambda net, out: command(parity, net, out, *flags)
    yield "command", "v2", "f16", lambda net, out: command(parity, net, out, "--dtype", "f16", *flags)


def check_exports(parity, random_network):
    pixels = pictures.synthetic(48, 48, seed=7)  # the crop's size: nothing is cut off
    image, out = parity.path("48.png"), parity.path("exported.safetensors")
    pictures.save(image, pixels)
    x = reference.normalise(pixels, MEAN, STD).double()
    for seed, (name, family, dtype, write) in enumerate(exports(parity)):
        net = random_network(seed, family=family, q=33, strides=STRIDES, **NARROW)
        title = f"export: {family}, {name}, {dtype}"
        try:
            write(net, out)
        except (export_weights.ExportError, RuntimeError) as e:
            parity.line(title, 1, f"{float('nan'):16.2e} {TOLERANCE:9.0e}", False, str(e))
            continue
        state = export_weights.rounded(net.state_dict(), dtype)
        net = net.double()
        net.load_state_dict(state)
        with torch.no_grad():
            want = net(x).numpy()
        parity.case(title, [image], want, TOLERANCE, ["-m", out])
        check_description(parity, title, out)
        os.remove(out)


def check_description(parity, title, out):
    """The classes and the preprocessing as `bagnet models info` has them."""
    done = subprocess.run([parity.bagnet, "models", "info", "--format", "json", out], capture_output=True, text=True)
    info = json.loads(done.stdout or "{}")
    classes = [(c["id"], c["label"]) for c in info.get("classes", [])]
    want = {"resize": 0, "crop": 48, "interpolation": "bilinear", "mean": list(MEAN), "std": list(STD)}
    ok = classes == CLASSES and info["preprocessing"] == want
    if not ok:
        parity.line(title + ": classes, preprocessing", 0, " " * 26, False, f"{classes} {info.get('preprocessing')}")


def check_sizes(parity, random_network):
    """Each way to give a size, as the program reads it."""
    net, out, wrong = random_network(1, family="v1", q=33, strides=STRIDES, **NARROW), parity.path("sized.safetensors"), []
    for given, want in (((96, 128), [96, 128]), ([64, 64], [64, 64]), (None, 0), (80, 80)):
        export_weights.export(net, out, resize=given, crop=None, quiet=True)
        done = subprocess.run([parity.bagnet, "models", "info", "--format", "json", out], capture_output=True, text=True)
        got = json.loads(done.stdout or "{}").get("preprocessing", {})
        if (got.get("resize"), got.get("crop")) != (want, 0):
            wrong.append(f"{given}: {got or done.stderr}")
        os.remove(out)
    parity.line("export: sizes, of one side and of both", 0, " " * 26, not wrong, "; ".join(wrong))


def other_epsilon(net):
    net = copy.deepcopy(net)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eps = 1e-2
    return net


def refusals(net):
    """(what is wrong, a word of the error, what is exported, options)"""
    def spoil(name, value):
        state = {k: v.clone() for k, v in net.state_dict().items()}
        state[name].view(-1)[0] = value
        return state

    whole = net.state_dict()
    yield "another epsilon", "epsilon", other_epsilon(net), {}
    yield "a weight that is not finite", "not finite", spoil("fc.weight", float("nan")), {}
    yield "a negative variance", "not finite", spoil("bn1.running_var", -9.0), {}
    yield "a weight too large for float16", "more than f16", spoil("fc.weight", 7e4), {"dtype": "f16"}
    yield "a missing tensor", "layer2.1.conv3.weight", {k: v for k, v in whole.items() if "layer2.1.conv3" not in k}, {}
    yield "a tensor too many", "se.weight", {**whole, "se.weight": torch.ones(1)}, {}
    yield "an attention head", "attention", {**whole, "att_weight": torch.ones(1)}, {}
    yield "half of a size", "resize None", net, {"resize": (None, 64)}
    yield "too few classes", "2 classes", net, {"classes": ["a", "b"]}
    yield "a crop smaller than a patch", "does not fit", net, {"crop": 20}
    yield "a standard deviation of zero", "above zero", net, {"std": (1, 0, 1)}
    yield "strides that are not the module's", "not run as", net, {"strides": (2, 2, 2, 1)}
    yield "no program to check with", "no program", net, {"check": "no-such-program"}
    yield "a program that fails", "status 1", net, {"check": "false"}


def check_refusals(parity, random_network):
    out = parity.path("refused.safetensors")
    cases = list(refusals(random_network(1, family="v1", q=33, strides=STRIDES, **NARROW)))
    wrong = []
    for what, word, model, options in cases:
        try:
            export_weights.export(model, out, **{"quiet": True, **options})
            wrong.append(f"{what}: exported")
            os.remove(out)
        except export_weights.ExportError as e:
            if word not in str(e):
                wrong.append(f"{what}: {e}")
        wrong += [f"{what}: {f} is left behind" for f in os.listdir(parity.directory) if "refused" in f]
    parity.line(f"export: {len(cases)} refusals", 0, " " * 26, not wrong, "; ".join(wrong))


def check_pickles(parity, random_network):
    made, path, wrong = parity.path("made"), parity.path("hostile.pth"), []
    state = random_network(1, family="v1", q=33, **NARROW).state_dict()
    for zipped in (True, False):
        torch.save({"state_dict": state, "accuracy": np.float64(0.5), "run": OnLoad(made)}, path,
                   _use_new_zipfile_serialization=zipped)
        read = checkpoints.state_dict(checkpoints.load(path))
        if os.path.exists(made) or not all(torch.equal(t, state[name]) for name, t in read.items()):
            wrong.append("zip" if zipped else "legacy")
    parity.line("export: nothing in a pickle is executed", 0, " " * 26, not wrong, ", ".join(wrong))


def check_dead_layer(parity, random_network):
    out, err = parity.path("dead.safetensors"), io.StringIO()
    net = random_network(2, ("layer2.1.conv3",), family="v1", q=33, **NARROW)
    with contextlib.redirect_stderr(err):
        export_weights.export(net, out, dtype="f16", quiet=True)
    os.remove(out)
    ok = err.getvalue().count("layer2.1.conv3.weight: its largest weight is 1e-07") == 1
    parity.line("export: a warning of a dead layer in float16", 0, " " * 26, ok, "" if ok else f"stderr: {err.getvalue()!r}")


def check(parity, random_network):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the networks are too small to share out
    for part in (check_exports, check_sizes, check_refusals, check_pickles, check_dead_layer):
        part(parity, random_network)
    torch.set_num_threads(threads)
