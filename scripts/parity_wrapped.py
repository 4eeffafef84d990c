"""Compares networks that their files have within others, or beside a loss, with PyTorch in float64; parity.py runs it.

Each has random weights, three times in the full run, and is stored as wild.py has it; its logits for 8-bit PNGs that
already have the network's size may differ by 2e-5 of their range.
"""
import os

import torch

import networks
import parity_networks
import reference
import wild

QUICK = {"alexnet, features.module.", "resnet18, SoftCAM's names", "v1 q=33 beside a loss", "v1 q=33, robustness library"}
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)  # not ImageNet's


def cases(quick, bagnet):
    """(case, a function that makes the network, its form, mean and deviation)."""
    imagenet = reference.IMAGENET_MEAN, reference.IMAGENET_STD
    resnet = "resnet18" if quick else "resnet50"
    narrow = dict(family="v1", q=33, width=16, depths=(1, 2, 2, 1), classes=7)
    yield "vgg16, features.module.", lambda seed: networks.published("vgg16", seed), wild.features_parallel, *imagenet
    yield "alexnet, features.module.", lambda seed: networks.published("alexnet", seed), wild.features_parallel, *imagenet
    yield f"{resnet}, SoftCAM's names", lambda seed: networks.published(resnet, seed), wild.softcam, *imagenet
    yield "v1 q=33 beside a loss", lambda seed: bagnet(seed, **narrow), wild.beside_a_loss("student.net_1."), *imagenet
    yield "resnet18 beside a loss", lambda seed: networks.published("resnet18", seed), wild.beside_a_loss("encoder_q."), *imagenet
    yield "v1 q=33, robustness library", lambda seed: bagnet(seed, **narrow), wild.robustness(MEAN, STD), MEAN, STD
    yield "resnet18, robustness library", lambda seed: networks.published("resnet18", seed), wild.robustness(MEAN, STD), MEAN, STD


def check(parity, quick, first_seed, bagnet):
    images = parity_networks.inputs(parity)
    for case, make, form, mean, std in cases(quick, bagnet):
        if quick and case not in QUICK:
            continue
        for seed in range(first_seed, first_seed + (1 if quick else 3)):
            net = make(seed)
            path = parity.path("wrapped.pth")
            torch.save(form(net), path)
            net = net.double()
            with torch.no_grad():
                want = torch.cat([net(reference.normalise(p, mean, std).double()) for p in images.values()]).numpy()
            del net
            parity.case(f"wrapped: {case}, seed {seed}", list(images), want, parity_networks.TOLERANCE,
                        ["-m", path, "--resize", "none", "--crop", "none"])
            os.remove(path)
