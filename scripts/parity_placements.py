"""Compares BagNets whose 3x3 convolutions stand elsewhere, or whose strides are others, with PyTorch; parity.py runs it.

Logits as in parity.py's kind network, 2e-5 of the range. Other strides are in no checkpoint: the program is told them by
`models convert --strides`. Maps at strides 4 and 1 of one placement against the reference run on each patch by itself,
cut out of the image in its frame of zeros; values may differ by parity_heatmap's 1e-4 of the range.
"""
import os
import subprocess

import numpy as np
import torch

import parity_heatmap
import pictures
import reference
import wild

TOLERANCE = 2e-5
PLACEMENTS = [  # name, kernel3 of each stage, strides
    ("BagNet-45", (2, 2, 1, 1), reference.STRIDES),
    ("BagNet-37", (2, 1, 1, 1), reference.STRIDES),
    ("later blocks", ((0, 1, 0), (0, 0, 0, 1), (1, 0, 1, 0, 0, 0), (0, 0, 0)), reference.STRIDES),
    ("BagNet-33's, strides 1,2,2,2", (1, 1, 1, 1), (1, 2, 2, 2)),
]


def inputs(parity, quick):
    """{path of a PNG: its pixels}: square and not, down to one patch of the largest."""
    out = {}
    for i, (w, h) in enumerate([(97, 131), (45, 45)] if quick else [(160, 160), (97, 131), (45, 45)]):
        path = parity.path(f"placement-{w}x{h}.png")
        out[path] = pictures.synthetic(w, h, seed=50 + i)
        pictures.save(path, out[path])
    return out


def check(parity, quick, random_network):
    images = inputs(parity, quick)
    for seed in range(1 if quick else 3):
        for i, (name, kernel3, strides) in enumerate(PLACEMENTS):
            for family in ("v1", "v2"):
                net = random_network(1000 + 10 * seed + i, family=family, kernel3=kernel3, strides=strides, classes=100,
                                     width=16 if quick else 32)
                path = weights = parity.path("placed.pth")
                torch.save(wild.flat(net), path)
                if strides != reference.STRIDES:
                    path = parity.path("placed.safetensors")
                    subprocess.run([parity.bagnet, "models", "convert", "--strides", ",".join(map(str, strides)), weights,
                                    path], check=True, capture_output=True, timeout=300)
                net = net.double()
                with torch.no_grad():
                    want = torch.cat([net(reference.normalise(p).double()) for p in images.values()]).numpy()
                parity.case(f"placement: {family} {name} (q={net.patch_size}), seed {seed}", list(images), want, TOLERANCE,
                            ["-m", path, "--resize", "none", "--crop", "none"])
                for file in {path, weights}:
                    os.remove(file)
        check_maps(parity, seed, random_network)


def check_maps(parity, seed, random_network):
    """The dense map and that at stride 4 of a v1 BagNet-45 of few channels."""
    net = random_network(2000 + seed, family="v1", kernel3=(2, 2, 1, 1), classes=10, width=8)
    weights, image = parity.path("placed.pth"), parity.path("placed.png")
    torch.save(net.state_dict(), weights)
    pixels = pictures.synthetic(54, 46, seed=seed)  # one native patch and a little more
    pictures.save(image, pixels)
    every = parity_heatmap.dense(net.double(), pixels)
    radius = (net.patch_size - 1) // 2
    for stride in (4, 1):
        # Patches are centred on every stride-th pixel such that those within the image are the native grid's.
        origin = radius % stride
        want = every[origin::stride, origin::stride]
        note, worst = "", float("nan")
        try:
            got = parity_heatmap.heatmaps(parity, image, "-m", weights, "--stride", str(stride))
            if got.shape != want.shape:
                note = f"a map of {got.shape}, {want.shape} expected"
            else:
                worst = np.abs(got - want).max() / np.abs(want).max()
        except RuntimeError as e:
            note = str(e)
        tolerance = parity_heatmap.TOLERANCE
        parity.line(f"placement: map at stride {stride}, v1 q=45, seed {seed}", 1, f"{worst:16.2e} {tolerance:9.0e}",
                    worst <= tolerance, note)
    os.remove(weights)
