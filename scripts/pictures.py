"""Synthetic 8-bit pictures for comparisons: colour gradients, edges, discs, fine texture and noise from a seed."""
import numpy as np
from PIL import Image


def synthetic(width, height, seed):
    """[height, width, 3] uint8 array. The same numbers on every machine: only integer arithmetic and one generator."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = []
    for c in range(3):
        a, b, period = (int(v) for v in rng.integers(1, 12, 3))
        plane = (a * x + b * y) // 2 % 256  # a sawtooth: a gradient with edges
        plane = np.where((x // period + y // (period + c)) % 2, plane, 255 - plane // 2)
        for _ in range(4):
            cx, cy, r, v = (int(rng.integers(0, n)) for n in (width, height, 24, 256))
            plane = np.where((x - cx) ** 2 + (y - cy) ** 2 < r * r, v, plane)
        planes.append(plane + rng.integers(-20, 21, plane.shape))
    return np.clip(np.stack(planes, 2), 0, 255).astype(np.uint8)


def save(path, pixels):
    Image.fromarray(pixels).save(path, optimize=True)


def load(path):
    return np.asarray(Image.open(path).convert("RGB"))
