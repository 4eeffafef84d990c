"""Writes the networks' goldens: small random checkpoints, input pictures, and what PyTorch makes of them.

usage: python3 scripts/make_goldens.py [--out internal/model/testdata] [--networks internal/convnet/testdata] [--check]

For each NAME there is NAME.safetensors (float32 weights) and NAME.json: {"image", "height", "width", "family",
"patch_size", "stem_width", "depths", "strides", "rows", "cols", "classes", "logits" [classes], "patch_logits"
[rows][cols][classes] flattened}. The logits are those of a float64 forward pass on pixels normalised in float32 with
ImageNet's statistics, rounded to 12 digits.

The networks that BagNets are compared with (networks.py) have {"image", "height", "width", "family", "layers",
"stem_width", "depths", "classes", "parameters", "macs", "logits", "map" (rows, cols, channels), "features" (the last
feature map, flattened)} instead. Those whose logits are means over positions have NAME.maps.json, too, of the weights in
NAME.safetensors and a larger picture: {"image", "field" (see networks.field), "rows", "cols", "logits", "patch_logits"}.
"""
import argparse
import json
import os

import torch

import networks
import pictures
import reference
import safetensors_io

#        name               input (w, h)  seed  dead layers           network
CASES = [
    ("v1-q9",               (64, 64),     1,    (),                   dict(family="v1", q=9)),
    ("v1-q17",              (75, 50),     2,    (),                   dict(family="v1", q=17)),
    ("v1-q33",              (75, 50),     3,    (),                   dict(family="v1", q=33)),
    ("v1-q33-one-patch",    (33, 33),     4,    (),                   dict(family="v1", q=33)),
    ("v1-q33-dead",         (41, 97),     5,    ("layer2.0.conv3", "layer3.0.conv3"), dict(family="v1", q=33)),
    ("v1-q33-odd-widths",   (64, 64),     6,    (),  # channel counts that no vector width divides
     dict(family="v1", q=33, width=6, depths=(1, 2, 1, 1), classes=7)),
    ("v1-strides-2211",     (41, 97),     7,    (),                   dict(family="v1", q=33, strides=(2, 2, 1, 1))),
    ("v2-q9",               (41, 97),     8,    (),                   dict(family="v2", q=9)),
    ("v2-q17",              (64, 64),     9,    (),                   dict(family="v2", q=17)),
    ("v2-q33",              (75, 50),     10,   (),                   dict(family="v2", q=33)),
    ("v1-q45",              (75, 50),     11,   (),                   dict(family="v1", kernel3=(2, 2, 1, 1), depths=(2, 2, 1, 1))),
    ("v2-q45",              (75, 50),     12,   (),                   dict(family="v2", kernel3=(2, 2, 1, 1), depths=(2, 2, 1, 1))),
    ("v1-later-1222",       (41, 97),     13,   (),  # 3x3s behind the first blocks alone, other strides
     dict(family="v1", kernel3=((0, 1), (1,), (0, 1), (0,)), depths=(2, 1, 2, 1), strides=(1, 2, 2, 2))),
    ("v2-later-1222",       (41, 97),     14,   (),
     dict(family="v2", kernel3=((0, 1), (1,), (0, 1), (0,)), depths=(2, 1, 2, 1), strides=(1, 2, 2, 2))),
]

NETWORK_INPUTS = {"alexnet": (64, 75)}  # (w, h); the others' is:
NETWORK_INPUT = (50, 41)
MAP_INPUT = (150, 101)


def metadata(net, name):
    return {
        "format": "bagnet", "name": name, "family": net.family, "patch_size": str(net.patch_size),
        "strides": json.dumps(net.strides, separators=(",", ":")),
        "classes": json.dumps([{"id": "", "label": f"class {i}"} for i in range(net.classes)]),
        "preprocessing": json.dumps({"resize": 0, "crop": 0, "interpolation": "bilinear",
                                     "mean": reference.IMAGENET_MEAN, "std": reference.IMAGENET_STD}),
        "source": "random weights written by scripts/make_goldens.py",
    }


def digits(t):
    return [float(f"{v:.12g}") for v in t.flatten().tolist()]


def golden(image, pixels, net):
    """What PyTorch makes of an input picture."""
    with torch.no_grad():
        x = reference.normalise(pixels).double()
        logits, patches = net.double()(x)[0], net.patch_logits(x)
    assert (patches.mean((0, 1)) - logits).abs().max() < 1e-12, "the mean of the patches is not the image's logit"
    return {
        "image": image, "height": pixels.shape[0], "width": pixels.shape[1], "family": net.family,
        "patch_size": net.patch_size, "stem_width": net.width, "depths": list(net.depths), "strides": list(net.strides),
        "rows": patches.shape[0], "cols": patches.shape[1], "classes": net.classes,
        "logits": digits(logits), "patch_logits": digits(patches),
    }


def write(directory):
    for name, (w, h), seed, dead, shape in CASES:
        image = f"input-{w}x{h}.png"
        pixels = pictures.synthetic(w, h, seed=1000 * w + h)
        pictures.save(os.path.join(directory, image), pixels)
        net = reference.BagNet(**{"width": 4, "depths": (2, 1, 1, 1), "classes": 10, **shape})
        reference.randomize(net, seed, dead)
        safetensors_io.save(os.path.join(directory, name + ".safetensors"), net.state_dict(), metadata(net, name))
        expected = golden(image, pixels, net)
        with open(os.path.join(directory, name + ".json"), "w") as f:
            json.dump(expected, f, separators=(",", ":"))
            f.write("\n")
        print(f"{name:20} {w}x{h}  grid {expected['rows']}x{expected['cols']}  logits {min(expected['logits']):.3f} to "
              f"{max(expected['logits']):.3f}")


