"""Compares the program's certificates with the definitions of docs/certificates.md, by brute force on the arrays that
`bagnet patches` writes: every window and every pair of windows is a mask over the cells, and every sum is one over the
cells that a mask leaves. There are no summed-area tables, no bounds, and nothing of the program's but the logits.

usage: python3 scripts/parity_certify.py --bagnet ./bagnet [--model NAME|PATH]... [--every N] [--flag=...]... IMAGE|DIR...

parity.py runs check() on synthetic pictures, or on photographs where it has them. For each image it compares, for each
method and size of sticker, window, answer, alert and certificate, and the largest certified sticker and the weakest
window of the double masking. Margins nearer to 0 than CLOSE of the logits' range count for either side: float64 sums
in another order differ by 1e-13 of it.
"""
import argparse
import collections
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

CLOSE = 1e-9
METHODS = ("double", "patchguard", "clipped", "detect")
STICKERS = ("1%", "2%", "3%", "8", "40")


def windows(rows, cols, w):
    """bool [windows, rows * cols]: the cells of each window of w x w, by rows; smaller where the grid is."""
    h, w = min(w, rows), min(w, cols)
    masks = []
    for i in range(rows - h + 1):
        for j in range(cols - w + 1):
            mask = np.zeros((rows, cols), bool)
            mask[i:i + h, j:j + w] = True
            masks.append(mask.ravel())
    return np.array(masks)


def gaps(sums, y):
    """By how much class y exceeds the best other one: [..., classes] to [...]."""
    return sums[..., y] - np.delete(sums, y, -1).max(-1)


def double(u, masks):
    keep = ~masks
    ones = keep.astype(float) @ u
    answers = ones.argmax(1)
    majority = np.bincount(answers).argmax()
    pairs = np.stack([(keep & k).astype(float) @ u for k in keep])  # [first, second, classes]
    answer = majority
    for m in np.flatnonzero(answers != majority):
        if (pairs[m].argmax(-1) == answers[m]).all():
            answer = answers[m]
            break
    return answer, False, gaps(pairs, answer).min(1)


def patchguard(u, masks):
    v, keep = np.maximum(u, 0), (~masks).astype(float)
    left = keep @ v
    answer = left.min(0).argmax()  # s - max over windows of their sums
    k = np.array([(masks.astype(float) * own) @ v[:, answer] for own in keep]).max(1)
    margins = left[:, answer] - k - np.delete(left, answer, 1).max(1)
    if v.sum(0).argmax() != answer:
        margins = np.full_like(margins, -np.inf)
    return answer, False, margins


def clipped(u, masks):
    t = np.tanh(0.05 * u - 1)
    answer = t.sum(0).argmax()
    return answer, False, gaps((~masks).astype(float) @ t, answer) - 2 * masks[0].sum()


