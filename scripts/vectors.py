"""Compares what `bagnet` draws as SVG and PDF with the same as PNG: SVG by Chromium, PDF by Poppler.

usage: python3 scripts/vectors.py --bagnet ./bagnet [--only REGEXP] [--keep DIR]

Every kind of picture is drawn three times over, in three sizes or shapes, as .png, .svg and .pdf; pages are then turned into as
many pixels as the PNG has. They must look the same: on average, and wherever one looks (the difference, blurred). Maps
in a PDF file must be their own pixels, exactly, and fonts embedded. The same command twice must write the same bytes.
Poppler draws images up to a pixel wider than they are, and blurs those that are not enlarged four times or more: pages are
drawn four times as large, and pixels averaged.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

import pictures

# Levels of 255: the mean difference of a picture, the largest mean of a square of 24 pixels; Chromium has other fonts.
ALLOWED = {"pdf": (4.5, 27), "svg": (5, 75)}
LARGER = 4
CLASSES = ["tench", "golf ball", "parachute"]


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def photographs(directory):
    """Images of three shapes in directories of three classes."""
    paths = []
    for i, (name, size) in enumerate(zip(CLASSES, [(160, 160), (300, 96), (90, 200)])):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
        paths.append(os.path.join(directory, name, f"{i}.png"))
        pictures.save(paths[-1], pictures.synthetic(*size, seed=i))
    return paths


def cases(images, data):
    """Yields a name and the command that draws it, without the file."""
    whole = ["--resize", "none", "--crop", "none"]
    for image in images:
        shape = "x".join(map(str, Image.open(image).size))
        for style in ("panel", "overlay", "heatmap", "edges"):
            stride = "1" if style == "heatmap" else "8"
            yield f"{style}-{shape}", ["heatmap", image, "-c", "tench", "--style", style, "--stride", stride, *whole, "-o"]
        yield f"versus-{shape}", ["heatmap", image, "-c", "tench", "--versus", "golf ball", "--colormap", "PuOr", *whole, "-o"]
        yield f"attribute-{shape}", ["attribute", image, "-c", "tench", "--method", "saliency", *whole, "-o"]
        yield f"certify-{shape}", ["certify", image, *whole, "-o"]
        yield f"column-{shape}", ["heatmap", image, "-c", "tench", "--stride", "4", "--width", "85", *whole, "-o"]
    for n, style in ((1, "edges"), (2, "overlay"), (3, "heatmap")):
        asked = [word for c in CLASSES[:n] for word in ("-c", c)]
        yield f"figure-{n}", ["heatmap", *images[3 - n:], *asked, "--style", style, "--stride", "4" if n == 2 else "8", *whole, "--figure"]
        yield f"patches-{n}", ["top-patches", data, *asked, "-n", 2 * n, *whole, "--per-image", "9", "--overlap", "0.5", "--figure"]
    for n in (1, 4, 12):
        more = ["--context", "--per-image", "4"] if n == 4 else ["--per-image", "9", "--overlap", "0.5"]
        size = ["--width", "85"] if n == 12 else []
        yield f"sheet-{n}", ["top-patches", data, "-c", "tench", "-n", n, *whole, *more, *size, "-o"]
    for n in (2, 3, 10):
        among = [word for c in CLASSES[:n] for word in ("--among", c)] if n < 10 else []
        yield f"confusion-{n}", ["evaluate", data, *among, "--confusion"]
    yield "plot-accuracy", ["evaluate", data, "-m", "bagnet9-imagenette", "-m", "bagnet33-imagenette", "--plot"]
    yield "plot-certified", ["certify", data, "--summary", "--plot"]
    yield "plot-noise", ["experiment", "noise", data, "-m", "bagnet9-imagenette", "--plot"]


def rendered(svgs, directory):
    """What Chromium makes of SVG files of those sizes: all on one page."""
    width = max(w for _, (w, _) in svgs)
    at, places, page = 0, {}, ""
    for path, (w, h) in svgs:
        places[path] = (0, at, w, at + h)
        page += f'<img src="{path}" style="position:absolute;left:0;top:{at}px;width:{w}px;height:{h}px">'
        at += h
    html, shot = os.path.join(directory, "page.html"), os.path.join(directory, "page.png")
    with open(html, "w") as f:
        f.write(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{page}</body>')
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
        "--force-device-scale-factor=1", f"--window-size={width},{at}", f"--screenshot={shot}", "file://" + html)
    whole = Image.open(shot).convert("RGB")
    return {path: whole.crop(box) for path, box in places.items()}


def chunks(svgs, most=12000):
    """Pages of so many pixels, which a browser can take at once."""
    page, height = [], 0
    for path, size in svgs:
        if page and height + size[1] > most:
            yield page
            page, height = [], 0
        page.append((path, size))
        height += size[1]
    yield page


def blurred(d, side=24):
    """The means of all squares."""
    side = min(side, *d.shape)
    s = np.pad(d.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return (s[side:, side:] - s[:-side, side:] - s[side:, :-side] + s[:-side, :-side]) / side**2


def flat(img):
    """Pixels on white paper."""
    img = img.convert("RGBA")
    paper = Image.new("RGBA", img.size, "white")
    paper.alpha_composite(img)
    return np.asarray(paper.convert("RGB"), float)


def compare(name, kind, drawn, want):
    if drawn.size != want.size:
        return [f"{name}.{kind}: {drawn.size} pixels, the PNG has {want.size}"]
    # Those of 300 dots an inch have letters twice as large as others, and figures are drawn large: a square of 24 pixels is to
    # have some letters, not a part of one.
    k = 2 if "dpi" in want.info else max(1, round(want.size[0] / 1300))
    d = np.abs(flat(drawn.convert("RGBA").reduce(k)) - flat(want.convert("RGBA").reduce(k))).mean(2)
    mean, worst = d.mean(), blurred(d).max()
    print(f"{name}.{kind}: difference {mean:.2f} on average, {worst:.1f} at most in a square of 24 pixels")
    allowed = ALLOWED[kind]
    return [] if mean <= allowed[0] and worst <= allowed[1] else [f"{name}.{kind} does not look like the PNG: {mean:.2f}, {worst:.1f}"]


def own_pixels(directory, bagnet, image):
    """The map in a panel is, pixel for pixel, what --style heatmap draws."""
    whole = ["--resize", "none", "--crop", "none", "-c", "tench", "--stride", "1", "--border", "show"]  # without its line
    path = os.path.join(directory, "own")
    run(bagnet, "heatmap", image, *whole, "-o", path + ".pdf")
    run(bagnet, "heatmap", image, *whole, "--style", "heatmap", "-o", path + ".png")
    run("pdfimages", "-png", path + ".pdf", path)
    want = np.asarray(Image.open(path + ".png").convert("RGB"))
    wrong = []
    found = [n for n in sorted(os.listdir(directory)) if re.fullmatch(r"own-\d+\.png", n)]
    if not any(np.array_equal(np.asarray(Image.open(os.path.join(directory, n)).convert("RGB")), want) for n in found):
        wrong.append(f"none of {len(found)} images in the PDF file is the map, pixel for pixel")
    for line in run("pdffonts", path + ".pdf").splitlines()[2:]:
        if line.split()[-5] != "yes":
            wrong.append(f"a font is not embedded: {line}")
    for line in run("pdfimages", "-list", path + ".pdf").splitlines()[2:]:
        if " no " not in line:
            wrong.append(f"an image is interpolated: {line}")
    first = open(path + ".pdf", "rb").read()
    run(bagnet, "heatmap", image, *whole, "-o", path + ".pdf")
    if open(path + ".pdf", "rb").read() != first:
        wrong.append("the same picture is not the same PDF file")
    print(f"{len(found)} images in the PDF file, one of them the map, pixel for pixel" if not wrong else wrong)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bagnet", required=True)
    parser.add_argument("--only", default="", help="only pictures whose name matches this regular expression")
    parser.add_argument("--keep", help="leave all pictures in this directory")
    options = parser.parse_args()
    bagnet = os.path.abspath(options.bagnet)
    with tempfile.TemporaryDirectory() as temporary:
        directory = os.path.abspath(options.keep or temporary)
        data = os.path.join(directory, "images")
        images = photographs(data)
        wrong, svgs, names = own_pixels(directory, bagnet, images[0]), [], []
        for name, command in cases(images, data):
            if not re.search(options.only, name):
                continue
            path = os.path.join(directory, name)
            for kind in ("png", "svg", "pdf"):
                run(bagnet, *command, f"{path}.{kind}", "-q")
            with Image.open(path + ".png") as img:
                size = img.size
            page = os.path.join(directory, "page")
            run("pdftoppm", "-singlefile", "-scale-to-x", LARGER * size[0], "-scale-to-y", LARGER * size[1], path + ".pdf", page)
            with Image.open(page + ".ppm") as large:
                drawn = large.convert("RGB").reduce(LARGER)
            if options.keep:
                drawn.save(path + "-pdf.png")
            wrong += compare(name, "pdf", drawn, Image.open(path + ".png"))
            svgs.append((path + ".svg", size))
            names.append(name)
        for page in chunks(svgs):
            for path, drawn in rendered(page, directory).items():
                if options.keep:
                    drawn.save(path[: -len(".svg")] + "-svg.png")
                wrong += compare(os.path.basename(path)[: -len(".svg")], "svg", drawn, Image.open(path[: -len("svg")] + "png"))
    for w in wrong:
        print("WRONG:", w)
    print(f"{len(names)} pictures, each as SVG and PDF: {len(wrong)} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
