"""Compares the program's heatmaps with PyTorch in float64; parity.py runs it.

  native  every value of `heatmap --stride 8` against the classifier on the reference's last feature map.
  dense   every value of `heatmap --stride 1` of a small image against the reference run on each q x q patch, cut out
          of the image in its frame of zeros.
  stride-S  every value of a v2 network's `heatmap --stride S` against the reference's native maps of the image
          without its first rows and columns.

Values may differ by 2e-5 of the range, the largest magnitude among them, as logits may.
"""
import os
import subprocess

import numpy as np
import torch

import pictures
import reference

TOLERANCE = 2e-5
CLASSES = (3, 0)


def heatmaps(parity, image, *flags):
    """The program's maps of CLASSES, float64 [rows, cols, len(CLASSES)]."""
    out = parity.path("maps")
    command = [parity.bagnet, "heatmap", "-o", out, "--npy", out, "--style", "heatmap", "--resize", "none", "--crop", "none",
               *(f for c in CLASSES for f in ("--class", str(c))), *flags, image]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip() or 'nothing on stderr'}")
    arrays = {}
    for name in sorted(os.listdir(out)):
        path = os.path.join(out, name)
        if name.endswith(".npy"):
            arrays[name.split(".")[-2]] = np.load(path)
        os.remove(path)
    return np.stack([arrays[f"class_{c}"] for c in CLASSES], -1).astype(np.float64)


def native(net, pixels):
    with torch.no_grad():
        return net.patch_logits(reference.normalise(pixels).double())[..., list(CLASSES)].numpy()


def dense(net, pixels):
    """The logits of every patch, each run by itself."""
    q = net.patch_size
    framed = torch.nn.functional.pad(reference.normalise(pixels).double(), [(q - 1) // 2] * 4)
    rows, cols = pixels.shape[:2]
    patches = torch.cat([framed[:, :, y:y + q, x:x + q] for y in range(rows) for x in range(cols)])
    with torch.no_grad():
        values = torch.cat([net(part)[:, list(CLASSES)] for part in patches.split(64)])
    return values.reshape(rows, cols, len(CLASSES)).numpy()


def shifted(stride):
    """A v2 network's finer map: its native ones of the image without its first rows and columns, put together."""
    def values(net, pixels):
        rows, cols = pixels.shape[:2]
        out = np.full((-(-rows // stride), -(-cols // stride), len(CLASSES)), np.nan)
        for y in range(0, 8, stride):
            for x in range(0, 8, stride):
                out[y // stride::8 // stride, x // stride::8 // stride] = native(net, pixels[y:, x:])
        return out
    return values


def check(parity, random_network):
    for seed, (family, q) in enumerate((f, q) for f in ("v1", "v2") for q in (9, 17, 33)):
        net = random_network(seed, family=family, q=q, classes=10).double()
        weights = parity.path("net.pth")
        torch.save(net.float().state_dict(), weights)
        net = net.double()
        jobs = [("native", 8, native, (130, 171))]
        if family == "v1":
            jobs.append(("dense", 1, dense, (36, 41)))
        else:
            jobs += [(f"stride-{s}", s, shifted(s), (36, 41)) for s in (4, 2, 1)]
        for kind, stride, want, (h, w) in jobs:
            pixels = pictures.synthetic(w, h, seed=seed)
            image = parity.path("heat.png")
            pictures.save(image, pixels)
            name, note, worst = f"heatmap: {family} q={q}, {kind} map of {w} x {h} pixels", "", float("nan")
            try:
                got, expected = heatmaps(parity, image, "-m", weights, "--stride", str(stride)), want(net, pixels)
                if got.shape != expected.shape:
                    note = f"a map of {got.shape}, {expected.shape} expected"
                else:
                    worst = np.abs(got - expected).max() / np.abs(expected).max()
            except RuntimeError as e:
                note = str(e)
            parity.line(name, 1, f"{worst:16.2e} {TOLERANCE:9.0e}", worst <= TOLERANCE, note)
        os.remove(weights)