def detect(u, masks, tau):
    answer = u.sum(0).argmax()
    sums = (~masks).astype(float) @ u
    means = sums / len(u)
    p = np.exp(means - means.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    alert = ((sums.argmax(1) != answer) & (p.max(1) >= tau)).any()
    margins = gaps(sums, answer)
    if tau > 0:
        margins = np.minimum(margins, len(u) * np.log(p[:, answer] / tau))
    return answer, alert, margins


def side(sticker, width, height):
    """The sticker's side in pixels, by whole numbers."""
    if not sticker.endswith("%"):
        return int(sticker)
    n = 1
    while 100 * n * n < int(sticker[:-1]) * width * height:
        n += 1
    return n


def compare(found, u, patch, stride, tau):
    """What is wrong with an object that certify has printed, for the logits u [rows, cols, classes]."""
    wrong, (rows, cols, classes) = [], u.shape
    cells = u.reshape(-1, classes).astype(np.float64)
    close = CLOSE * rows * cols * max(1, np.abs(cells).max())
    methods = {"double": double, "patchguard": patchguard, "clipped": clipped, "detect": lambda u, m: detect(u, m, tau)}
    for r in found["results"]:
        w = math.ceil((r["patch"] + patch - 1) / stride)
        if r["window"] != w:
            wrong.append(f"{r['patch']} pixels: windows of {r['window']}, want {w}")
        answer, alert, margins = methods[r["method"]](cells, windows(rows, cols, w))
        certified = bool((margins > 0).all()) and not alert
        same = r["answer"]["index"] == answer and r.get("alert", False) == alert and r["certified"] == certified
        if not same and not (abs(margins.min()) < close and r["answer"]["index"] == answer):
            wrong.append(f"{r['method']}, windows of {w}: {r['answer']['index']} {r['certified']}, want {answer} {certified} {alert}, margin {margins.min():.3g}")
    largest = 0
    for w in range(math.ceil(patch / stride), max(rows, cols) + 1):
        if (double(cells, windows(rows, cols, w))[2] > 0).all():
            largest = max(0, w * stride - patch + 1)
    if found["largest"] != largest:
        wrong.append(f"the largest certified sticker is said to have {found['largest']} pixels, want {largest}")
    return wrong


def weakest(found, u, x):
    """What is wrong with the weakest window; x is what patches says of the array."""
    rows, cols, classes = u.shape
    w = math.ceil((found["largest"] + 1 + x["patch"] - 1) / x["stride"])
    margins = double(u.reshape(-1, classes).astype(np.float64), windows(rows, cols, w))[2]
    i, j = divmod(int(margins.argmin()), cols - min(w, cols) + 1)
    first = x["origin"][0] - (x["patch"] - 1) // 2
    top, left = first + i * x["stride"], first + j * x["stride"]
    want = [max(0, left), max(0, top)]
    if found["weakest"][:2] != want:
        return [f"the weakest window is said to be at {found['weakest'][:2]}, want {want}"]
    return []


def run(bagnet, *args):
    done = subprocess.run([bagnet, *args], capture_output=True, text=True, timeout=3600)
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip() or 'nothing on stderr'}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_images(bagnet, images, flags, tau=0.0, stickers=STICKERS, methods=METHODS):
    """Compares the certificates of images. Returns how many answers were compared, how many of them were certified, and
    what is wrong."""
    compared, certified, wrong = 0, collections.Counter(), []
    with tempfile.TemporaryDirectory() as out:
        arrays = run(bagnet, "patches", "--npy", os.path.join(out, ""), "--format", "json", *flags, *images)
        asked = [f for s in stickers for f in ("--patch", s)] + [f for m in methods for f in ("--method", m)] + (["--tau", str(tau)] if tau else [])
        found = run(bagnet, "certify", "--format", "json", *asked, *flags, *images)
        assert len(arrays) == len(found) == len(images), (len(arrays), len(found), len(images))
        for x, f in zip(arrays, found):
            u = np.load(x["output"])
            problems = compare(f, u, x["patch"], x["stride"], tau) + weakest(f, u, x)
            wrong += [f"{f['path']}: {p}" for p in problems]
            compared += len(f["results"])
            certified.update(r["method"] for r in f["results"] if r["certified"])
    return compared, certified, wrong


ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def check(parity, photos, quick):
    """For parity.py: the embedded models on pictures of the network's size and of others, and a small padded network."""
    import pictures

    some = photos[:: max(1, len(photos) // (2 if quick else 40))][:2 if quick else 40] + [os.path.join(ROOT, "docs", "golf-ball.png")]
    shapes = []
    for i, (height, width) in enumerate([(97, 131), (64, 200), (33, 33), (41, 120)]):
        shapes.append(parity.path(f"certify-{i}.png"))
        pictures.save(shapes[-1], pictures.synthetic(width, height, i))
    whole = ["--resize", "none", "--crop", "none"]
    padded = os.path.join(ROOT, "internal", "model", "testdata", "v2-q17.safetensors")
    for name, images, flags in [(m, some, ["-m", m]) for m in ("bagnet33-imagenette", "bagnet17-imagenette", "bagnet9-imagenette")] + [
            ("bagnet17-imagenette, any shape", shapes, ["-m", "bagnet17-imagenette", *whole]), ("a v2, any shape", shapes, ["-m", padded, *whole])]:
        compared, certified, wrong = check_images(parity.bagnet, images, flags, tau=0.5)
        parity.line(f"certify: {name}, {sum(certified.values())} of {compared} certified", len(images), f"{len(wrong):16} {0:9}", not wrong, "; ".join(wrong[:3]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--bagnet", required=True)
    p.add_argument("--model", action="append")
    p.add_argument("--every", type=int, default=1, help="of the images, take one in N")
    p.add_argument("--tau", type=float, default=0.0)
    p.add_argument("--patch", action="append")
    p.add_argument("--flag", action="append", default=[], help="pass to the program, such as --flag=--resize=none")
    p.add_argument("images", nargs="+")
    args = p.parse_args()
    images = []
    for path in args.images:
        images += sorted(os.path.join(d, f) for d, _, files in os.walk(path) for f in files) if os.path.isdir(path) else [path]
    bad = 0
    for model in args.model or ["bagnet33-imagenette"]:
        chosen = images[::args.every]
        compared, certified, wrong = check_images(args.bagnet, chosen, ["-m", model, *args.flag], args.tau, args.patch or STICKERS)
        for w in wrong:
            print(w)
        bad += len(wrong)
        print(f"{model}: {len(chosen)} images, {compared} answers compared, {len(wrong)} wrong; certified: {dict(certified)}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
