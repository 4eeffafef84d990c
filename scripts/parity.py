"""Compares the program with PyTorch, and fails where they disagree.

usage: python3 scripts/parity.py --bagnet ./bagnet [--data ../shared/data] [--quick | --full] [--only KIND] [--seed N]

Four kinds of comparison, one line of the table each:

  network   8-bit PNGs that already have the network's size (--resize none --crop none), against a float64 forward pass
            of scripts/reference.py: logits may differ by 2e-5 of their range. Checkpoints with random weights stand in
            for every family of checkpoints in the wild (scripts/wild.py), stored as torch.save and safetensors do.
  pipeline  picture files of any size, decoded, resized and cropped by the program, against PIL, torchvision and
            PyTorch: 2e-2 of the range for JPEGs, whose decoders may differ, and 1e-4 for lossless files, for which every pixel
            has to be PIL's; and the same top-1 wherever PyTorch's margin between its first two classes exceeds twice
            the difference.

  heatmap   the maps of patch logits: see parity_heatmap.py.

  export    files written by export_weights.py: see parity_export.py.
  networks  torchvision's ResNets, VGGs, DenseNets and AlexNet: see parity_networks.py.
  maps  maps of ResNets, DenseNets and SoftCAM, a value a position: see parity_maps.py.
  wrapped  networks within others or beside a loss: see parity_wrapped.py.
  one-output  sigmoids: see parity_one_output.py.
  placements  3x3 convolutions elsewhere, and other strides: see parity_placements.py.
  attributions  maps by gradients, and the program's masking of what they rank: see parity_attributions.py.
  gradients  the engine's gradients, by autograd: see parity_gradients.py.
  certify  certificates against stickers, by brute force: see parity_certify.py.

The range of an image's logits is the largest of their magnitudes. Photographs and the trained model's checkpoint are
taken from --data (its sibling directory models/) where they exist; without them the pictures are synthetic ones.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

import parity_attributions
import parity_certify
import parity_export
import parity_gradients
import parity_heatmap
import parity_maps
import parity_networks
import parity_one_output
import parity_placements
import parity_wrapped
import pictures
import reference
import safetensors_io
import wild

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
NETWORK_TOLERANCE, LOSSLESS_TOLERANCE, PIPELINE_TOLERANCE, ACCURACY_TOLERANCE = 2e-5, 1e-4, 2e-2, 1 / 200
SPARSE = ((0.4133, 0.2724, 0.1859), (0.2935, 0.2003, 0.1547))  # Sparse BagNet's mean and std
CIFAR = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))  # PatchGuard's


class Failure(Exception):
    pass


class Parity:
    def __init__(self, bagnet, directory):
        self.bagnet, self.directory = os.path.abspath(bagnet), directory
        self.cases, self.failures, self.last = 0, 0, time.time()
        print(f"{'case':64} {'images':>6} {'max |diff|/range':>16} {'tolerance':>9} {'s':>5}  ok", flush=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def classify(self, images, *flags):
        """The program's logits, float32 [images, classes]."""
        out = self.path("logits.npy")
        command = [self.bagnet, "classify", "--npy", out, "--format", "json", *flags, "--files-from", "-"]
        try:
            done = subprocess.run(command, input="\n".join(images) + "\n", capture_output=True, text=True, timeout=1200)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise Failure(f"running {self.bagnet!r}: {e}")
        if done.returncode != 0:
            raise Failure(f"exit status {done.returncode}: {done.stderr.strip() or 'nothing on stderr'}")
        logits = np.load(out)
        os.remove(out)
        if logits.dtype != np.float32 or logits.shape[0] != len(images) or not np.isfinite(logits).all():
            raise Failure(f"the .npy file holds {logits.dtype} {logits.shape}, finite float32 [{len(images)}, classes] "
                          "expected")
        return logits.astype(np.float64)

    def case(self, name, images, want, tolerance, flags):
        """One line of the table: the program on images against want [images, classes]. Returns its logits or None."""
        try:
            got = self.classify(images, *flags)
            if got.shape != want.shape:
                raise Failure(f"{got.shape[1]} classes, {want.shape[1]} expected")
            worst, ok, note = self.compare(images, got, want, tolerance)
        except Failure as e:
            got, worst, ok, note = None, float("nan"), False, str(e)
        self.line(name, len(images), f"{worst:16.2e} {tolerance:9.0e}", ok, note)
        return got

    def line(self, name, images, figures, ok, note):
        self.cases += 1
        self.failures += not ok
        seconds, self.last = time.time() - self.last, time.time()
        print(f"{name:64} {images:6} {figures} {seconds:5.1f}  {'ok' if ok else 'FAILED'}", flush=True)
        if note:
            print(f"    {note}", flush=True)

    def compare(self, images, got, want, tolerance):
        diff = np.abs(got - want).max(1)
        share = diff / np.abs(want).max(1)
        note = ""
        if share.max() > tolerance:
            note = f"worst: {os.path.basename(images[share.argmax()])}"
        first_two = np.sort(want, 1)[:, -2:]
        clear = first_two[:, 1] - first_two[:, 0] > 2 * diff
        wrong = clear & (got.argmax(1) != want.argmax(1))
        if wrong.any():
            note += f" another top-1: {', '.join(os.path.basename(images[i]) for i in np.flatnonzero(wrong))}"
        return share.max(), not note, note

    def accuracy(self, name, got, want, labels):
        if got is None:  # the case before has failed and said why
            return
        ours, theirs = ((logits.argmax(1) == labels).mean() for logits in (got, want))
        ok = abs(ours - theirs) <= ACCURACY_TOLERANCE
        self.line(name, len(labels), f"{abs(ours - theirs):16.4f} {ACCURACY_TOLERANCE:9.3f}", ok,
                  f"top-1 of the program {ours:.4f}, of PyTorch {theirs:.4f}")