def network_golden(image, pixels, name, net):
    """What PyTorch makes of an input picture with one of networks.TINY."""
    x = reference.normalise(pixels).double()
    with torch.no_grad():
        logits = net.double()(x)[0]
        features = networks.features(net, x)
    family, layers, stem, depths = networks.TINY_SHAPES[name]
    return {
        "image": image, "height": pixels.shape[0], "width": pixels.shape[1], "family": family, "layers": layers,
        "stem_width": stem, "depths": list(depths), "classes": len(logits),
        "parameters": sum(p.numel() for p in net.parameters()), "macs": networks.macs(net, x), "logits": digits(logits),
        "map": list(features.shape), "features": digits(features),
    }


def write_networks(directory):
    for seed, (name, make) in enumerate(networks.TINY.items()):
        w, h = NETWORK_INPUTS.get(name, NETWORK_INPUT)
        image = f"input-{w}x{h}.png"
        pixels = pictures.synthetic(w, h, seed=1000 * w + h)
        pictures.save(os.path.join(directory, image), pixels)
        net = networks.with_random_weights(make(), seed)
        safetensors_io.save(os.path.join(directory, name + ".safetensors"), net.state_dict())
        expected = network_golden(image, pixels, name, net)
        with open(os.path.join(directory, name + ".json"), "w") as f:
            json.dump(expected, f, separators=(",", ":"))
            f.write("\n")
        print(f"{name:20} {w}x{h}  logits {min(expected['logits']):.3f} to {max(expected['logits']):.3f}")


def check_networks(directory):
    for name in networks.TINY:
        with open(os.path.join(directory, name + ".json")) as f:
            expected = json.load(f)
        pixels = pictures.load(os.path.join(directory, expected["image"]))
        compare(name, expected, network_golden(expected["image"], pixels, name, stored(directory, name)))
    print(f"{len(networks.TINY)} goldens of other networks agree with PyTorch")


def stored(directory, name):
    """One of networks.TINY with the weights in its file, in float64."""
    state, _ = safetensors_io.load(os.path.join(directory, name + ".safetensors"))
    net = networks.TINY[name]()
    net.load_state_dict(state)
    return net.eval().double()


def map_golden(image, pixels, net):
    """What PyTorch makes of an input picture at each position."""
    x = reference.normalise(pixels).double()
    with torch.no_grad():
        logits, evidence = net(x)[0], networks.evidence(net, x)
    assert (evidence.mean((0, 1)) - logits).abs().max() < 1e-12, "the mean of the positions is not the image's logit"
    return {"image": image, "field": list(networks.field(net)), "rows": evidence.shape[0], "cols": evidence.shape[1],
            "logits": digits(logits), "patch_logits": digits(evidence)}


def write_maps(directory):
    w, h = MAP_INPUT
    image, pixels = f"input-{w}x{h}.png", pictures.synthetic(w, h, seed=1000 * w + h)
    pictures.save(os.path.join(directory, image), pixels)
    for name in networks.MEANS:
        expected = map_golden(image, pixels, stored(directory, name))
        with open(os.path.join(directory, name + ".maps.json"), "w") as f:
            json.dump(expected, f, separators=(",", ":"))
            f.write("\n")
        print(f"{name:20} {w}x{h}  {expected['rows']}x{expected['cols']} positions, field {expected['field']}")


def check_maps(directory):
    for name in networks.MEANS:
        with open(os.path.join(directory, name + ".maps.json")) as f:
            expected = json.load(f)
        pixels = pictures.load(os.path.join(directory, expected["image"]))
        compare(name, expected, map_golden(expected["image"], pixels, stored(directory, name)))
    print(f"{len(networks.MEANS)} goldens of other networks' maps agree with PyTorch")


def compare(name, expected, again):
    for key, value in again.items():
        if key not in ("logits", "patch_logits", "features"):
            assert expected[key] == value, f"{name}: {key} is {expected[key]}, {value} by PyTorch"
            continue
        worst = max(abs(a - b) for a, b in zip(expected[key], value, strict=True))
        assert worst < 1e-9, f"{name}: {key} differ by {worst} from PyTorch's"


def check(directory):
    """Holds the files in directory against the network: the logits again, to 1e-9, from the weights and the picture."""
    for name, _, _, _, shape in CASES:
        with open(os.path.join(directory, name + ".json")) as f:
            expected = json.load(f)
        state, _ = safetensors_io.load(os.path.join(directory, name + ".safetensors"))
        net = reference.BagNet.from_state_dict(state, strides=shape.get("strides", reference.STRIDES))
        again = golden(expected["image"], pictures.load(os.path.join(directory, expected["image"])), net)
        compare(name, expected, again)
    print(f"{len(CASES)} goldens agree with PyTorch")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", default=os.path.join(here, "../internal/model/testdata"))
    parser.add_argument("--check", action="store_true", help="write nothing; compare what is there with PyTorch")
    parser.add_argument("--networks", default=os.path.join(here, "../internal/convnet/testdata"))
    args = parser.parse_args()
    for directory in (args.out, args.networks):
        os.makedirs(directory, exist_ok=True)
    (check if args.check else write)(args.out)
    (check_networks if args.check else write_networks)(args.networks)
    (check_maps if args.check else write_maps)(args.networks)


if __name__ == "__main__":
    main()
