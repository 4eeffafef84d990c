"""Writes internal/experiment/testdata/wilson.json: 95 % intervals of shares by scipy.stats.binomtest, Wilson's method.

usage: python3 scripts/make_wilson_goldens.py
"""
import json
import os

from scipy.stats import binomtest


def main():
    out = []
    for hits, n in ((0, 1), (1, 1), (0, 60), (60, 60), (1, 2), (50, 60), (1743, 1966), (3, 7), (49999, 50000), (500, 1000)):
        found = binomtest(hits, n).proportion_ci(0.95, method="wilson")
        out.append({"hits": hits, "n": n, "interval": [float(found.low), float(found.high)]})
    path = os.path.join(os.path.dirname(__file__), "..", "internal", "experiment", "testdata", "wilson.json")
    with open(path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(line) for line in out) + "\n]\n")


if __name__ == "__main__":
    main()