def random_network(seed, dead=(), **shape):
    """A network with random weights whose logits depend on the picture as much as a trained network's do."""
    net = reference.randomize(reference.BagNet(**shape), seed, dead)
    return reference.calibrate(net, [reference.normalise(pictures.synthetic(120, 120, seed=i)) for i in range(4)])


def forward(net, inputs):
    with torch.no_grad():
        return torch.cat([net(x) for x in inputs]).double().numpy()


# ---- the network alone, on PNGs of its size


def png_inputs(parity, photos, quick):
    """{path of a PNG: its pixels}, of several sizes, square and not, down to a single patch."""
    sizes = [(224, 224), (260, 200), (97, 131), (33, 33)] if quick else [
        (224, 224), (224, 224), (260, 200), (200, 260), (97, 131), (131, 97), (34, 41), (33, 33), (33, 300), (320, 320)]
    out = {}
    for i, (w, h) in enumerate(sizes):
        if photos and i % 2 == 0:
            pixels = np.asarray(transforms.CenterCrop((h, w))(Image.open(photos[i]).convert("RGB")))
        else:
            pixels = pictures.synthetic(w, h, seed=i)
        path = parity.path(f"{i}-{w}x{h}.png")
        pictures.save(path, pixels)
        out[path] = pixels
    return out


ZIP, LEGACY = {}, {"_use_new_zipfile_serialization": False}


def torch_file(form, how):
    return lambda net, path: torch.save(form(net), path, **how)


def safetensors_file(net, path):
    safetensors_io.save(path, net.state_dict())


