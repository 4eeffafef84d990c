"""Prints scikit-learn's answers that internal/evaluation/binary_test.go holds, and checks them by hand.

usage: python3 scripts/statistics_goldens.py        (Debian: python3-sklearn)

Scores and grades are made by the same generator as in the test: x -> 1664525 x + 1013904223 modulo 2^32, from a seed.
"""
import numpy as np
from sklearn.metrics import cohen_kappa_score, roc_auc_score


def generate(seed, n):
    out, x = [], seed
    for _ in range(n):
        x = (1664525 * x + 1013904223) % 2**32
        out.append(x >> 16)
    return np.array(out)


def pairs(scores, positive):
    """The share of pairs that are in order, counted one by one."""
    a, b = scores[positive][:, None], scores[~positive][None]
    return ((a > b).mean() + (a == b).mean() / 2)


for seed, n, levels, shift in ((1, 200, 7, 2), (2, 500, 65536, 5000), (3, 50, 1, 0), (4, 1000, 100, -3)):
    positive = generate(seed, n) % 3 == 0
    scores = (generate(seed + 100, n) % levels + shift * positive).astype(float)
    auc = roc_auc_score(positive, scores)
    assert abs(auc - pairs(scores, positive)) < 1e-12
    print("auc", seed, n, levels, shift, repr(float(auc)))
for seed, n, grades in ((5, 300, 5), (6, 1000, 4), (7, 40, 2)):
    truth = generate(seed, n) % grades
    called = np.clip(truth + generate(seed + 100, n) % 3 - 1, 0, grades - 1)
    print("kappa", seed, n, grades, repr(float(cohen_kappa_score(truth, called, weights="quadratic"))))
