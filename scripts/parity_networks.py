"""Compares the networks that BagNets are compared with, torchvision's, with PyTorch in float64; parity.py runs it.

Each has random weights and is stored as the published file or a user's would be; its logits for 8-bit PNGs that
already have the network's size may differ by 2e-5 of their range.
"""
import os

import torch

import networks
import pictures
import reference
import wild

TOLERANCE = 2e-5
SIZES = [(224, 224), (260, 200), (97, 131)]  # (w, h); VGG and AlexNet pool the last two to 7x7 and 6x6 unevenly
QUICK = {"resnet18", "resnet152", "vgg11", "vgg19", "densenet121", "densenet161", "alexnet"}


def cases():
    """(name or None, case, a function that makes the network, its state dict's form, how torch.save writes it)."""
    for family, names in networks.FAMILIES.items():
        form = {"densenet": lambda net: networks.old_spelling(net.state_dict()), "resnet": wild.without_counters}
        for name in names:
            yield (name, f"{name}, as published, legacy", lambda seed, name=name: networks.published(name, seed),
                   form.get(family, wild.flat), {"_use_new_zipfile_serialization": False})
    yield None, "resnet18 of half width, 10 classes, module., zip", networks.half_resnet18, wild.prefixed("module."), {}
    yield None, "densenet121, today's spelling, zip", lambda seed: networks.published("densenet121", seed), wild.flat, {}


def inputs(parity):
    out = {}
    for i, (w, h) in enumerate(SIZES):
        path = parity.path(f"networks-{w}x{h}.png")
        out[path] = pictures.synthetic(w, h, seed=50 + i)
        pictures.save(path, out[path])
    return out


def check(parity, quick, first_seed):
    images = inputs(parity)
    for seed, (name, case, make, form, how) in enumerate(cases(), first_seed):
        if quick and name and name not in QUICK:
            continue
        net = make(seed)
        path = parity.path("network.pth")
        torch.save(form(net), path, **how)
        net = net.double()
        with torch.no_grad():
            want = torch.cat([net(reference.normalise(p).double()) for p in images.values()]).numpy()
        del net
        parity.case(f"networks: {case}", list(images), want, TOLERANCE, ["-m", path, "--resize", "none", "--crop", "none"])
        os.remove(path)
