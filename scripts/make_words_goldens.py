"""Writes the goldens of bags of visual words: small networks with what NumPy makes of pictures by them, and what SciPy
makes of a k-means and a logistic regression.

usage: python3 scripts/make_words_goldens.py [--check | --compare FILE.safetensors PICTURE.png LOGITS.json]

Everything is computed from the definitions (docs/words.md) in float64, a patch at a time. It writes
internal/words/testdata and internal/words/training/testdata; --check writes nothing and compares with what is there.
--compare holds the logits in a file that 'bagnet classify --format json --top 0' wrote against those computed of the
network in another, of a picture that needs no resizing.
"""
import json
import os
import sys

import numpy as np
import torch
from PIL import Image
from scipy.cluster.vq import kmeans2, vq
from scipy.optimize import minimize

import safetensors_io

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
FAINT = 0.05
# Directions of gradients, 45 degrees apart, clockwise from the right as y goes down.
ANGLES = np.arange(8) * np.pi / 4


def pixels(path):
    """The normalised pixels of a picture [h, w, 3]."""
    return (np.asarray(Image.open(path).convert("RGB"), float) / 255 - MEAN) / STD


def describe(patch):
    """The descriptors of one patch [q, q, 3]: its shapes [128] and its colours [12]."""
    cell = (patch.shape[0] - 1) // 4
    grey = patch.mean(2)
    a, b, c, d = grey[:-1, :-1], grey[:-1, 1:], grey[1:, :-1], grey[1:, 1:]
    gx, gy = (b + d - a - c) / 2, (c + d - a - b) / 2
    angle, length = np.arctan2(gy, gx) % (2 * np.pi), np.hypot(gx, gy)
    below = np.minimum(np.floor(angle / (np.pi / 4)).astype(int), 7)  # the direction at or before it
    part = angle - ANGLES[below]
    # g = s e(below) + t e(below + 1) for the unit vectors of the two: by the law of sines
    s = length * np.sin(np.pi / 4 - part) / np.sin(np.pi / 4)
    t = length * np.sin(part) / np.sin(np.pi / 4)
    votes = np.zeros(gx.shape + (8,))
    np.put_along_axis(votes, below[..., None], s[..., None], 2)
    np.put_along_axis(votes, ((below + 1) % 8)[..., None], t[..., None], 2)
    shape = votes.reshape(4, cell, 4, cell, 8).sum((1, 3))
    shape = np.sqrt(shape / (shape.sum() + FAINT * 16 * cell * cell)).ravel()
    colours = (patch[:-1, :-1] + patch[:-1, 1:] + patch[1:, :-1] + patch[1:, 1:]) / 4
    return shape, colours.reshape(2, 2 * cell, 2, 2 * cell, 3).mean((1, 3)).ravel()


def patches(image, q, stride, dense=False):
    """The patches of an image, a list of rows; dense: one centred on every stride-th pixel from q // 2 % stride on, zeros
    beyond the image."""
    radius = q // 2
    if not dense:
        ys, xs = (range(0, n - q + 1, stride) for n in image.shape[:2])
    else:
        image = np.pad(image, ((radius, radius), (radius, radius), (0, 0)))
        ys, xs = (range(radius % stride, n - 2 * radius, stride) for n in image.shape[:2])
    return [[image[y:y + q, x:x + q] for x in xs] for y in ys]


def nearest(x, words):
    """The word nearest to x, and by how much the next one's squared distance is larger."""
    d = ((words - x) ** 2).sum(1)
    first, second = np.sort(d)[:2]
    return int(d.argmin()), second - first


def look(net, rows):
    """Of each patch in rows its words [rows][cols][1 or 2] and votes [rows, cols, classes]; and the closest decision."""
    words, votes, margin = [], [], np.inf
    for row in rows:
        words.append([]), votes.append([])
        for patch in row:
            shape, colour = describe(patch)
            own, vote, before = [], net["classifier.bias"].copy(), 0
            for name, x in (("words.shape", shape), ("words.colour", colour)):
                if name in net:
                    word, by = nearest(x, net[name])
                    margin = min(margin, by)
                    own.append(word)
                    vote += net["classifier.weight"][:, before + word]
                    before += len(net[name])
            words[-1].append(own), votes[-1].append(vote)
    return words, np.array(votes), margin


def network(image, q, shapes, colours, classes, rng):
    """A small network whose words are a k-means of the image's own patches."""
    described = [describe(p) for row in patches(image, q, 4) for p in row]
    net = {"words.shape": kmeans2(np.array([s for s, _ in described]), shapes, minit="points", seed=rng)[0]}
    if colours:
        net["words.colour"] = kmeans2(np.array([c for _, c in described]), colours, minit="points", seed=rng)[0]
    net["classifier.weight"] = rng.normal(size=(classes, shapes + colours))
    net["classifier.bias"] = rng.normal(size=classes)
    return {name: v.astype(np.float32).astype(float) for name, v in net.items()}


