"""Writes internal/infill/testdata/linear.json: images whose masked pixels scipy's sparse direct solver has filled.

usage: python3 scripts/make_infill_goldens.py [--check VALUES.npy MASK.npy FILLED.npy]

The equations are those of ROAD's noisy linear imputation (Rong et al. 2022) without the noise: the value of a masked
pixel is the mean of its eight neighbours, weighted 1/6 beside and 1/12 across a corner, of those that there are. With
--check three arrays, float32 [h, w, 3], uint8 [h, w] and float32 [h, w, 3], are compared instead.
"""
import json
import os
import sys

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

WEIGHTS = {(dy, dx): (1 / 6 if dy == 0 or dx == 0 else 1 / 12) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx}


def fill(values, mask):
    """values [h, w, c] float64 with the pixels of mask [h, w] filled."""
    h, w = mask.shape
    unknown = np.argwhere(mask)
    number = {tuple(p): i for i, p in enumerate(unknown)}
    rows, cols, entries, right = [], [], [], np.zeros((len(unknown), values.shape[2]))
    for i, (y, x) in enumerate(unknown):
        for (dy, dx), weight in WEIGHTS.items():
            at = (y + dy, x + dx)
            if not (0 <= at[0] < h and 0 <= at[1] < w):
                continue
            rows.append(i), cols.append(i), entries.append(weight)
            if at in number:
                rows.append(i), cols.append(number[at]), entries.append(-weight)
            else:
                right[i] += weight * values[at]
    matrix = coo_matrix((entries, (rows, cols)), shape=(len(unknown),) * 2).tocsc()
    out = values.copy()
    out[mask] = spsolve(matrix, right).reshape(right.shape)
    return out


def masks(h, w, rng):
    """Masks of each kind: what there is in an image's middle, at its edges, and little left."""
    def empty():
        return np.zeros((h, w), bool)
    pixel, corner, rows, left = empty(), empty(), empty(), np.ones((h, w), bool)
    pixel[h // 2, w // 2] = True
    corner[:5, -6:] = corner[-4:, :4] = True
    rows[3:8] = True
    left[h - 2, 1] = False
    cells = np.kron(rng.random((h // 4, w // 4)) < 0.5, np.ones((4, 4))).astype(bool)
    cells = np.pad(cells, ((0, h - cells.shape[0]), (0, w - cells.shape[1])))
    return {"pixel": pixel, "corners": corner, "rows": rows, "all but one": left, "cells": cells,
            "at random": rng.random((h, w)) < 0.8}


def main():
    if sys.argv[1:2] == ["--check"]:
        values, mask, filled = (np.load(path) for path in sys.argv[2:5])
        want = fill(values.astype(float), mask > 0)
        off = np.abs(want - filled).max() / (values.max() - values.min())
        print(f"{int((mask > 0).sum())} of {mask.size} pixels masked: off by at most {off:.2g} of the range")
        sys.exit(1 if off > 1e-5 else 0)
    rng = np.random.default_rng(0)
    h, w = 12, 17
    values = rng.normal(size=(h, w, 3)).astype(np.float32).round(3)
    out = {"h": h, "w": w, "values": values.reshape(-1).astype(float).round(3).tolist(), "masks": []}
    for name, mask in masks(h, w, rng).items():
        filled = fill(np.array(out["values"]).reshape(h, w, 3), mask)
        out["masks"].append({"name": name, "mask": "".join("01"[int(m)] for m in mask.reshape(-1)),
                             "filled": [float(f"{v:.9g}") for v in filled[mask].reshape(-1)]})
    path = os.path.join(os.path.dirname(__file__), "..", "internal", "infill", "testdata", "linear.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(out, f)
        f.write("\n")


if __name__ == "__main__":
    main()
