"""Writes what PyTorch makes of the maps of internal/attribution, in float64, by attributions.py and by hooks.

usage: python3 scripts/attribution_goldens.py [--out internal/attribution/testdata] [--check]

For each network, one of the small random ones of make_goldens.py or an embedded one, there is NAME.json: {"checkpoint",
"image", "class", "logit", "maps": [{"method", "layer" or "baseline" where it has one, "rows", "cols", "against" (the
baseline's logit), "sum", "largest" (the largest magnitude), "every", "values" (of every so many-th position, row by
row)}]}. Of noise both sides compute the same: value i (height, width, channel) of the n-th noisy image is x[i] +
0.15 (max x - min x) sin(n + 1.7 i), n and i from 0.
"""
import argparse
import json
import os
import re

import numpy as np
import torch

import attributions
import networks
import pictures
import reference
import safetensors_io

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BAGNETS, OTHERS = "internal/model/testdata", "internal/convnet/testdata"
BALL = "docs/golf-ball.png"
STEPS, SAMPLES, NOISE, CELL = 50, 4, 0.15, 16

#        checkpoint                                            picture                        layers                  values kept
CASES = [
    (BAGNETS + "/v1-q17.safetensors",                          BAGNETS + "/input-75x50.png",  ("features", "layer2"),       11),
    (BAGNETS + "/v2-q33.safetensors",                          BAGNETS + "/input-75x50.png",  ("features", "stem"),         11),
    (OTHERS + "/resnet-basic.safetensors",                     OTHERS + "/input-50x41.png",   ("features", "layer3"),       7),
    (OTHERS + "/resnet-bottleneck.safetensors",                OTHERS + "/input-50x41.png",   ("features", "layer1"),       7),
    (OTHERS + "/vgg.safetensors",                              OTHERS + "/input-50x41.png",   ("features",),                7),
    (OTHERS + "/vgg_bn.safetensors",                           OTHERS + "/input-50x41.png",   ("features",),                7),
    (OTHERS + "/densenet.safetensors",                         OTHERS + "/input-50x41.png",   ("features", "denseblock2"),  7),
    (OTHERS + "/alexnet.safetensors",                          OTHERS + "/input-64x75.png",   ("features",),                11),
    ("models/resnet18-imagenette.safetensors",                 BALL,                          ("features", "layer3"),       499),
]


