"""Writes internal/experiment/testdata/intervals.json: 95 % bootstrap intervals of means by scipy.stats.bootstrap.

usage: python3 scripts/make_bootstrap_goldens.py

Two columns of figures of the same images, which go up and down together, and a third with some missing. The intervals are
percentiles of 99,999 samples of the images; that of the difference is paired: an image is drawn with both of its figures.
"""
import json
import os

import numpy as np
from scipy.stats import bootstrap


def mean(values, axis):
    return np.mean(values, axis=axis)


def difference(a, b, axis):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def interval(data, statistic, paired=False):
    found = bootstrap(data, statistic, paired=paired, n_resamples=99999, method="percentile", vectorized=True, batch=1000,
                      random_state=np.random.default_rng(1)).confidence_interval
    return [float(found.low), float(found.high)]


def main():
    rng = np.random.default_rng(0)
    difficulty = rng.gamma(2, 0.15, size=80)
    first, second = (np.round(difficulty + rng.normal(0, 0.05, size=80) + shift, 4) for shift in (0.02, 0))
    third = np.round(rng.random(80), 4)
    some = third.copy()
    some[::7] = np.nan
    out = {"first": first.tolist(), "second": second.tolist(), "some": [None if np.isnan(v) else v for v in some],
           "intervals": {"first": interval((first,), mean), "second": interval((second,), mean),
                         "some": interval((some[~np.isnan(some)],), mean),
                         "paired": interval((first, second), difference, paired=True),
                         "unpaired": interval((first, second), difference)}}
    path = os.path.join(os.path.dirname(__file__), "..", "internal", "experiment", "testdata", "intervals.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        json.dump(out, f)
        f.write("\n")
    print(out["intervals"])


if __name__ == "__main__":
    main()
