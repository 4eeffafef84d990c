"""Writes internal/architecture/testdata/published.json: the tensors of torchvision's networks and of the published BagNets.

usage: python3 scripts/make_architectures.py

Of each network: a digest of the names and shapes in its state dict, sorted, a line each ("conv1.weight 64,3,7,7"), without
num_batches_tracked, and the number of its parameters.
"""
import hashlib
import json
import os

from torchvision import models

import reference

NAMES = ("resnet18 resnet34 resnet50 resnet101 resnet152 wide_resnet50_2 wide_resnet101_2 vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn "
         "vgg16_bn vgg19_bn densenet121 densenet161 densenet169 densenet201 alexnet").split()


def describe(net):
    lines = sorted(f"{name} {','.join(map(str, t.shape))}\n" for name, t in net.state_dict().items() if t.dim() > 0)
    return {"tensors": len(lines), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
            "parameters": sum(p.numel() for p in net.parameters())}


def main():
    out = {name: describe(getattr(models, name)(weights=None)) for name in NAMES}
    for family, suffix in (("v1", ""), ("v2", "-v2")):
        for q in (9, 17, 33):
            out[f"bagnet{q}{suffix}"] = describe(reference.BagNet(family, q))
    path = os.path.join(os.path.dirname(__file__), "..", "internal", "architecture", "testdata", "published.json")
    with open(path, "w") as f:
        json.dump(out, f, indent=1, sort_keys=True)
        f.write("\n")


if __name__ == "__main__":
    main()