def load(checkpoint):
    """(network in float64, its preprocessing or None)"""
    name = os.path.splitext(os.path.basename(checkpoint))[0]
    if name not in networks.TINY:
        net, how = attributions.load(os.path.join(ROOT, checkpoint))
        return net.double(), how
    state, _ = safetensors_io.load(os.path.join(ROOT, checkpoint))
    net = networks.TINY[name]()
    net.load_state_dict({re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", k): v for k, v in state.items()})
    return net.eval().requires_grad_(False).double(), None


def gradient_at(net, x, target, layer):
    """(activations, gradient) [channels, rows, cols] of a layer, by a hook on its module."""
    x = x.detach().requires_grad_()
    if layer == "stem":  # of a BagNet, whose stem is no module
        at = net.stem(x)
        logit = net.fc(net.layer4(net.layer3(net.layer2(net.layer1(at)))).mean((2, 3)))[0, target]
    else:
        kept = []
        if layer == "features":
            module = net.layer4 if hasattr(net, "layer4") else net.features
        else:
            module = (net.features if hasattr(net, "classifier") else net).get_submodule(layer)
        hook = module.register_forward_hook(lambda _, __, out: kept.append(out))
        logit = net(x)[0, target]
        hook.remove()
        at = kept[0]  # a DenseNet's last map after its ReLU, which is made in place
    return at[0].detach(), torch.autograd.grad(logit, at)[0][0]


def gradcam(net, x, target, layer):
    activations, gradients = gradient_at(net, x, target, layer)
    return (activations * gradients.mean((1, 2), keepdim=True)).sum(0).clamp(min=0)


def layercam(net, x, target, layer):
    activations, gradients = gradient_at(net, x, target, layer)
    return (activations * gradients.clamp(min=0)).sum(0).clamp(min=0)


def smoothgrad(net, x, target):
    i = torch.arange(x.numel(), dtype=x.dtype).view(x.shape[2], x.shape[3], 3).permute(2, 0, 1)[None]
    spread = NOISE * (x.max() - x.min())
    total = sum(attributions.gradient(net, x + spread * torch.sin(n + 1.7 * i), target) for n in range(SAMPLES))
    return (total / SAMPLES)[0].abs().amax(0)


def occlusion(net, x, target, baseline):
    _, _, h, w = x.shape
    rows, cols = -(-h // CELL), -(-w // CELL)
    values = torch.zeros(rows, cols, dtype=x.dtype)
    with torch.no_grad():
        logit = net(x)[0, target]
        for row in range(rows):
            for col in range(cols):
                masked = x.clone()
                at = np.s_[:, :, row * CELL:(row + 1) * CELL, col * CELL:(col + 1) * CELL]
                masked[at] = baseline[at]
                values[row, col] = logit - net(masked)[0, target]
    return values


def maps(net, x, target, layers):
    """Yields (what there is to say of it, map) for each method; of a large image for those that take few passes."""
    small = x.numel() < 20000
    yield {"method": "saliency"}, attributions.saliency(net, x, target)
    yield {"method": "gradient-x-input"}, attributions.gradient_x_input(net, x, target)
    if small:
        yield {"method": "smoothgrad"}, smoothgrad(net, x, target)
    for layer in layers:
        yield {"method": "gradcam", "layer": layer}, gradcam(net, x, target, layer)
        yield {"method": "layercam", "layer": layer}, layercam(net, x, target, layer)
    mean, std = (torch.tensor(v, dtype=x.dtype).view(1, 3, 1, 1) for v in (reference.IMAGENET_MEAN, reference.IMAGENET_STD))
    for name, baseline in (("mean", torch.zeros_like(x)), ("white", ((1 - mean) / std).expand_as(x))):
        def moved(z):  # attributions.py holds images against 0
            return net(z + baseline[:1].expand(len(z), -1, -1, -1))

        with torch.no_grad():
            about = {"baseline": name, "against": float(net(baseline)[0, target])}
        for method in ("integrated-gradients", "deeplift") if small else ("deeplift",):
            yield {"method": method, **about}, attributions.METHODS[method](moved, x - baseline, target, steps=STEPS)
        if small:
            yield {"method": "occlusion", **about}, occlusion(net, x, target, baseline)


def digits(v):
    return float(f"{float(v):.7g}")


def golden(checkpoint, image, layers, every):
    net, how = load(checkpoint)
    path = os.path.join(ROOT, image)
    x = attributions.prepare(path, **how) if image == BALL else reference.normalise(pictures.load(path))
    x = x.double()
    with torch.no_grad():
        logits = net(x)[0]
    target = int(logits.argmax())
    found = {"checkpoint": checkpoint, "image": image, "class": target, "logit": float(logits[target]), "maps": []}
    for about, values in maps(net, x, target, layers):
        values = values.detach()
        step = every if values.numel() > 1000 else 1
        found["maps"].append({**about, "rows": values.shape[0], "cols": values.shape[1], "sum": digits(values.sum()),
                              "largest": digits(values.abs().max()), "every": step,
                              "values": [digits(v) for v in values.flatten()[::step]]})
    return found


def compare(name, expected, again):
    for have, want in zip(expected["maps"], again["maps"], strict=True):
        assert {k: v for k, v in have.items() if isinstance(v, (str, int))} == \
               {k: v for k, v in want.items() if isinstance(v, (str, int))}, name
        worst = max(abs(a - b) for a, b in zip(have["values"], want["values"], strict=True))
        assert worst <= 1e-6 * want["largest"], f"{name}: {want['method']} differs by {worst}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default=os.path.join(ROOT, "internal/attribution/testdata"))
    parser.add_argument("--check", action="store_true", help="write nothing; compare what is there with PyTorch")
    parser.add_argument("networks", nargs="*", help="names of goldens (default: all)")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for case in CASES:
        name = os.path.splitext(os.path.basename(case[0]))[0]
        if args.networks and name not in args.networks:
            continue
        path, found = os.path.join(args.out, name + ".json"), golden(*case)
        if args.check:
            with open(path) as f:
                compare(name, json.load(f), found)
            continue
        with open(path, "w") as f:
            json.dump(found, f, separators=(",", ":"))
            f.write("\n")
        print(f"{name:20} {len(found['maps'])} maps, class {found['class']}, logit {found['logit']:.4g}")
    if args.check:
        print("the maps agree with PyTorch")


if __name__ == "__main__":
    main()
