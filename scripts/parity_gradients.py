"""Compares gradients with PyTorch's autograd in float64, on every family; parity.py runs it.

  image     d logit / d pixel, of the likeliest class: 1e-4 of the largest slope.
  layer     the last feature map and the gradient there, which Grad-CAM and LayerCAM are made of, by PyTorch's hooks.
  rescale   DeepLIFT's multipliers against another picture, by attributions.py, and that they add up: to 1e-3.

A gradient jumps where a ReLU's input is 0 or two values of a window are equal, and float32 is on the other side of that
than float64 where a value is within its rounding. Of several pictures the one is taken whose values are farthest from
all of that; the margin that there was, of the largest value of a layer, is in the table.

Networks have random weights, of three seeds, but for those that the project has trained. `go run ./scripts/gradients`
is what computes.

usage by itself: python3 scripts/parity_gradients.py --time resnet50,vgg16 [--rounds 5]: a pass forwards and
backwards, frozen parameters, the gradient at the image, two threads, 224 x 224, interleaved with PyTorch's; memory.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from torchvision import models

import attributions
import networks
import pictures
import reference
import wild

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TOLERANCE, COMPLETE = 1e-4, 1e-3
SIZE = (64, 64)
TRIES = 12  # pictures
QUICK = ("resnet18", "densenet121")
NAMES = ("resnet18", "resnet50", "vgg16", "vgg19_bn", "densenet121", "alexnet")
TRAINED = ("bagnet9-imagenette", "bagnet17-imagenette", "bagnet33-imagenette", "resnet18-imagenette")


def build(directory):
    binary = os.path.join(directory, "gradients")
    subprocess.run(["go", "build", "-o", binary, "./scripts/gradients"], cwd=ROOT, check=True)
    return binary


def program(binary, model, image, target, *flags):
    """What it has computed, and the peak of its memory, bytes."""
    out = image + ".json"
    process = subprocess.Popen([binary, "-m", model, "-c", str(target), *flags, image, out])
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"gradients: status {os.waitstatus_to_exitcode(status)}")
    with open(out, encoding="utf-8") as f:
        return json.load(f) | {"bytes": usage.ru_maxrss << 10}


def off(got, want):
    """[h, w, 3] of the program against [1, 3, h, w]: the largest difference, of the range."""
    got = np.asarray(got["values"], dtype=np.float64).reshape(got["shape"])
    want = want[0].permute(1, 2, 0).numpy()
    return np.abs(got - want).max() / np.abs(want).max()


def cases(quick, first_seed):
    """(name, network, path of a file or None)."""
    for name in QUICK if quick else NAMES:
        for seed in range(first_seed, first_seed + (1 if quick else 3)):
            yield f"{name}, seed {seed}", networks.published(name, seed), None
    for family in ("v1", "v2"):
        for q in (9, 33):
            net = reference.randomize(reference.BagNet(family, q, width=16, classes=10), q)
            yield f"bagnet {family} q{q}", net.float(), None
    for name in TRAINED[-2:] if quick else TRAINED:
        path = os.path.join(ROOT, "models", name + ".safetensors")
        yield name, attributions.load(path)[0], path


def feature_map(net):
    """The module whose output is the program's last feature map; None for DenseNets, whose ReLU behind it is none."""
    if hasattr(net, "layer4"):
        return net.layer4
    if isinstance(net, (models.VGG, models.AlexNet, networks.VGG, networks.AlexNet)):
        return net.features
    return None


@contextmanager
def margins():
    """A list of how far the inputs of ReLUs are from 0 and maxima from the next value, at least, of the layer's range."""
    seen, relu, max_pool2d = [], F.relu, F.max_pool2d

    def watched_relu(x, inplace=False):
        seen.append(float(x.abs().min() / x.abs().max()))
        return relu(x)

    def watched_pool(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        if padding == 0:
            windows = F.unfold(x.flatten(0, 1).unsqueeze(1), kernel_size, dilation, 0, stride or kernel_size)
            first, second = windows.topk(2, dim=1).values.unbind(1)
            apart = (first - second)[first > 0]  # equal zeros lead nowhere
            seen.append(float(apart.min() / x.abs().max()))
        return max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)

    with mock.patch.object(F, "relu", watched_relu), mock.patch.object(F, "max_pool2d", watched_pool):
        yield seen


def best_picture(net, size, seeds):
    """(margin, pixels) of the picture whose margin is the largest."""
    best = (-1.0, None)
    for seed in seeds:
        pixels = pictures.synthetic(*size, seed=seed)
        with margins() as seen:
            net(reference.normalise(pixels).double())
        best = max(best, (min(seen, default=1.0), pixels), key=lambda pair: pair[0])
    return best


