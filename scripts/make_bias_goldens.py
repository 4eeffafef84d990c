"""Writes what numpy, scipy, skimage and scikit-learn answer for the tests of experiment bias, noise and errors with people.

usage: python3 scripts/make_bias_goldens.py [--check]        (Debian: python3-scipy python3-skimage python3-sklearn)

--check compares the files that are there instead. The lists of indices are those in R. Geirhos et al.'s mapping of
ImageNet's classes to 16 entry-level ones (texture-vs-shape, human_categories.py), where the program has WordNet ids.
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2gray
from sklearn.metrics import accuracy_score, cohen_kappa_score

EXPERIMENT = Path(__file__).resolve().parent.parent / "internal" / "experiment"

NOT_BIRDS, NOT_DOGS = {9, 17, 21, 84, 85, 86, 97, 134}, {192, 204, 227, 242, 251, 258, 260, 264}
SIXTEEN = {
    "airplane": [404], "bear": [294, 295, 296, 297], "bicycle": [444, 671],
    "bird": [i for i in [8, *range(10, 25), *range(80, 101), *range(127, 146)] if i not in NOT_BIRDS],
    "boat": [472, 554, 625, 814, 914], "bottle": [440, 720, 737, 898, 899, 901, 907], "car": [436, 511, 817],
    "cat": [281, 282, 283, 284, 285, 286], "chair": [423, 559, 765, 857], "clock": [409, 530, 892],
    "dog": [i for i in range(152, 269) if i not in NOT_DOGS], "elephant": [385, 386], "keyboard": [508, 878],
    "knife": [499], "oven": [766], "truck": [555, 569, 656, 675, 717, 734, 864, 867],
}


def generate(seed, n):
    """x -> 1664525 x + 1013904223 modulo 2^32, the upper 16 bits, as the test makes them."""
    out, x = [], seed
    for _ in range(n):
        x = (1664525 * x + 1013904223) % 2**32
        out.append(x >> 16)
    return np.array(out)


def entry():
    """Decisions by the largest mean probability, of made-up softmax outputs that are sharp enough to favour few classes."""
    decisions = []
    for seed in range(1, 61):
        z = np.exp(generate(seed, 1000) / 65536 * (4 + seed % 9))
        p = z / z.sum()
        means = {name: float(np.mean(np.take(p, members))) for name, members in SIXTEEN.items()}
        best = max(sorted(means), key=lambda name: means[name])
        decisions.append([best, means[best]])
    assert len({d[0] for d in decisions}) > 3
    return {"members": SIXTEEN, "decisions": decisions}


def bias(rng):
    """Counts of a made-up table of decisions, and coarse and fine parts of two images by scipy."""
    shape, texture, decision = (rng.integers(0, 4, 200) for _ in range(3))
    decision = np.where(rng.random(200) < 0.3, shape, np.where(rng.random(200) < 0.5, texture, decision))
    kept = shape != texture
    counts = []
    for c in [*range(4), None]:
        of = kept if c is None else kept & (shape == c)
        s, t = int((of & (decision == shape)).sum()), int((of & (decision == texture)).sum())
        counts.append({"shape": s, "texture": t, "other": int(of.sum()) - s - t, "bias": s / (s + t)})
    a, b = rng.random((2, 11, 14, 3)).astype(np.float32)
    made = {}
    for sigma in (0.7, 2.0):
        low = [gaussian_filter(x.astype(float), (sigma, sigma, 0), mode="nearest", truncate=4) for x in (a, b)]
        made[str(sigma)] = (low[0] + b - low[1]).ravel().tolist()
    return {"shapes": shape.tolist(), "textures": texture.tolist(), "decisions": decision.tolist(), "dropped": int((~kept).sum()), "counts": counts,
            "height": 11, "width": 14, "a": a.ravel().tolist(), "b": b.ravel().tolist(), "made": made}


def noise(rng):
    """Grey, contrast and uniform noise by the definitions of generalisation-humans-DNNs."""
    x = rng.random((6, 5, 3)).astype(np.float32)
    u = (2 * rng.random((6, 5)) - 1).astype(np.float32)
    grey = np.dstack([rgb2gray(x.astype(float))] * 3)
    contrast = {str(c): ((1 - c) / 2 + grey * c).ravel().tolist() for c in (0.0, 0.3, 1.0)}
    low = (1 - 0.3) / 2 + grey * 0.3
    noisy = {str(w): np.clip(low + w * u[..., None], 0, 1).ravel().tolist() for w in (0.1, 0.9)}
    return {"height": 6, "width": 5, "x": x.ravel().tolist(), "u": u.ravel().tolist(), "grey": grey.ravel().tolist(), "contrast": contrast, "noisy": noisy}


def people(rng):
    """Trials of two subjects and a network's answers; kappa and accuracies by scikit-learn. Responses may be na."""
    names = ["bear", "cat", "dog"]
    truth = rng.integers(0, 3, 60)
    given = [np.where(rng.random(60) < p, truth, rng.integers(0, 3, 60)) for p in (0.8, 0.6, 0.7)]
    given[1] = np.where(rng.random(60) < 0.1, -1, given[1])
    right = [g == truth for g in given]
    pairs = {f"{i} {j}": float(cohen_kappa_score(right[i], right[j])) for j in range(3) for i in range(j)}
    return {"classes": names, "truth": truth.tolist(), "given": [g.tolist() for g in given],
            "accuracies": [float(accuracy_score(truth, g)) for g in given], "kappas": pairs}


FILES = {"entry/testdata/sixteen.json": lambda rng: entry(), "bias/testdata/bias.json": bias, "noise/testdata/noise.json": noise,
         "agreement/testdata/people.json": people}


def close(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(close, a, b))
    return abs(a - b) < 1e-9 if isinstance(a, float) else a == b


if __name__ == "__main__":
    for name, make in FILES.items():
        path, made = EXPERIMENT / name, json.loads(json.dumps(make(np.random.default_rng(7))))
        if sys.argv[1:] == ["--check"]:
            if not close(made, json.loads(path.read_text())):
                sys.exit(f"{path} is not what is made now")
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made) + "\n")