def network_cases(quick):
    """(network, its dead layers, [(case, file name, writer)]) for every family and way of storing."""
    dead = ("layer1.1.conv3", "layer2.1.conv3", "layer3.4.conv3")
    yield dict(family="v1", q=9), (), [("flat, legacy torch.save", "bagnet9.pth.tar", torch_file(wild.flat, LEGACY))]
    yield dict(family="v1", q=17), (), [("flat, zip", "bagnet17.pth", torch_file(wild.flat, ZIP))]
    yield dict(family="v1", q=33), dead, [
        ("dead layers, no counters, legacy", "bagnet33.pth.tar", torch_file(wild.without_counters, LEGACY)),
        ("dead layers, safetensors", "bagnet33.safetensors", safetensors_file),
        ("pytorchcv, zip", "pytorchcv.pth", torch_file(wild.pytorchcv, ZIP))]
    yield dict(family="v1", q=33, classes=2), (), [
        ("Sparse BagNet, legacy", "sparse.pt", torch_file(wild.sparse_bagnet, LEGACY)),
        ("Sparse BagNet's sibling, zip", "sibling.pt", torch_file(wild.sparse_bagnet_sibling, ZIP))]
    yield dict(family="v1", q=17, classes=10), (), [
        ("PatchGuard, module. under model_state_dict", "pg1.pth", torch_file(wild.patchguard("model_state_dict"), ZIP)),
        ("PatchGuard, module. under state_dict, legacy", "pg2.pth", torch_file(wild.patchguard("state_dict"), LEGACY)),
        ("PatchGuard, module. under net", "pg3.pth", torch_file(wild.patchguard("net"), ZIP)),
        ("model. before the names", "lightning.ckpt", torch_file(wild.prefixed("model."), ZIP)),
        ("_orig_mod. before the names", "compiled.pt", torch_file(wild.prefixed("_orig_mod."), ZIP)),
        ("_orig_mod.module. before the names", "both.pt", torch_file(wild.prefixed("_orig_mod.module."), ZIP))]
    yield dict(family="v2", q=9), (), [("flat, zip", "v2-9.pt", torch_file(wild.flat, ZIP))]
    yield dict(family="v2", q=17), (), [("flat, legacy", "v2-17.pt", torch_file(wild.flat, LEGACY))]
    yield dict(family="v2", q=33), (), [
        ("beside optimizer, scheduler, epoch", "v2-33.pt", torch_file(wild.v2_training, ZIP)),
        ("the same, legacy", "v2-33.pth.tar", torch_file(wild.v2_training, LEGACY))]
    narrow = dict(family="v1", q=33, width=12, depths=(1, 2, 2, 1), classes=7)
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        yield narrow, (), [(f"stem 12, depths 1 2 2 1, {dtype}", "narrow.pth", torch_file(wild.stored_as(dtype), ZIP))]
    yield narrow, (), [("strided views, zip", "views.pth", torch_file(wild.views, ZIP)),
                       ("strided views, legacy", "views.pth.tar", torch_file(wild.views, LEGACY))]
    if not quick:
        yield dict(family="v1", q=33, width=128, depths=(1, 1, 1, 1), classes=100), (), [
            ("stem 128, depths 1 1 1 1", "wide.pth", torch_file(wild.flat, ZIP))]
        yield dict(family="v2", q=33, width=20, depths=(4, 1, 3, 2), classes=3), (), [
            ("stem 20, depths 4 1 3 2", "odd.pth", torch_file(wild.flat, LEGACY))]


def check_network(parity, photos, quick):
    images = png_inputs(parity, photos, quick)
    for seed, (shape, dead, files) in enumerate(network_cases(quick)):
        net = random_network(seed, dead, **shape)
        for _, file, write in files:
            write(net, parity.path(file))
        want = forward(net.double(), [reference.normalise(p).double() for p in images.values()])
        for case, file, _ in files:
            path = parity.path(file)
            parity.case(f"network: {shape['family']} q={shape['q']}, {case}", list(images), want, NETWORK_TOLERANCE,
                        ["-m", path, "--resize", "none", "--crop", "none"])
            os.remove(path)


# ---- the whole pipeline, on picture files