def check(parity, quick, first_seed):
    binary = build(parity.path("."))
    image, other = parity.path("gradients.png"), parity.path("against.png")
    for name, net, path in cases(quick, first_seed):
        if path is None:
            path = parity.path("gradients.pth")
            torch.save(wild.flat(net), path)
        net = net.double().eval().requires_grad_(False)
        margin, pixels = best_picture(net, SIZE, range(TRIES))
        _, against = best_picture(net, SIZE, range(99, 99 + TRIES))
        pictures.save(image, pixels)
        pictures.save(other, against)
        x, base = reference.normalise(pixels).double(), reference.normalise(against).double()
        target = int(net(x)[0].argmax())
        want = attributions.gradient(net, x, target)
        worst = off(program(binary, path, image, target), want)
        parity.line(f"gradients: image, {name}", 1, f"{worst:16.2e} {TOLERANCE:9.0e}", worst <= TOLERANCE, f"margin {margin:.0e}")
        with attributions.rescaled():
            want = attributions.gradient(net, torch.cat([x, base]), target)[:1]
        got = program(binary, path, image, target, "-against", other)
        worst = off(got, want)
        parity.line(f"gradients: rescale, {name}", 1, f"{worst:16.2e} {TOLERANCE:9.0e}", worst <= TOLERANCE, "")
        change = float(net(x)[0, target] - net(base)[0, target])
        total = (np.asarray(got["values"]).reshape(got["shape"]) * (x - base)[0].permute(1, 2, 0).numpy()).sum()
        worst = abs(total - change) / max(abs(change), 1e-3)
        parity.line(f"gradients: adds up, {name}", 1, f"{worst:16.2e} {COMPLETE:9.0e}", worst <= COMPLETE, "")
        module = feature_map(net)
        if module is not None:
            kept = {}
            handle = module.register_forward_hook(lambda _module, _inputs, out: kept.update(map=out))
            want, = torch.autograd.grad(net(x.clone().requires_grad_())[0, target], kept["map"])
            handle.remove()
            got = program(binary, path, image, target, "-layer", "features")
            activations = {"values": got["activations"], "shape": got["shape"]}
            worst = max(off(got, want), off(activations, kept["map"].detach()))
            parity.line(f"gradients: layer, {name}", 1, f"{worst:16.2e} {TOLERANCE:9.0e}", worst <= TOLERANCE, "")


# ---- time and memory


def time_torch(path, name, runs):
    """In a process of its own: prints the medians of both passes and of one forwards, ms, and the peak of memory."""
    torch.set_num_threads(2)
    net = getattr(models, name)(weights=None)
    net.load_state_dict(torch.load(path))
    net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    x = torch.randn(1, 3, 224, 224).contiguous(memory_format=torch.channels_last).requires_grad_()

    def both():
        torch.autograd.grad(net(x)[0, 0], x)

    def forward():
        with torch.no_grad():
            net(x)

    medians = []
    for run in (both, forward):
        times = []
        for i in range(-2, runs):
            start = time.perf_counter()
            run()
            if i >= 0:
                times.append((time.perf_counter() - start) * 1e3)
        medians.append(statistics.median(times))
    print(*medians, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10)


def compare(names, rounds, runs):
    print(f"{'network':14} {'ms':>8} {'PyTorch':>8} {'ratio':>6} {'forward':>8} {'MB':>6} {'PyTorch':>8} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as directory:
        binary = build(directory)
        image, path = os.path.join(directory, "image.png"), os.path.join(directory, "net.pth")
        pictures.save(image, pictures.synthetic(224, 224, seed=1))
        for name in names:
            torch.save(networks.published(name, 0).state_dict(), path)
            rows = []
            for _ in range(rounds):
                got = program(binary, path, image, 0, "-threads", "2", "-time", str(runs))
                done = subprocess.run([sys.executable, __file__, "--torch", path, "--time", name, "--runs", str(runs)],
                                      capture_output=True, text=True, check=True)
                ms, forward, memory = map(float, done.stdout.split())
                rows.append((got["ms"], ms, got["ms"] / ms, got["forward"], got["bytes"] / 2**20, memory / 2**20, got["bytes"] / memory))
            r = [statistics.median(column) for column in zip(*rows)]
            print(f"{name:14} {r[0]:8.1f} {r[1]:8.1f} {r[2]:6.2f} {r[3]:8.1f} {r[4]:6.0f} {r[5]:8.0f} {r[6]:6.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", required=True, help="torchvision's networks, comma-separated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    o = parser.parse_args()
    if o.torch:
        time_torch(o.torch, o.time, o.runs)
    else:
        compare(o.time.split(","), o.rounds, o.runs)


if __name__ == "__main__":
    main()