def golden(image, net, q):
    words, votes, margin = look(net, patches(image, q, 8))
    dense, dense_votes, other = look(net, patches(image, q, 4, dense=True))
    described = [describe(p) for row in patches(image, q, 8) for p in row][::5]
    if min(margin, other) < 2e-5:
        sys.exit(f"a patch of {q} pixels lies {min(margin, other)} between two words: take another seed")
    return {"logits": votes.mean((0, 1)).tolist(), "words": words, "votes": votes.tolist(),
            "dense_words": dense, "dense_votes_of_class_0": dense_votes[..., 0].tolist(),
            "shapes_of_every_fifth": [s.tolist() for s, _ in described], "colours_of_every_fifth": [c.tolist() for _, c in described]}


def lloyd(points, centres, rounds):
    """k-means from given centres: the sum of squared distances at the start of each round, and the last words."""
    inertia = []
    for _ in range(rounds):
        word, distance = vq(points, centres)
        inertia.append(float((distance ** 2).sum()))
        centres = np.array([points[word == k].mean(0) for k in range(len(centres))])
    return {"inertia": inertia, "words": vq(points, centres)[0].tolist(), "centres": centres.tolist()}


def clusters(rng):
    middles = rng.normal(size=(5, 6))
    points = (middles[rng.integers(0, 5, 120)] + 0.4 * rng.normal(size=(120, 6))).astype(np.float32).astype(float)
    start = points[[0, 1, 2, 3, 4, 5, 6]]
    return {"points": points.tolist(), "start": start.tolist(), **lloyd(points, start, 5)}


def regression(rng):
    """Multinomial logistic regression with penalty/2 |weights|^2, biases free, by SciPy."""
    n, k, classes, penalty = 60, 8, 3, 0.02
    x = rng.dirichlet(np.full(k, 0.4), n) * (rng.random((n, k)) < 0.8)
    y = (x @ rng.normal(size=(k, classes)) * 3 + rng.gumbel(size=(n, classes))).argmax(1)
    scale = rng.uniform(0.5, 3, k)

    def objective(flat):
        w, b = flat[:k * classes].reshape(k, classes), flat[k * classes:]
        z = x * scale @ w + b
        z -= z.max(1, keepdims=True)
        log = z - np.log(np.exp(z).sum(1, keepdims=True))
        p = np.exp(log)
        p[np.arange(n), y] -= 1
        value = -log[np.arange(n), y].mean() + penalty / 2 * (w ** 2).sum()
        return value, np.concatenate([((x * scale).T @ p / n + penalty * w).ravel(), p.mean(0)])

    best = minimize(objective, np.zeros((k + 1) * classes), jac=True, method="L-BFGS-B", options={"gtol": 1e-10, "ftol": 1e-15, "maxiter": 10000})
    return {"shares": x.tolist(), "classes": y.tolist(), "scale": scale.tolist(), "penalty": penalty,
            "value": best.fun, "parameters": best.x.reshape(k + 1, classes).tolist()}


def close(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    return np.allclose(np.array(a, float), np.array(b, float), rtol=1e-6, atol=1e-6)


def rounded(v):
    """v with nine digits of each number."""
    if isinstance(v, dict):
        return {k: rounded(x) for k, x in v.items()}
    if isinstance(v, list):
        return [rounded(x) for x in v]
    return float(f"{v:.9g}") if isinstance(v, float) else v


def compare(file, picture, answer):
    tensors, metadata = safetensors_io.load(file)
    net = {name: t.double().numpy() for name, t in tensors.items()}
    words, votes, margin = look(net, patches(pixels(picture), int(metadata["patch_size"]), 8))
    want = votes.mean((0, 1))
    with open(answer) as f:
        got = {p["index"]: p["logit"] for p in json.loads(f.readline())["predictions"]}
    off = max(abs(got[c] - want[c]) for c in got) / np.ptp(want)
    print(f"{len(got)} logits of {votes.shape[0]} x {votes.shape[1]} patches, off by {off:.2g} of their range; closest decision {margin:.2g}")
    sys.exit(not off <= 2e-5)


def main():
    if sys.argv[1:2] == ["--compare"]:
        compare(*sys.argv[2:5])
    root = os.path.join(os.path.dirname(__file__), "..", "internal")
    image = pixels(os.path.join(root, "model", "testdata", "input-41x97.png"))
    files, bad = {}, []
    for q, shapes, colours, classes, seed in ((9, 12, 5, 3, 1), (17, 10, 4, 2, 2), (33, 4, 0, 4, 3)):
        net = network(image, q, shapes, colours, classes, np.random.default_rng(seed))
        path = os.path.join(root, "words", "testdata", f"words-{q}")
        files[path + ".json"] = golden(image, net, q)
        if sys.argv[1:] != ["--check"]:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            safetensors_io.save(path + ".safetensors", {n: torch.from_numpy(v).float() for n, v in net.items()},
                                {"format": "bagnet", "family": "words", "patch_size": str(q)})
    training = os.path.join(root, "words", "training", "testdata")
    files[os.path.join(training, "kmeans.json")] = clusters(np.random.default_rng(4))
    files[os.path.join(training, "logistic.json")] = regression(np.random.default_rng(5))
    for path, made in files.items():
        if sys.argv[1:] == ["--check"]:
            with open(path) as f:
                if not close(json.load(f), made):
                    bad.append(path)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            json.dump(rounded(made), f, separators=(",", ":"))
            f.write("\n")
    if bad:
        sys.exit("other values: " + ", ".join(bad))


if __name__ == "__main__":
    main()
