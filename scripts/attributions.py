"""Writes maps of what matters to a network by its gradients, for `bagnet experiment sensitivity --map DIR`.

usage: python3 scripts/attributions.py --model NET.safetensors --method integrated-gradients --out DIR IMAGE|DIR...

For an image PARENT/NAME.jpg it writes DIR/PARENT/NAME.npy: float32 [h, w], a value for each pixel of the prepared image,
about the class that the network finds likeliest, before softmax. Methods (x the image, f the class's logit, 0 the image
of the mean colour, products summed over the channels):

  saliency              the largest |df/dx| of the three channels (Simonyan, Vedaldi, Zisserman 2013)
  gradient-x-input      x df/dx
  smoothgrad            saliency of the mean gradient over --samples noisy images (Smilkov et al. 2017); the noise's
                        standard deviation is 0.15 of the image's range
  integrated-gradients  x times the mean of df/dx over --steps images on the straight line from 0 to x (Sundararajan,
                        Taly, Yan 2017; midpoint rule)
  deeplift              DeepLIFT's Rescale rule (Shrikumar, Greenside, Kundaje 2017), against 0

The maps of the last two add up to f(x) - f(0); by how much they fail to is printed.

Networks: BagNets, as this project's .safetensors files or checkpoints, and torchvision's ResNets of any width and depth
are recognised; for torchvision's others, --network names the function that makes them (vgg16, densenet121, ...).
Preprocessing is the file's if it brings any, else 256/224 with ImageNet's statistics; flags change it. PIL decodes.
"""
import argparse
import hashlib
import json
import os
import re
import sys
from contextlib import contextmanager
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision import models, transforms
from torchvision.models.resnet import BasicBlock, Bottleneck

import checkpoints
import networks
import reference
import safetensors_io

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff")
IMAGENET = {"resize": 256, "crop": 224, "interpolation": "bilinear", "mean": reference.IMAGENET_MEAN,
            "std": reference.IMAGENET_STD}


class Unusable(ValueError):
    """What no maps can be made of, and why."""


# ---- networks


def load(path, constructor=None):
    """(network in eval mode, preprocessing or None) of a file; constructor is the name of a torchvision function."""
    metadata = {}
    checkpoint = checkpoints.load(path)
    if path.endswith(".safetensors"):
        metadata = safetensors_io.load(path)[1]
    state = checkpoints.find(checkpoint)
    state = {short: state[name] for name, short in checkpoints.canonical(list(state)).items()}
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    try:
        if constructor:
            net = torchvision_network(constructor, state)
        elif "conv1.weight" in state and state["conv1.weight"].shape[2:] == (7, 7):
            net = resnet(state)
        elif any(re.match(r"features\.|classifier\.", k) for k in state):
            raise Unusable(f"{path}: name the torchvision function that makes this network: --network vgg16, ...")
        else:
            strides = json.loads(metadata.get("strides", "null")) or reference.STRIDES
            net = reference.BagNet.from_state_dict(checkpoints.state_dict(checkpoint), strides=strides).float()
    except RuntimeError as e:  # load_state_dict's, which are long
        raise Unusable(f"{path}: its weights are not that network's: {str(e).splitlines()[0]}") from e
    return net.eval().requires_grad_(False), json.loads(metadata.get("preprocessing", "null"))


