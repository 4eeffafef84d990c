"""Writes matplotlib's colours, which internal/heatmap is held against, to internal/heatmap/testdata/matplotlib.tsv.

usage: python3 scripts/colormap_goldens.py NAME... > internal/heatmap/testdata/matplotlib.tsv

A line for each name: the name, a tab, and the 256 colours of matplotlib's table from the lowest value to the highest, as six
hexadecimal digits each, every channel rounded to the nearest of 255 levels. Needs matplotlib (3.6.3 made the file).
"""

import sys

import matplotlib

for name in sys.argv[1:]:
    colours = matplotlib.colormaps[name](range(256))[:, :3]
    print(name, "".join("%02x%02x%02x" % tuple(int(c * 255 + 0.5) for c in rgb) for rgb in colours), sep="\t")
