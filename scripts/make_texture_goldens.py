"""Writes internal/texture/testdata/*.json: losses of textures and their gradients, by PyTorch's autograd in float64.

usage: python3 scripts/make_texture_goldens.py [--check]

The loss is Gatys, Ecker and Bethge's (2015): the sum over layers of w/4 sum (G - G*)^2 / N^2, G the mean over positions
of the products of N channels, here with w = 4 N^2 / (layers sum G*^2). Each file has a picture, "target", another one,
"pixels", both [h][w][3] from 0 to 1, the loss of the latter and its gradient there.

random*.json: "filters", [scale][number][3][5][5], on a binomial pyramid of colours without covariance, scaled by what
they find in the target; the other picture goes on at its other end, the target does not.
vgg.json, vgg_bn.json: "layers" of the network of that name in internal/convnet/testdata, with means for its maxima.

With --check it compares the files that are there, to 1e-9 of the largest gradient, and writes nothing.
"""
import json
import os
import sys

import torch
import torch.nn.functional as F

import networks
import reference
import safetensors_io

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "internal")
TAPS = 5


def whitening(target):
    """The mean of a picture's colours, and the matrix that leaves them without covariance."""
    colours = target.reshape(-1, 3)
    mean = colours.mean(0)
    covariance = (colours - mean).T @ (colours - mean) / len(colours)
    least = 1e-6 + 0.05 * covariance.trace() / 3
    return mean, torch.linalg.inv(torch.linalg.cholesky(covariance + least * torch.eye(3, dtype=torch.float64)))


def smaller(x, wraps):
    """x, [c, h, w], half as large."""
    for axis in (1, 2):
        n = x.shape[axis]
        total = 0
        for k, share in enumerate((1 / 8, 3 / 8, 3 / 8, 1 / 8)):
            at = 2 * torch.arange((n + 1) // 2) + k - 1
            at = at % n if wraps else at.clamp(0, n - 1)
            total = total + share * x.index_select(axis, at)
        x = total
    return x


def found(x, filters, wraps):
    """What filters find in x, [c, h, w], at an even number of positions along each axis."""
    h, w = x.shape[1:]
    if wraps:
        h, w = (h + 1) // 2 * 2, (w + 1) // 2 * 2
        x = x[:, torch.arange(h + TAPS - 1) % x.shape[1]][:, :, torch.arange(w + TAPS - 1) % x.shape[2]]
    else:
        x = x[:, :h // 2 * 2, :w // 2 * 2]
    return torch.relu(F.conv2d(x[None], filters)[0])


def gram(f):
    f = f.reshape(len(f), -1)
    return f @ f.T / f.shape[1]


def number(most, values):
    while most > 1 and most * (most + 1) // 2 * 8 > values:
        most //= 2
    return most


def random_layers(target, filters):
    """A function from pixels, and whether they wrap, to what the layers find."""
    mean, matrix = whitening(target)

    def layers(pixels, wraps, scales=None):
        x = ((pixels - mean) @ matrix.T).permute(2, 0, 1)
        out = []
        for i, each in enumerate(filters):
            if i > 0:
                x = smaller(x, wraps)
            each = each[:number(len(each), x.numel())]
            if scales:
                each = each * scales[i][:, None, None, None]
            out.append(found(x, each, wraps))
        return out

    scales = [1 / (gram(f).diagonal() + 0.05).sqrt() for f in layers(target, False)]
    return lambda pixels, wraps: layers(pixels, wraps, scales)


def vgg_layers(name, wanted):
    net = networks.TINY[name]()
    tensors, _ = safetensors_io.load(os.path.join(HERE, "convnet", "testdata", name + ".safetensors"))
    net.load_state_dict(tensors)
    net.double().eval()

    def layers(pixels, _):
        mean, std = (torch.tensor(v, dtype=torch.float64) for v in (reference.IMAGENET_MEAN, reference.IMAGENET_STD))
        x, out = ((pixels - mean) / std).permute(2, 0, 1)[None], []
        block, depth = 1, 0
        for layer in net.features:
            if isinstance(layer, torch.nn.MaxPool2d):
                x, label = F.avg_pool2d(x, 2), f"pool{block}"
                block, depth = block + 1, 0
            else:
                x, label = layer(x), ""
                if isinstance(layer, torch.nn.ReLU):
                    depth += 1
                    label = f"conv{block}_{depth}"
            if label in wanted:
                out.append(x[0].clone())
        return out
    return layers


def golden(target, pixels, layers):
    pixels = pixels.clone().requires_grad_()
    aims = [gram(f) for f in layers(target, False)]
    got = [gram(f) for f in layers(pixels, True)]
    loss = 0
    for g, aim in zip(got, aims):
        n = len(g)
        w = 4 * n * n / (len(aims) * (aim ** 2).sum())
        loss = loss + w / 4 * ((g - aim) ** 2).sum() / n ** 2
    gradient, = torch.autograd.grad(loss, pixels)
    return loss.item(), gradient


def picture(h, w, generator):
    """Colours that change slowly, and noise."""
    coarse = F.interpolate(torch.rand(1, 3, 4, 5, generator=generator, dtype=torch.float64), (h, w), mode="bilinear", align_corners=True)[0]
    return (coarse.permute(1, 2, 0) * 0.8 + 0.2 * torch.rand(h, w, 3, generator=generator, dtype=torch.float64)).float().double()


def cases():
    for name, (h, w), scales in (("random", (24, 32), 2), ("random-odd", (25, 26), 3)):
        generator = torch.Generator().manual_seed(h)
        target, pixels = picture(h, w, generator), torch.rand(h, w, 3, generator=generator, dtype=torch.float64).float().double()
        filters = torch.randn(scales, 16, 3, TAPS, TAPS, generator=generator, dtype=torch.float64).float().double()
        yield name, target, pixels, {"filters": filters.flatten(1).tolist()}, random_layers(target, filters)
    for name, wanted in (("vgg", ["conv1_1", "pool1", "conv2_2", "pool2"]), ("vgg_bn", ["conv1_2", "conv2_1"])):
        generator = torch.Generator().manual_seed(7)
        target, pixels = picture(19, 22, generator), torch.rand(19, 22, 3, generator=generator, dtype=torch.float64).float().double()
        yield name, target, pixels, {"layers": wanted}, vgg_layers(name, wanted)


def main():
    check = sys.argv[1:] == ["--check"]
    for name, target, pixels, more, layers in cases():
        loss, gradient = golden(target, pixels, layers)
        path = os.path.join(HERE, "texture", "testdata", name + ".json")
        if check:
            with open(path) as f:
                there = json.load(f)
            off = (torch.tensor(there["gradient"], dtype=torch.float64) - gradient.flatten()).abs().max() / gradient.abs().max()
            assert off < 1e-9 and abs(there["loss"] / loss - 1) < 1e-9, f"{path}: off by {off:.1e}, loss {there['loss']}, want {loss}"
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        rounded = {"h": target.shape[0], "w": target.shape[1], **more, "loss": loss}
        for key, values in (("target", target), ("pixels", pixels), ("gradient", gradient)):
            rounded[key] = [float(f"{v:.12g}") for v in values.flatten().tolist()]
        if "filters" in rounded:
            rounded["filters"] = [[float(f"{v:.9g}") for v in scale] for scale in rounded["filters"]]
        with open(path, "w") as f:
            json.dump(rounded, f, separators=(",", ":"))
    print("the textures' goldens are as they are computed" if check else "written")


if __name__ == "__main__":
    main()