def torchvision_network(name, state):
    make = getattr(models, name, None)
    if not callable(make):
        raise Unusable(f"--network {name}: torchvision.models has no such function")
    state = {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", k): v for k, v in state.items()}
    last = [k for k in state if k.endswith(".weight") and state[k].dim() == 2]
    if not last:
        raise Unusable(f"--network {name}: the file has no linear layer")
    net = make(weights=None, num_classes=state[last[-1]].shape[0])
    net.load_state_dict(state)
    return net


def resnet(state):
    block = Bottleneck if "layer1.0.conv3.weight" in state else BasicBlock
    depths = [len({k.split(".")[1] for k in state if k.startswith(f"layer{i}.")}) for i in range(1, 5)]
    planes = [state[f"layer{i}.0.conv2.weight"].shape[0] for i in range(1, 5)]
    net = networks.ResNet(block, depths, state["conv1.weight"].shape[0], planes, state["fc.weight"].shape[0])
    net.load_state_dict(state)  # refuses wide ResNets, which need --network
    return net


# ---- methods: (net, x [1, 3, h, w], class) -> [h, w]


def gradient(net, x, target):
    """[n, 3, h, w]: what moves the class's logits of n images."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(net(x)[:, target].sum(), x)[0]


def saliency(net, x, target, **_):
    return gradient(net, x, target)[0].abs().amax(0)


def gradient_x_input(net, x, target, **_):
    return (x * gradient(net, x, target))[0].sum(0)


def smoothgrad(net, x, target, samples=25, generator=None, **_):
    spread = 0.15 * (x.max() - x.min())
    total = torch.zeros_like(x)
    for _ in range(samples):
        total += gradient(net, x + spread * torch.randn(x.shape, generator=generator, dtype=x.dtype), target)
    return (total / samples)[0].abs().amax(0)


def integrated_gradients(net, x, target, steps=50, **_):
    total, batch = torch.zeros_like(x), 8
    at = (torch.arange(steps, dtype=x.dtype) + 0.5) / steps
    for part in at.split(batch):
        total += gradient(net, part.view(-1, 1, 1, 1) * x, target).sum(0, keepdim=True)
    return (x * total / steps)[0].sum(0)


def deeplift(net, x, target, **_):
    both = torch.cat([x, torch.zeros_like(x)])
    with rescaled():
        return (x * gradient(net, both, target)[:1])[0].sum(0)


METHODS = {"saliency": saliency, "gradient-x-input": gradient_x_input, "smoothgrad": smoothgrad,
           "integrated-gradients": integrated_gradients, "deeplift": deeplift}
COMPLETE = ("integrated-gradients", "deeplift")


# ---- DeepLIFT: gradients in which each nonlinear layer has, instead of its slope at the image, that of the line between
# what it does at the image and at the baseline. Images go through the network in pairs, [image, baseline].


class RescaledReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (a, b), = ctx.saved_tensors
        slope = torch.where(a == b, (a > 0).to(g), (a.clamp(min=0) - b.clamp(min=0)) / (a - b))
        return torch.stack([g[0] * slope, torch.zeros_like(g[0])])


class RescaledMaxPool(torch.autograd.Function):
    """Of what a window's maximum changes by, the part above the lower of the two maxima belongs to where the higher one
    is: at the image if that has it, else at the baseline."""

    @staticmethod
    def forward(ctx, x, pool):
        y, _ = pool(x)
        _, where = pool(x.float())  # the first of those that are equal up to rounding: a baseline of one colour has many
        ctx.save_for_backward(x, y, where)
        return y

    @staticmethod
    def backward(ctx, g):
        x, (a, b), where = ctx.saved_tensors
        flat = torch.zeros_like(x[0]).flatten(1)
        top = torch.maximum(a, b)

        def put(values, at):
            return flat.scatter_add(1, at.flatten(1), values.flatten(1))

        change = (x[0] - x[1]).flatten(1)
        share = put(g[0] * (top - b), where[0]) + put(g[0] * (a - top), where[1])
        slope = torch.where(change == 0, put(g[0], where[0]), share / change)
        return torch.stack([slope.view_as(x[0]), torch.zeros_like(x[0])]), None


@contextmanager
def rescaled():
    """Within it, ReLU and max pooling have DeepLIFT's gradients. All other layers of these networks are linear in
    evaluation mode: convolutions, batch norms, averages, sums, linear layers."""
    max_pool2d = F.max_pool2d

    def pool(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        return RescaledMaxPool.apply(x, lambda x: max_pool2d(x, kernel_size, stride, padding, dilation,
                                                             ceil_mode=ceil_mode, return_indices=True))

    with mock.patch.object(F, "relu", lambda x, inplace=False: RescaledReLU.apply(x)), \
            mock.patch.object(F, "max_pool2d", pool):
        yield


def attribute(net, x, method, **options):
    """(map [h, w] float32, class, its share of f(x) - f(0) that the map's sum is off by) of one image."""
    with torch.no_grad():
        logits = net(x)[0]
    target = int(logits.argmax())
    values = METHODS[method](net, x, target, **options)
    off = float("nan")
    if method in COMPLETE:
        with torch.no_grad():
            change = logits[target] - net(torch.zeros_like(x))[0, target]
        off = float(abs(values.sum() - change) / abs(change))
    return values.detach().numpy().astype(np.float32), target, off


# ---- the command


def prepare(path, resize, crop, interpolation, mean, std):
    """[1, 3, h, w] float32: what torchvision makes of a picture file."""
    how = transforms.InterpolationMode.BICUBIC if interpolation == "bicubic" else transforms.InterpolationMode.BILINEAR
    steps = ([transforms.Resize(resize, how)] if resize else []) + ([transforms.CenterCrop(crop)] if crop else [])
    picture = transforms.Compose(steps)(Image.open(path).convert("RGB"))
    return reference.normalise(np.asarray(picture), mean, std)


def find_images(arguments, files_from):
    found = []
    for argument in arguments:
        if not os.path.isdir(argument):
            found.append(argument)
            continue
        for directory, below, files in os.walk(argument):
            below.sort()
            found += [os.path.join(directory, f) for f in sorted(files) if f.lower().endswith(EXTENSIONS)]
    if files_from:
        with open(files_from, encoding="utf-8") as f:
            found += [line.rstrip("\n") for line in f if line.strip()]
    return found


def place(out, path):
    """Where an image's map goes: OUT/PARENT/NAME.npy."""
    parent = os.path.basename(os.path.dirname(os.path.abspath(path)))
    return os.path.join(out, parent, os.path.splitext(os.path.basename(path))[0] + ".npy")


def numbers(text):
    values = tuple(float(v) for v in text.split(","))
    if len(values) != 3:
        raise argparse.ArgumentTypeError("want R,G,B")
    return values


def pixels(text):
    return 0 if text == "none" else int(text)


def size(text):
    """A shorter side, or [height, width] of WxH, as torchvision's Resize and metadata have them; 0 for none."""
    width, x, height = text.partition("x")
    return [int(height), int(width)] if x else pixels(text)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("images", nargs="*", metavar="IMAGE|DIR")
    p.add_argument("--files-from", help="read the names of images from a file, one a line")
    p.add_argument("--model", required=True, help="the network's weights")
    p.add_argument("--network", help="the torchvision function that makes the network")
    p.add_argument("--method", required=True, choices=METHODS)
    p.add_argument("--out", required=True, help="the directory of the maps")
    p.add_argument("--steps", type=int, default=50, help="of integrated gradients")
    p.add_argument("--samples", type=int, default=25, help="of SmoothGrad")
    p.add_argument("--seed", type=int, default=0, help="of SmoothGrad's noise")
    p.add_argument("--resize", type=size, metavar="N|WxH|none", help="of the shorter side, or of both, in pixels")
    p.add_argument("--crop", type=pixels, help="in pixels, or none")
    p.add_argument("--interpolation", choices=["bilinear", "bicubic"])
    p.add_argument("--mean", type=numbers)
    p.add_argument("--std", type=numbers)
    args = p.parse_args()
    if args.steps < 1 or args.samples < 1:
        p.error("--steps and --samples: want 1 or more")
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    try:
        net, own = load(args.model, args.network)
        how = {k: getattr(args, k) if getattr(args, k) is not None else v for k, v in {**IMAGENET, **(own or {})}.items()}
        places = {}
        for path in find_images(args.images, args.files_from):
            if places.setdefault(place(args.out, path), path) != path:
                raise Unusable(f"{path} and {places[place(args.out, path)]} would have the same map")
    except (Unusable, checkpoints.Refused, OSError) as e:
        sys.exit(f"attributions.py: {e}")
    if not places:
        p.error("no images given")
    failed, offs = 0, []
    for out, path in places.items():
        own_seed = hashlib.sha256(f"{args.seed} {os.path.relpath(out, args.out)}".encode()).digest()  # whatever other images there are
        generator = torch.Generator().manual_seed(int.from_bytes(own_seed[:7], "big"))
        try:
            values, _, off = attribute(net, prepare(path, **how), args.method, steps=args.steps, samples=args.samples,
                                       generator=generator)
            os.makedirs(os.path.dirname(out), exist_ok=True)
            np.save(out, values)
        except (OSError, RuntimeError) as e:
            print(f"attributions.py: {path}: {e}", file=sys.stderr)
            failed += 1
            continue
        offs.append(off)
    print(f"{args.method}: {len(offs)} maps in {args.out}, {failed} images failed")
    if offs and args.method in COMPLETE:
        print(f"their sums are off the logit's change from the mean colour by {np.median(offs):.2g} of it (median), "
              f"{max(offs):.2g} at most")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
