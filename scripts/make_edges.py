"""Writes internal/heatmap/testdata/canny-*.png: a grey picture drawn from numbers, and the edges that scikit-image
(Debian: python3-skimage) finds in it, white, with a Gaussian of one pixel and of two. `python3 scripts/make_edges.py`; made with 0.19.3."""
import os

import numpy as np
from PIL import Image
from skimage.feature import canny

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "internal", "heatmap", "testdata")


def picture(h=72, w=88):
    """Discs, a bar, a ramp and a ripple of low contrast, and noise of a level or two: uint8 [h, w]."""
    y, x = np.mgrid[:h, :w].astype(float)
    grey = 90 + 40 * x / w + 9 * np.sin(x / 5.3 + y / 9.1)
    for cy, cx, r, level in ((22, 25, 13.4, 70), (47, 60, 17.8, -55), (20, 66, 8.6, 22)):
        grey += level / (1 + np.exp(2.2 * (np.hypot(y - cy, x - cx) - r)))
    grey += 60 * ((np.abs(0.6 * x - 0.8 * y + 20) < 4.5) & (x < 45))
    return np.clip(grey + np.random.default_rng(7).normal(0, 1, (h, w)), 0, 255).round().astype(np.uint8)


grey = picture()
Image.fromarray(grey).save(os.path.join(HERE, "canny-grey.png"))
for sigma, name in ((1, "canny-edges.png"), (2, "canny-edges-2.png")):
    edges = canny(grey.astype(np.float64) / 255, sigma=sigma, low_threshold=0.1 / sigma, high_threshold=0.2 / sigma)
    Image.fromarray((edges * 255).astype(np.uint8)).save(os.path.join(HERE, name))
    print(edges.sum(), "edge pixels")
