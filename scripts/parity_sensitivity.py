"""Repeats `bagnet experiment sensitivity` with PyTorch, numpy and scipy, and exits with 1 where the two differ.

usage: python3 scripts/parity_sensitivity.py --bagnet ./bagnet --model NET.safetensors [--network vgg16] [--limit 6] IMAGE...

Two maps of the images, of their own classes, are made by attributions.py. For each of the settings below every curve's
logits and areas, correlations, hits and precision of each image's record, and the report's means and intervals (by
scipy.stats.bootstrap, paired) are computed anew: cells by numpy's reshape, squares by looking for the highest pixel of what
is left, boxes of the original image painted pixel by pixel where torchvision's arithmetic puts them. Filled pixels are
scipy's direct solution without ROAD's noise, which is the program's own: there the logits may differ by what that does.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from scipy.stats import bootstrap

import attributions
import make_infill_goldens

METHODS = ("saliency", "gradient-x-input")
SHARES = (0, 2, 10, 50, 100)
LOGIT, FIGURE, INTERVAL, NOISE = 1e-4, 1e-4, 0.1, 0.1  # of the range; of 1; of the interval's width; of the range
SETTINGS = (("--curve", "both"), ("--curve", "both", "--place", "peaks"), ("--curve", "both", "--fill", "road"),
            ("--patch", "8", "--top", "5", "--tolerance", "7"))


class Image_:
    """What of an image the settings share."""

    def __init__(self, path, net, how, boxes):
        self.noise = np.random.default_rng(1).normal(0, 0.01, (how["crop"], how["crop"], 3)) / how["std"]
        self.x = attributions.prepare(path, **how)
        self.net = net
        with torch.no_grad():
            logits = net(self.x)[0].double()
        self.c, self.span = int(logits.argmax()), float(logits.abs().max())
        self.intact = self.respond(np.zeros(self.x.shape[2:], bool), "mean")
        w, h = Image.open(path).size
        short, crop = how["resize"], how["crop"]
        scale = (short / w, int(short * h / w) / h) if w <= h else (int(short * w / h) / w, short / h)
        off = [round((s * n - crop) / 2) for s, n in ((scale[0], w), (scale[1], h))]
        self.boxes = [[e * scale[i % 2] - off[i % 2] for i, e in enumerate(box)] for box in boxes]

    def respond(self, mask, fill):
        """(logit, probability) with the pixels of mask [h, w] filled."""
        values = self.x[0].permute(1, 2, 0).numpy().astype(float)
        if fill == "road" and mask.any() and not mask.all():
            values = make_infill_goldens.fill(values, mask)
        else:
            values = np.where(mask[:, :, None], 0, values)
        if fill == "road":
            values += self.noise * mask[:, :, None]
        with torch.no_grad():
            logits = self.net(torch.from_numpy(values).permute(2, 0, 1)[None].float())[0].double()
        return float(logits[self.c]), float(torch.softmax(logits, 0)[self.c])

    def inside(self, y, x, tolerance=0):
        return any(np.hypot(max(x0 - x, 0, x - x1), max(y0 - y, 0, y - y1)) <= tolerance for x0, y0, x1, y1 in self.boxes)


def cell_means(values, side):
    h, w = values.shape
    return values.reshape(h // side, side, w // side, side).mean((1, 3))


def squares(values, side, peaks):
    """Masks of what is covered after 0, 1, 2... squares."""
    h, w = values.shape
    mask = np.zeros((h, w), bool)
    yield mask.copy()
    if not peaks:
        means = cell_means(values, side)
        for cell in np.argsort(-means.ravel(), kind="stable"):
            y, x = cell // means.shape[1] * side, cell % means.shape[1] * side
            mask[y:y + side, x:x + side] = True
            yield mask.copy()
        return
    while not mask.all():
        y, x = np.unravel_index(np.where(mask, -np.inf, values).argmax(), (h, w))
        y, x = np.clip(y - side // 2, 0, h - side), np.clip(x - side // 2, 0, w - side)
        mask[y:y + side, x:x + side] = True
        yield mask.copy()


def masks(values, side, peaks):
    """One mask for each share."""
    steps = list(squares(values, side, peaks))
    covered = np.array([m.sum() for m in steps])
    for share in SHARES:
        wanted = round(share / 100 * values.size)
        if not peaks:
            yield steps[int(np.floor(share / 100 * (len(steps) - 1) + 0.5))]
        elif share == 100:
            yield steps[-1]
        else:
            yield steps[int(np.argmax(2 * (wanted - covered) < side * side))]


def area(found, covered):
    p, x = [p for _, p in found], np.array(covered)
    return float(np.trapz(p, x) / (x[-1] - x[0]))


def measure(image, values, o, effects):
    """The record of a map."""
    values = values.astype(float)
    side, fill, peaks = int(o.get("--patch", 16)), o.get("--fill", "mean"), o.get("--place") == "peaks"
    chosen = list(masks(values, side, peaks))
    covered = [m.mean() for m in chosen]
    deletion = [image.respond(m, fill) if m.any() else image.intact for m in chosen]
    insertion = [image.respond(~m, fill) if not m.all() else image.intact for m in chosen]
    means = cell_means(values, side)
    rows, cols = means.shape
    centres = [((i // cols + 0.5) * side, (i % cols + 0.5) * side) for i in range(rows * cols)]
    order = np.argsort(-means.ravel(), kind="stable")
    where = [image.inside(*centres[i]) for i in order]
    k = int(o.get("--top", 0)) or sum(where)
    y, x = np.array(np.unravel_index(values.argmax(), values.shape)) + 0.5 if peaks else centres[order[0]]
    return {"deletion": deletion, "insertion": insertion, "area": area(deletion, covered), "inserted": area(insertion, covered),
            "hit": image.inside(y, x, int(o.get("--tolerance", 0))), "precision": np.mean(where[:k]) if k else np.nan,
            "correlation": np.corrcoef(means.ravel(), effects)[0, 1]}


def effects_of(image, side, fill):
    h, w = image.x.shape[2:]
    drops = []
    for y in range(0, h, side):
        for x in range(0, w, side):
            mask = np.zeros((h, w), bool)
            mask[y:y + side, x:x + side] = True
            drops.append(image.intact[0] - image.respond(mask, fill)[0])
    return drops


def interval(values):
    values = np.array(values, float)
    values = values[~np.isnan(values)]
    found = bootstrap((values,), np.mean, n_resamples=9999, method="percentile", random_state=0).confidence_interval
    return values.mean(), found.low, found.high


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("images", nargs="+")
    p.add_argument("--bagnet", required=True)
    p.add_argument("--model", required=True)
    p.add_argument("--network")
    p.add_argument("--limit", type=int, default=6)
    args = p.parse_args()
    net, own = attributions.load(args.model, args.network)
    how = {**attributions.IMAGENET, **(own or {})}
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        found = attributions.find_images(args.images, None)
        paths = []
        for i, path in enumerate(found[::max(1, len(found) // args.limit)][:args.limit]):
            paths.append(os.path.join(directory, str(i), "image.png"))
            os.mkdir(os.path.dirname(paths[-1]))
            Image.open(path).convert("RGB").save(paths[-1])
        rng, boxes = np.random.default_rng(0), {}
        with open(os.path.join(directory, "boxes.csv"), "w", newline="") as f:
            write = csv.writer(f)
            write.writerow(["path", "x0", "y0", "x1", "y1"])
            for path in paths:
                w, h = Image.open(path).size
                boxes[path] = [sorted(rng.integers(0, w, 2)) + sorted(rng.integers(1, h, 2)) for _ in range(2)]
                boxes[path] = [(int(x0), int(y0), int(x1) + 1, int(y1) + 1) for x0, x1, y0, y1 in boxes[path]]
                write.writerows([path, *box] for box in boxes[path])
        with open(os.path.join(directory, "truth.csv"), "w") as f:
            f.writelines(f"{path},0\n" for path in paths)
        images = {path: Image_(path, net, how, boxes[path]) for path in paths}
        maps = {}
        for method in METHODS:
            for path in paths:
                out = attributions.place(os.path.join(directory, method), path)
                os.makedirs(os.path.dirname(out), exist_ok=True)
                maps[method, path] = attributions.attribute(net, images[path].x, method)[0]
                np.save(out, maps[method, path])
        for settings in SETTINGS:
            o = dict(zip(settings[::2], settings[1::2]))
            records = os.path.join(directory, "records.ndjson")
            report = subprocess.run(
                [args.bagnet, "experiment", "sensitivity", "-m", args.model, "--format", "json", "--records", records, "--force",
                 "--boxes", os.path.join(directory, "boxes.csv"), "--truth", os.path.join(directory, "truth.csv"), "--compare", "all", "--shares", ",".join(map(str, SHARES)),
                 *settings, *[w for m in METHODS for w in ("--map", os.path.join(directory, m))], *paths], stdout=subprocess.PIPE, check=True)
            worst = compare(o, json.loads(report.stdout), [json.loads(line) for line in open(records, encoding="utf-8")], images, maps)
            logit = NOISE if "--fill" in o else LOGIT
            bad = worst["logit"] > logit or "--fill" not in o and worst["figure"] > FIGURE or worst["interval"] > INTERVAL or worst["hits"]
            failed = failed or bad
            print(f"{' '.join(settings):42} {len(paths)} images: logits off by {worst['logit']:.1e} of the range, areas, correlations and "
                  f"precision by {worst['figure']:.1e}, intervals by {worst['interval']:.2f} of their width, {worst['hits']} hits wrong"
                  f"{'  FAILED' if bad else ''}", flush=True)
    sys.exit(1 if failed else 0)


def compare(o, report, records, images, maps):
    worst = {"logit": 0.0, "figure": 0.0, "interval": 0.0, "hits": 0}
    columns = {}
    for record in records:
        path = record["path"]
        image = images[path]
        effects = effects_of(image, int(o.get("--patch", 16)), o.get("--fill", "mean"))
        for method, m in zip(METHODS, record["result"]["maps"]):
            want = measure(image, maps[method, path], o, effects)
            curves = [(m["curve"], want["deletion"])] + ([(m["insertion"]["curve"], want["insertion"])] if "insertion" in m else [])
            for got, ours in curves:
                for point, (logit, _) in zip(got, ours):
                    worst["logit"] = max(worst["logit"], abs(point["logit"] - logit) / image.span)
            figures = [(m["area"], want["area"]), (m["correlation"], want["correlation"]), (m["pointing"]["precision"], want["precision"])]
            if "insertion" in m:
                figures.append((m["insertion"]["area"], want["inserted"]))
            for got, ours in figures:
                worst["figure"] = max(worst["figure"], 0.0 if got is None and np.isnan(ours) else abs(got - ours))
            worst["hits"] += m["pointing"]["hit"] != want["hit"]
            for name, value in (("area", m["area"]), ("insertion_area", m.get("insertion", {}).get("area")), ("correlation", m["correlation"]),
                                ("pointing", float(m["pointing"]["hit"])), ("precision", m["pointing"]["precision"])):
                columns.setdefault((name, method), []).append(np.nan if value is None else value)
    pair = report["networks"][0]["pairs"][0]
    for name in ("area", "insertion_area", "correlation", "pointing", "precision"):
        if name in pair:
            mean, low, high = interval(np.array(columns[name, METHODS[0]]) - columns[name, METHODS[1]])
            got = [pair[name]["mean"], *pair[name]["interval"]]
            width = max(high - low, 1e-9)
            worst["interval"] = max(worst["interval"], *(abs(a - b) / width for a, b in zip(got, (mean, low, high))))
    return worst


if __name__ == "__main__":
    main()
