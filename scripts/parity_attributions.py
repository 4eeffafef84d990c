"""Tests attributions.py, and compares the program's masking experiment with PyTorch in float64; parity.py runs it.

  complete  DeepLIFT's and Integrated Gradients' maps add up to what the logit changes by from the mean colour: up to
            rounding, and by as much as so many steps allow.
  gradient  df/dx against finite differences at some pixels.
  masking   `bagnet experiment sensitivity` with maps from a directory: what the command attributions.py writes is read,
            and the drop of the logit when each cell is masked, computed by PyTorch and given as a map, correlates with
            the program's own perfectly and makes the same curve.
"""
import json
import os
import subprocess
import sys

import numpy as np
import torch

import attributions
import networks
import pictures
import reference

STEPS = 200
COMPLETE = {"deeplift": 1e-9, "integrated-gradients": 1e-2}  # of the sum of the map's magnitudes
DIFFERENCE, GRADIENT = 1e-6, 1e-5  # of pixels; of the largest slope
CORRELATION, CURVE = 1e-6, 1e-4  # of 1; of the range of the logits
SIDE, CELL, SHARES = 64, 16, (0, 12.5, 50)


def tiny_networks():
    for seed, (name, make) in enumerate(networks.TINY.items()):
        yield name, networks.with_random_weights(make(), seed)
    for family in ("v1", "v2"):
        net = reference.randomize(reference.BagNet(family, 17, width=6, depths=(1, 2, 1, 1), classes=5), 3)
        yield f"bagnet {family}", reference.calibrate(net, [reference.normalise(pictures.synthetic(SIDE, SIDE, seed=i))
                                                            for i in range(3)])


def check_methods(parity, name, net):
    net = net.double().requires_grad_(False)
    x = reference.normalise(pictures.synthetic(75, SIDE, seed=9)).double()
    logits = net(x)[0]
    target = int(logits.argmax())
    change = float(logits[target] - net(torch.zeros_like(x))[0, target])
    for method, tolerance in COMPLETE.items():
        values = attributions.METHODS[method](net, x, target, steps=STEPS)
        off = abs(float(values.sum()) - change) / float(values.abs().sum())
        parity.line(f"attributions: {method}, {name}", 1, f"{off:16.2e} {tolerance:9.0e}", off <= tolerance, "")
    slopes = attributions.gradient(net, x, target)
    worst = 0.0
    for at in np.random.default_rng(0).integers(0, x.numel(), 20):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[at] = DIFFERENCE
        step = step.view_as(x)
        slope = float((net(x + step) - net(x - step))[0, target]) / (2 * DIFFERENCE)
        worst = max(worst, abs(slope - float(slopes.flatten()[at])))
    worst /= float(slopes.abs().max())
    parity.line(f"attributions: gradient, {name}", 1, f"{worst:16.2e} {GRADIENT:9.0e}", worst <= GRADIENT, "")


def sensitivity(parity, model, picture, maps):
    """The program's record of one picture."""
    records = parity.path("records.ndjson")
    command = [parity.bagnet, "experiment", "sensitivity", "-m", model, "--truth", parity.path("truth.csv"), "--resize",
               "none", "--crop", "none", "--patch", str(CELL), "--shares", ",".join(map(str, SHARES)), "--records", records, "--force"]
    for m in maps:
        command += ["--map", m]
    done = subprocess.run(command + [picture], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    with open(records, encoding="utf-8") as f:
        return json.loads(f.read())["result"]


def masked(x, cells):
    x = x.clone()
    for cell in cells:
        i, j = cell // (SIDE // CELL) * CELL, cell % (SIDE // CELL) * CELL
        x[:, :, i:i + CELL, j:j + CELL] = 0
    return x


def check_masking(parity, name, net):
    model, picture, truth = parity.path("masking.pth"), parity.path("masked.png"), parity.path("truth.csv")
    torch.save(net.state_dict(), model)
    pixels = pictures.synthetic(SIDE, SIDE, seed=21)
    pictures.save(picture, pixels)
    with open(truth, "w", encoding="utf-8") as f:
        f.write("path,label\nmasked.png,0\n")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attributions.py")
    written = parity.path("gradient-x-input")
    done = subprocess.run([sys.executable, script, "--model", model, "--method", "gradient-x-input", "--out", written,
                           "--resize", "none", "--crop", "none", picture], capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())

    net, x = net.double().requires_grad_(False), reference.normalise(pixels).double()
    logits = net(x)[0]
    target = int(logits.argmax())
    drops = np.array([float(logits[target] - net(masked(x, [c]))[0, target]) for c in range((SIDE // CELL) ** 2)])
    given = parity.path("drops")
    os.makedirs(given, exist_ok=True)
    np.save(os.path.join(given, "masked.npy"), drops.reshape(SIDE // CELL, -1).astype(np.float32))
    order = np.argsort(-drops, kind="stable")
    want = [float(net(masked(x, order[:round(share / 100 * len(order))]))[0, target]) for share in SHARES]

    record = sensitivity(parity, model, picture, [given, written])
    ours, theirs = record["maps"]
    off = 1 - ours["correlation"]
    parity.line(f"attributions: single cells masked, {name}", 1, f"{off:16.2e} {CORRELATION:9.0e}", off <= CORRELATION, "")
    off = max(abs(p["logit"] - w) for p, w in zip(ours["curve"], want)) / float(logits.abs().max())
    ok = off <= CURVE and record["class"] == target
    parity.line(f"attributions: the curve of masked cells, {name}", 1, f"{off:16.2e} {CURVE:9.0e}", ok, "")

    values = np.load(os.path.join(written, os.path.basename(parity.directory), "masked.npy"))
    means = values.reshape(SIDE // CELL, CELL, SIDE // CELL, CELL).mean((1, 3)).flatten()
    off = abs(np.corrcoef(means, drops)[0, 1] - theirs["correlation"])
    parity.line(f"attributions: a written map's correlation, {name}", 1, f"{off:16.2e} {CURVE:9.0e}", off <= CURVE, "")


def check(parity):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for networks as small as these, more only wait for each other
    for name, net in tiny_networks():
        check_methods(parity, name, net)
    for name, net in tiny_networks():
        if name in ("resnet-basic", "bagnet v1", "bagnet v2"):
            check_masking(parity, name, net)
    torch.set_num_threads(threads)
