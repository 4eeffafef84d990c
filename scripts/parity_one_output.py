"""Compares the probabilities of networks of one output with PyTorch's sigmoid in float64; parity.py runs it.

The program's P of the positive class and 1-P of the other may differ from it by 1e-6.
"""
import json
import subprocess

import numpy as np
import torch

import networks
import parity_networks
import reference
import wild

TOLERANCE = 1e-6


def check(parity, quick, random_network):
    images = parity_networks.inputs(parity)
    for seed in range(1 if quick else 3):
        for name, net in (("v1 q=17", random_network(seed, family="v1", q=17, classes=1)), ("resnet18", resnet(seed))):
            path = parity.path("one.pth")
            torch.save(wild.flat(net), path)
            net = net.double().eval()
            with torch.no_grad():
                want = torch.cat([torch.sigmoid(net(reference.normalise(p).double())) for p in images.values()]).numpy()[:, 0]
            done = subprocess.run([parity.bagnet, "classify", "-m", path, "--resize", "none", "--crop", "none", "--format",
                                   "json", *images], capture_output=True, text=True, timeout=1200)
            worst, ok = float("nan"), False
            if done.returncode == 0:
                got = [{p["label"]: p["probability"] for p in json.loads(line)["predictions"]}
                       for line in done.stdout.splitlines()]
                worst = max(max(abs(g["positive"] - w), abs(g["negative"] - (1 - w))) for g, w in zip(got, want))
                ok = len(got) == len(want) and worst <= TOLERANCE
            parity.line(f"one output: {name}, seed {seed}", len(images), f"{worst:16.2e} {TOLERANCE:9.0e}", ok,
                        done.stderr.strip())


def resnet(seed):
    net = networks.published("resnet18", seed)
    net.fc = torch.nn.Linear(net.fc.in_features, 1)
    with torch.no_grad():
        net.fc.weight.copy_(torch.from_numpy(np.random.default_rng(seed).normal(0, 0.05, net.fc.weight.shape)))
    return net
