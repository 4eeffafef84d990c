"""Writes internal/heatmap/testdata/colour-vision.tsv: how far apart colours of the maps are for people with each of the three
common deficiencies of colour vision, in full, and with none. `python3 scripts/colour_vision.py`; made with scikit-image 0.19.3.

A line is: map, deficiency, and for v = 0.25, 0.5, 0.75 and 1 the least difference of CIEDE2000 of the colours of -v and v and,
after a slash, of 0 and the nearer of both. Colours are those of testdata/matplotlib.tsv; the matrices, on linear RGB, are of
G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
IEEE TVCG 15 (2009), severity 1.0.
"""
import os

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

TESTDATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "internal", "heatmap", "testdata")
SEEN = {
    "none": np.eye(3),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritan": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def seen(rgb, matrix):
    """sRGB [..., 3] in 0..1 as it looks to such people, in CIELAB."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ matrix.T, 0, 1)
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def colour(table, v):
    """The colour of v, -1 to 1, between the nearest two of a table."""
    x = (v + 1) / 2 * (len(table) - 1)
    low = min(int(x), len(table) - 2)
    return table[low] + (x - low) * (table[low + 1] - table[low])


with open(os.path.join(TESTDATA, "matplotlib.tsv")) as f:
    tables = {name: np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(-1, 3) / 255 for name, digits in (line.split() for line in f)}
with open(os.path.join(TESTDATA, "colour-vision.tsv"), "w") as out:
    for name, table in tables.items():
        if name.endswith("_r"):
            continue
        for who, matrix in SEEN.items():
            fields = []
            for v in (0.25, 0.5, 0.75, 1):
                below, zero, above = (seen(colour(table, x), matrix) for x in (-v, 0, v))
                apart = deltaE_ciede2000(below, above)
                strength = min(deltaE_ciede2000(below, zero), deltaE_ciede2000(above, zero))
                fields.append("%.1f/%.1f" % (apart, strength))
            print(name, who, *fields, sep="\t", file=out)