def torchvision_input(path, size, crop, mean=reference.IMAGENET_MEAN, std=reference.IMAGENET_STD, bicubic=False):
    how = transforms.InterpolationMode.BICUBIC if bicubic else transforms.InterpolationMode.BILINEAR
    steps = [transforms.Resize(size, how), transforms.CenterCrop(crop), transforms.ToTensor(),
             transforms.Normalize(mean, std)]
    return transforms.Compose(steps)(Image.open(path).convert("RGB")).unsqueeze(0)


def synthetic_files(parity):
    """(lossless files, JPEGs) of natural sizes, as cameras and editors write them."""
    forms = [("rgb.png", {}, "RGB"), ("grey.png", {}, "L"), ("palette.png", {}, "P"), ("rgb.bmp", {}, "RGB"),
             ("444.jpg", {"subsampling": 0}, "RGB"), ("422.jpg", {"subsampling": 1}, "RGB"),
             ("420.jpg", {"subsampling": 2}, "RGB"), ("progressive.jpg", {"progressive": True}, "RGB"),
             ("grey.jpg", {}, "L")]
    lossless, jpegs = [], []
    for i, (name, options, mode) in enumerate(forms):
        w, h = [(500, 375), (333, 500), (412, 301), (281, 280)][i % 4]
        smooth = Image.fromarray(pictures.synthetic(w // 2, h // 2, seed=100 + i)).resize((w, h), Image.BICUBIC)
        smooth.convert(mode).save(parity.path(name), **({"quality": 90} if name.endswith("jpg") else {}), **options)
        (jpegs if name.endswith("jpg") else lossless).append(parity.path(name))
    return lossless, jpegs


def preprocessing_flags(size, crop, mean=None, std=None, bicubic=False):
    """The program's flags for what torchvision_input does with the same arguments."""
    both = f"{size[1]}x{size[0]}" if isinstance(size, tuple) else str(size)  # torchvision's are (height, width)
    flags = ["--resize", both, "--crop", str(crop), "--interpolation", "bicubic" if bicubic else "bilinear"]
    if mean:
        flags += ["--mean", ",".join(map(str, mean)), "--std", ",".join(map(str, std))]
    return flags


def check_pipeline(parity, data, photos, mode):
    lossless, jpegs = synthetic_files(parity)
    lossless.append(os.path.join(ROOT, "docs/golf-ball.png"))
    some = photos[:: 4 if mode == "quick" else 1]
    few = (some or jpegs)[:4]

    net = random_network(99, family="v1", q=33)
    path = parity.path("random.pth")
    torch.save(net.state_dict(), path)
    plain = dict(size=256, crop=224)
    cifar = dict(size=192, crop=192, mean=CIFAR[0], std=CIFAR[1], bicubic=True)
    sparse = dict(size=512, crop=512, mean=SPARSE[0], std=SPARSE[1])
    framed = dict(size=200, crop=300)
    squeezed = dict(size=(192, 320), crop=160)
    for name, images, tolerance, how in (
            ("256/224, lossless", lossless, LOSSLESS_TOLERANCE, plain),
            ("256/224, synthetic JPEGs", jpegs, PIPELINE_TOLERANCE, plain),
            ("256/224, photographs", some, PIPELINE_TOLERANCE, plain),
            ("192/192 bicubic, CIFAR's statistics", few, PIPELINE_TOLERANCE, cifar),
            ("192/192 bicubic, lossless", lossless, LOSSLESS_TOLERANCE, cifar),
            ("512/512, Sparse BagNet's statistics", few[:2], PIPELINE_TOLERANCE, sparse),
            ("200/300: a crop with a black frame", lossless, LOSSLESS_TOLERANCE, framed),
            ("320x192/160: both sides", lossless, LOSSLESS_TOLERANCE, squeezed)):
        if images:
            want = forward(net, [torchvision_input(f, **how) for f in images])
            parity.case(f"pipeline: random v1 q=33, {name}", images, want, tolerance,
                        ["-m", path] + ([] if how is plain else preprocessing_flags(**how)))
    os.remove(path)

    state, _ = safetensors_io.load(os.path.join(ROOT, "models/bagnet33-imagenette.safetensors"))
    net = reference.BagNet.from_state_dict({k: v.float() for k, v in state.items()}).double()
    images = lossless + jpegs + photos
    want = forward(net, [torchvision_input(f, 160, 160).double() for f in images])
    parity.case("pipeline: the embedded model, by default", images, want, PIPELINE_TOLERANCE, [])

    trained = os.path.join(data, "../models/bagnet33-imagenette.pth")
    if not os.path.exists(trained):
        return
    net = reference.BagNet.from_state_dict(torch.load(trained)["state_dict"]).double()
    flags = ["-m", trained] + preprocessing_flags(160, 160)
    sets = [("photographs", photos)] if photos else []
    val = sorted(glob.glob(os.path.join(data, "imagenette/val/*/*")))
    if val:
        sets.append(("Imagenette's val", val[:: {"quick": 20, "default": 8, "full": 1}[mode]]))
    for where, images in sets:
        want = forward(net, [torchvision_input(f, 160, 160).double() for f in images])
        got = parity.case(f"pipeline: the trained checkpoint, {where}", images, want, PIPELINE_TOLERANCE, flags)
        if images is not photos and mode == "full":
            classes = sorted({os.path.basename(os.path.dirname(f)) for f in val})
            labels = np.array([classes.index(os.path.basename(os.path.dirname(f))) for f in images])
            parity.accuracy("accuracy: the trained checkpoint, Imagenette's val", got, want, labels)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bagnet", required=True, help="the program")
    p.add_argument("--data", default=os.path.join(ROOT, "../shared/data"), help="holds photos/ and imagenette/")
    p.add_argument("--quick", action="store_true", help="fewer pictures: a few minutes on two cores")
    p.add_argument("--full", action="store_true", help="all of Imagenette's val, and the accuracy on it")
    p.add_argument("--only", choices=["heatmap", "export", "network", "pipeline", "networks", "maps", "wrapped", "one-output", "placements",
                                      "attributions", "gradients", "certify"],
                   help="one kind of comparison")
    p.add_argument("--seed", type=int, default=0, help="other random weights for kind networks")
    args = p.parse_args()
    mode = "quick" if args.quick else "full" if args.full else "default"
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    start = time.time()
    photos = sorted(glob.glob(os.path.join(args.data, "photos/*.JPEG")))
    if not photos:
        print(f"no photographs under {args.data}: synthetic pictures only")
    with tempfile.TemporaryDirectory() as directory:
        parity = Parity(args.bagnet, directory)
        kinds = {
            "heatmap": lambda: parity_heatmap.check(parity, random_network),
            "export": lambda: parity_export.check(parity, random_network),
            "network": lambda: check_network(parity, photos, args.quick),
            "pipeline": lambda: check_pipeline(parity, args.data, photos, mode),
            "networks": lambda: parity_networks.check(parity, args.quick, args.seed),
            "maps": lambda: parity_maps.check(parity, args.quick, args.seed),
            "wrapped": lambda: parity_wrapped.check(parity, args.quick, args.seed, random_network),
            "one-output": lambda: parity_one_output.check(parity, args.quick, random_network),
            "placements": lambda: parity_placements.check(parity, args.quick, random_network),
            "attributions": lambda: parity_attributions.check(parity),
            "gradients": lambda: parity_gradients.check(parity, args.quick, args.seed),
            "certify": lambda: parity_certify.check(parity, photos, args.quick),
        }
        for kind, check in kinds.items():
            if args.only in (None, kind):
                check()
    print(f"{parity.cases} cases, {parity.failures} failed, {time.time() - start:.0f} s")
    return 1 if parity.failures else 0


if __name__ == "__main__":
    sys.exit(main())
