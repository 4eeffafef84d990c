"""Compares the maps of networks whose logits are means over positions with PyTorch in float64; parity.py runs it.

Of torchvision's ResNets and DenseNets with random weights, of a SoftCAM (a ResNet's body, numbered, and a 1x1 convolution),
and of the trained ones in models/, for 8-bit PNGs that already have the network's size: every value of `heatmap`, which
is the linear layer at a position of the last feature map, and their mean, which is the logit, may differ by 2e-5 of the
range; what a position sees and where its centre is have to be what the gradient says (networks.field).
"""
import json
import os
import subprocess

import numpy as np
import torch
from torchvision import models
from torchvision.models.resnet import BasicBlock

import networks
import pictures
import reference
import safetensors_io
import wild

TOLERANCE = 2e-5
SIZES = [(224, 224), (333, 250), (97, 131)]  # (w, h)
CLASSES = (3, 0)
QUICK = ("resnet18", "resnet50", "densenet121")


def softcam(net):
    """A ResNet's state dict as SoftCAM's: torch.nn.Sequential of its children, and a convolution for the linear layer."""
    numbers = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
    out = {}
    for key, value in net.state_dict().items():
        top, rest = key.split(".", 1)
        out[f"backbone.{numbers[top]}.{rest}" if top != "fc" else f"classifier.{rest}"] = value
    out["classifier.weight"] = out["classifier.weight"][:, :, None, None]
    return out


def trained(path):
    """A ResNet-18 of any width or a DenseNet-121 that train_imagenette.py has trained."""
    state, _ = safetensors_io.load(path)
    if "conv1.weight" in state:
        planes = [state[f"layer{i}.0.conv1.weight"].shape[0] for i in range(1, 5)]
        net = networks.ResNet(BasicBlock, (2, 2, 2, 2), state["conv1.weight"].shape[0], planes, len(state["fc.weight"]))
    else:
        first, growth = state["features.conv0.weight"].shape[0], state["features.denseblock1.denselayer1.conv2.weight"].shape[0]
        net = models.DenseNet(growth, (6, 12, 24, 16), first, num_classes=len(state["classifier.weight"]))
    net.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    return net.eval()


def cases(parity, quick, first_seed):
    """(case, network, path of its file)."""
    path = parity.path("maps.pth")
    for seed, name in enumerate(networks.FAMILIES["resnet"] + networks.FAMILIES["densenet"], first_seed):
        if quick and name not in QUICK:
            continue
        net = networks.published(name, seed)
        torch.save(net.state_dict(), path)
        yield name, net, path
    net = networks.published("resnet50", first_seed + 100)
    torch.save(softcam(net), path)
    yield "SoftCAM, resnet50", net, path
    torch.save(wild.prefixed("module.")(net), path)
    yield "module. before the names, resnet50", net, path
    os.remove(path)
    here = os.path.dirname(os.path.abspath(__file__))
    for name in ("resnet18-imagenette", "densenet121-imagenette"):
        file = os.path.join(here, "../models", name + ".safetensors")
        yield f"{name}, trained", trained(file), file


def heatmaps(parity, image, path):
    """The program's maps of CLASSES, float64 [rows, cols, len(CLASSES)], and what it says of them."""
    maps, said = [], []
    for c in CLASSES:
        array, picture = parity.path("map.npy"), parity.path("map.png")
        command = [parity.bagnet, "heatmap", "-q", "-m", path, "--class", str(c), "--npy", array, "-o", picture, "--style", "heatmap",
                   "--resize", "none", "--crop", "none", "--format", "json", image]
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
        if done.returncode != 0:
            raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip() or 'nothing on stderr'}")
        maps.append(np.load(array).astype(np.float64))
        said.append(json.loads(done.stdout))
    return np.stack(maps, -1), said


FIELDS = {}


def field(net):
    """networks.field, once for all networks of the same windows."""
    windows = [(type(m).__name__, m.kernel_size, m.stride, m.padding) for m in net.modules() if hasattr(m, "kernel_size")]
    key = (type(net).__name__, str(windows))
    if key not in FIELDS:
        FIELDS[key] = networks.field(net, 4600 if isinstance(net, models.DenseNet) else 3600)
    return FIELDS[key]


def check(parity, quick, first_seed):
    for case, net, path in cases(parity, quick, first_seed):
        net = net.double()
        size, stride, origin = field(net)
        worst, note = 0.0, ""
        try:
            for i, (w, h) in enumerate(SIZES):
                pixels, image = pictures.synthetic(w, h, seed=90 + i), parity.path("map-input.png")
                pictures.save(image, pixels)
                x = reference.normalise(pixels).double()
                with torch.no_grad():
                    want, logits = networks.evidence(net, x).numpy(), net(x)[0].numpy()
                got, said = heatmaps(parity, image, path)
                if got.shape[:2] != want.shape[:2]:
                    raise RuntimeError(f"a map of {got.shape[:2]}, {want.shape[:2]} expected")
                worst = max(worst, np.abs(got - want[..., list(CLASSES)]).max() / np.abs(want).max())
                for c, s in zip(CLASSES, said):
                    worst = max(worst, abs(s["mean"] - logits[c]) / np.abs(logits).max(), s["residual"] / np.abs(logits).max())
                    if (s["sees"], s["stride"], s["origin"]) != (size, stride, [origin, origin]):
                        note = f"sees {s['sees']} every {s['stride']} from {s['origin']}, by the gradient {size}, {stride}, {origin}"
        except RuntimeError as e:
            worst, note = float("nan"), str(e)
        parity.line(f"maps: {case}, sees {size}", len(SIZES), f"{worst:16.2e} {TOLERANCE:9.0e}", worst <= TOLERANCE and not note, note)
