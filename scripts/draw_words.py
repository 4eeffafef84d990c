"""Draws docs/words.png: a bird as a bag of visual words.

usage: python3 scripts/draw_words.py [FILE.png]

The bird is laid out of drawn words, so what each patch shows is known. The votes are made up; counts, shares and logits
are computed from them as 'bagnet' does: a class's logit is its bias and the mean of its patches' votes.
"""
import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle, Polygon, Rectangle, Wedge

BIRD = ["sssssssssss",
        "sssssssffss",
        "sssssssfebs",
        "fssssfffffs",
        "fffffffffss",
        "sffffffffss",
        "sssffffffss",
        "sssssllssss",
        "ttttttttttt"]
WORDS = {"s": "sky", "f": "feather", "e": "eye", "b": "beak", "l": "leg", "t": "twig"}
VOTES = {"bird": dict(s=0.5, f=5.0, e=9.0, b=8.0, l=3.0, t=1.5), "plane": dict(s=2.0, f=-2.0, e=-3.0, b=1.0, l=-1.0, t=-2.0)}
BIAS = {"bird": -1.0, "plane": 0.0}
SKY, PLUMAGE, DARK = "#cfe3f5", "#c98b4e", "#5d3a1a"
RNG = np.random.default_rng(3)


def draw(ax, word, x, y):
    """One word in the unit square from (x, y) on, y downwards."""
    def add(shape):
        ax.add_patch(shape)
        shape.set_clip_path(back)
    ground = {"f": PLUMAGE, "e": PLUMAGE}.get(word, SKY)
    back = Rectangle((x, y), 1, 1, facecolor=ground, edgecolor="white", linewidth=0.8)
    ax.add_patch(back)
    if word == "f":
        for row in range(3):
            for col in range(-1, 3):
                centre = (x + (col + 0.5 + 0.5 * (row % 2)) / 2, y + row / 3)
                add(Wedge(centre, 0.28, 0, 180, width=0.05, color=DARK))
    elif word == "e":
        add(Circle((x + 0.5, y + 0.5), 0.34, color="#f7e9c9"))
        add(Circle((x + 0.5, y + 0.5), 0.2, color="black"))
        add(Circle((x + 0.57, y + 0.43), 0.06, color="white"))
    elif word == "b":
        add(Polygon([(x, y + 0.15), (x + 0.95, y + 0.55), (x, y + 0.8)], color="#e8a317"))
        ax.plot([x, x + 0.9], [y + 0.48, y + 0.55], color=DARK, linewidth=0.8)
    elif word == "l":
        add(Rectangle((x + 0.44, y), 0.12, 1, color="#e07b28"))
    elif word == "t":
        add(Rectangle((x, y), 1, 0.45, color="#7a5230"))
        for k in range(3):
            ax.plot([x + 0.1 + 0.3 * k, x + 0.35 + 0.3 * k], [y + 0.15 + 0.08 * k, y + 0.2 + 0.08 * k], color=DARK, linewidth=0.7)


def mosaic(ax, rows, title):
    for y, row in enumerate(rows):
        for x, word in enumerate(row):
            draw(ax, word, x, y)
    ax.set(xlim=(0, len(rows[0])), ylim=(len(rows), 0), aspect="equal")
    ax.axis("off")
    ax.set_title(title, fontsize=10)


def main():
    patches = list("".join(BIRD))
    counts = {w: patches.count(w) for w in WORDS}
    logits = {c: BIAS[c] + sum(VOTES[c][w] for w in patches) / len(patches) for c in VOTES}
    shuffled = list(patches)
    RNG.shuffle(shuffled)
    width = len(BIRD[0])
    fig = plt.figure(figsize=(10, 6.4), dpi=100)
    grid = fig.add_gridspec(2, 2, height_ratios=(1, 1.15), hspace=0.12, wspace=0.08, left=0.03, right=0.97, top=0.94, bottom=0.04)
    mosaic(fig.add_subplot(grid[0, 0]), BIRD, "a bird, laid out of the words that its patches show")
    mosaic(fig.add_subplot(grid[0, 1]), ["".join(shuffled[i:i + width]) for i in range(0, len(shuffled), width)],
           "the same words in another order: the same bag, the same answer")
    ax = fig.add_subplot(grid[1, :])
    ax.set(xlim=(0, 26), ylim=(8.8, 0), aspect="equal")
    ax.axis("off")
    head = dict(fontsize=10, va="center", color="#444444")
    for x, text in ((1.5, "word"), (4.6, "how often"), (15, "vote for bird"), (18, "adds"), (22.4, "vote for plane"), (25.4, "adds")):
        ax.text(x, 0.35, text, ha="left" if x < 12 else "right", **head)
    for i, (w, name) in enumerate(WORDS.items()):
        y = 0.8 + i * 1.02
        draw(ax, w, 0.15, y)
        ax.text(1.5, y + 0.5, name, fontsize=10, va="center")
        ax.add_patch(Rectangle((4.6, y + 0.25), 6 * counts[w] / max(counts.values()), 0.5, color="#5b7fa6"))
        ax.text(4.75 + 6 * counts[w] / max(counts.values()), y + 0.5, str(counts[w]), fontsize=10, va="center")
        for c, x in (("bird", 15), ("plane", 22.4)):
            share = VOTES[c][w] * counts[w] / len(patches)
            ax.text(x, y + 0.5, f"{VOTES[c][w]:+.1f}".replace("-", "−"), fontsize=10, va="center", ha="right")
            ax.text(x + 3, y + 0.5, f"{share:+.2f}".replace("-", "−"), fontsize=10, va="center", ha="right",
                    color="#a03020" if share > 0 else "#2050a0")
    y = 0.8 + 6 * 1.02 + 0.25
    ax.plot([0.15, 25.4], [y, y], color="#888888", linewidth=0.8)
    ax.text(1.5, y + 0.5, f"{len(patches)} patches; a class's bias is added", fontsize=10, va="center")
    for c, x in (("bird", 18), ("plane", 25.4)):
        ax.text(x, y + 0.5, f"{BIAS[c]:+.2f}".replace("-", "−"), fontsize=10, va="center", ha="right")
        ax.text(x, y + 1.3, f"{c}: {logits[c]:.2f}".replace("-", "−"), fontsize=11, va="center", ha="right", weight="bold")
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "docs", "words.png")
    fig.savefig(out, metadata={"Software": None})


if __name__ == "__main__":
    main()
