"""Trains a BagNet, or a network to compare it with, on Imagenette against a wall-clock budget.

usage: python3 scripts/train_imagenette.py --data ../shared/data/imagenette --out bagnet33.safetensors --budget 6000

DATA holds train/ and val/, a directory a class in each, named by WordNet id or label. Only train/ is trained on; val/
measures. The learning rate follows the elapsed share of the budget, so that a run always ends annealed. What is saved,
after every epoch and at the end, are the exponential moving averages of the weights: as safetensors with classes and
preprocessing, matrices in float16, or, if OUT ends otherwise, as torch.save's {"state_dict", "classes", "epoch"}.

An interrupted run goes on with the same flags and --resume, from OUT.train.pth, which holds all of the run's state as it
was at the end of the last epoch. It is deleted when the run is done.

On a GPU the pictures lie there as bytes, and are cropped there; all of DATA has to fit (1.4 GB for Imagenette at 224).

On a CPU set these first; without them most of a step goes into page faults of freshly mapped buffers:
    export MALLOC_MMAP_THRESHOLD_=100000000000 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=500000000
"""
import argparse
import glob
import math
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import checkpoints
import export_weights
import fused_bn
import reference
import trainable

MOMENTUM, WEIGHT_DECAY, LABEL_SMOOTHING, EMA = 0.9, 5e-4, 0.1, 0.998


def read(data, split, classes, most=None):
    """Yields (picture, class index), at most `most` a class."""
    for i, c in enumerate(classes):
        for f in sorted(glob.glob(os.path.join(glob.escape(os.path.join(data, split, c)), "*")))[:most]:
            with Image.open(f) as im:
                yield im.convert("RGB"), i


class Pictures:
    """Decoded pictures on the device, [h, w, 3] uint8 each, and their classes [n]."""

    def __init__(self, pictures, device, what):
        arrays, classes = [], []
        for im, c in pictures:
            arrays.append(torch.from_numpy(np.array(im)).to(device))
            classes.append(c)
        if not arrays:
            raise SystemExit(f"reading {what}: no pictures there")
        self.arrays, self.classes = arrays, torch.tensor(classes, device=device)

    def __len__(self):
        return len(self.arrays)

    def random_crops(self, indices, size):
        """[n, 3, size, size] float crops of 0 to 255, and their classes [n]."""
        crops = torch.cat([random_crop(self.arrays[i], size) for i in indices])
        return crops, self.classes[torch.tensor(indices, device=self.classes.device)]


def random_crop(picture, size):
    """A random 30-100 % of the picture's area, between 3:4 and 4:3, resized; flipped half of the time."""
    h, w, _ = picture.shape
    for _ in range(10):
        area = w * h * random.uniform(0.3, 1.0)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        cw, ch = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if cw <= w and ch <= h:
            break
    else:
        cw = ch = min(w, h)
    x, y = random.randint(0, w - cw), random.randint(0, h - ch)
    crop = picture[y:y + ch, x:x + cw].permute(2, 0, 1)[None].float()
    crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True)  # as PIL resizes, without its rounding
    return crop.flip(3) if random.random() < 0.5 else crop


def centre_crop(im, size):
    """The picture as the program prepares it."""
    w, h = im.size
    k = size / min(w, h)
    im = im.resize((max(size, int(w * k)), max(size, int(h * k))), Image.BILINEAR)
    left, top = round((im.width - size) / 2), round((im.height - size) / 2)
    return im.crop((left, top, left + size, top + size))


def centre_crops(data, classes, size, device, most=None):
    """val/ as the network meets it when it is measured."""
    crops = ((centre_crop(im, size), c) for im, c in read(data, "val", classes, most))
    return Pictures(crops, device, os.path.join(data, "val"))


def normalise(x):
    """[n, 3, h, w] of 0 to 255 -> what the network reads."""
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) * 255
                 for v in (reference.IMAGENET_MEAN, reference.IMAGENET_STD))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def half_precision(device):
    """The type to multiply in: bfloat16, float16 on a GPU without it, None on a CPU without it (minutes for a step)."""
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    try:
        with open("/proc/cpuinfo") as f:
            flags = f.read()
            return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else None
    except OSError:
        return None


def accuracy(model, pictures):
    """The share of centre crops that model names rightly."""
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(pictures), 50):
            x = normalise(torch.stack(pictures.arrays[i:i + 50]).permute(0, 3, 1, 2).float())
            right += (model(x).argmax(1) == pictures.classes[i:i + 50]).sum().item()
    return right / len(pictures)


def named(classes):
    """Pairs of WordNet id and label for directories named by ImageNet's ids; other names are labels."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../models/imagenet1k_classes.tsv")) as f:
        labels = dict(line.rstrip("\n").split("\t")[1:] for line in f)
    return [(c, labels[c]) if c in labels else ("", c) for c in classes]


def initial(path, model):
    """Loads a checkpoint into model; its classifier only if it has as many classes.

    A 3x3 convolution of the file that is 1x1 in a model of smaller patches becomes the sum of its nine weights, which
    answers a flat input alike.
    """
    try:
        state = checkpoints.state_dict(checkpoints.load(path))
        if len(state.get("fc.bias", ())) != model.classes:
            print(f"{path} has other classes: the classifier starts anew")
            state.update({"fc." + name: t for name, t in model.fc.state_dict().items()})
        for name, own in model.state_dict().items():
            if own.ndim == 4 and own.shape[2:] == (1, 1) and name in state and state[name].shape[2:] == (3, 3):
                print(f"{name} is 3x3 in {path}: summed")
                state[name] = state[name].sum((2, 3), keepdim=True)
        model.load_state_dict(state)
    except checkpoints.Refused as e:
        raise SystemExit(f"starting from {path!r}: {e}")
    except RuntimeError as e:
        raise SystemExit(f"starting from {path!r}: another architecture ({str(e).splitlines()[1].strip()}): change --width "
                         "or --patch, or the file")


class Run:
    """A network in training: the weights, their averages, the optimizer, and how far it has come."""

    RECIPE = ("network", "budget", "width", "patch", "size", "batch", "lr", "seed", "limit")  # what --resume must find unchanged

    def __init__(self, args, device, classes):
        self.args, self.device, self.classes = args, device, classes
        self.dtype = half_precision(device)
        norm = fused_bn.norm() if self.dtype and device == "cpu" else fused_bn.PlainBN
        self.model, self.ema = (trainable.build(args.network, norm, len(classes), args.width, args.patch)
                                .to(device, memory_format=torch.channels_last) for _ in range(2))
        if args.init and not args.resume:
            initial(args.init, self.model)
        self.ema.load_state_dict(self.model.state_dict())
        weights = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim == 1]
        self.opt = torch.optim.SGD([{"params": weights, "weight_decay": WEIGHT_DECAY},
                                    {"params": others, "weight_decay": 0}], args.lr, momentum=MOMENTUM, nesterov=True)
        self.scaler = torch.cuda.amp.GradScaler(enabled=self.dtype == torch.float16)
        self.step, self.epoch, self.start = 0, 0, time.time()
        self.parts = {"model": self.model, "ema": self.ema, "opt": self.opt, "scaler": self.scaler}
        if args.resume:
            self.resume()

    @property
    def path(self):
        return os.path.splitext(self.args.out)[0] + ".train.pth"

    def elapsed(self):
        """The share of the budget that is spent."""
        return min(1.0, (time.time() - self.start) / self.args.budget)

    def size(self):
        """Small crops first: 0.6, 0.8 and 0.9 of the size measured at (96, 128 and 144 pixels for 160)."""
        f = self.elapsed()
        return round(self.args.size * (0.6 if f < 0.25 else 0.8 if f < 0.85 else 0.9) / 8) * 8

    def learn(self, x, y):
        """One step on a batch; returns the loss, a tensor on the device."""
        f = self.elapsed()
        for g in self.opt.param_groups:  # 4 % linear warm-up, then a cosine to zero
            g["lr"] = self.args.lr * (f / 0.04 if f < 0.04 else 0.5 * (1 + math.cos(math.pi * (f - 0.04) / 0.96))) + 1e-5
        with torch.autocast(self.device, dtype=self.dtype or torch.bfloat16, enabled=self.dtype is not None):
            out = self.model(x)
        loss = F.cross_entropy(out.float(), y, label_smoothing=LABEL_SMOOTHING)
        self.opt.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.opt)
        self.scaler.update()
        self.step += 1
        decay = min(EMA, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for a, b in zip(self.ema.state_dict().values(), self.model.state_dict().values()):
                if a.is_floating_point():
                    a.lerp_(b, 1 - decay)
                else:
                    a.copy_(b)
        return loss.detach()

    def save(self):
        """Writes the averaged weights to OUT, and the state of the run beside it."""
        out, size = self.args.out, self.args.size
        if out.endswith(".safetensors"):
            try:
                export_weights.export(
                    self.ema.state_dict(), out, classes=named(self.classes), resize=size, crop=size, dtype="f16",
                    quiet=True, name=os.path.splitext(os.path.basename(out))[0], source=self.args.source,
                    training=f"{self.epoch} epochs, {self.step} steps, {self.elapsed():.0%} of {self.args.budget:g} s")
            except export_weights.ExportError as e:
                raise SystemExit(f"writing {out!r} after epoch {self.epoch}: {e}")
        else:
            state = {k: v.cpu().contiguous() for k, v in self.ema.state_dict().items()}
            replace(out, {"state_dict": state, "classes": self.classes, "epoch": self.epoch})
        replace(self.path, {
            **{k: part.state_dict() for k, part in self.parts.items()}, "step": self.step, "epoch": self.epoch,
            "elapsed": time.time() - self.start, "recipe": {k: getattr(self.args, k) for k in self.RECIPE},
            "classes": self.classes, "random": random.getstate(), "torch": torch.get_rng_state()})

    def resume(self):
        """Goes on where the last epoch ended."""
        if not os.path.exists(self.path):
            raise SystemExit(f"resuming: there is no {self.path!r}: the run is done, or was interrupted in its first epoch")
        saved = torch.load(self.path, map_location=self.device)
        for k, was in {**saved["recipe"], "classes": saved["classes"]}.items():
            now = self.classes if k == "classes" else getattr(self.args, k)
            if was != now:
                raise SystemExit(f"resuming {self.path!r}: the run had {k} {was}, not {now}: give the same flags")
        for k, part in self.parts.items():
            part.load_state_dict(saved[k])
        random.setstate(saved["random"])
        torch.set_rng_state(saved["torch"].cpu())
        self.step, self.epoch, self.start = saved["step"], saved["epoch"], time.time() - saved["elapsed"]
        print(f"resumed after epoch {self.epoch}, step {self.step}, {self.elapsed():.1%} of the budget", flush=True)


def replace(path, value):
    """torch.save, to a file that is there only when it is whole."""
    torch.save(value, path + ".part")
    os.replace(path + ".part", path)


def train(args):
    if args.width < 16:
        raise SystemExit(f"--width {args.width}: want 16 or more: PyTorch 1.13's convolutions of fewer channels corrupt "
                         "memory in training on CPUs")
    if args.network != "bagnet" and args.out.endswith(".safetensors"):
        raise SystemExit(f"--out {args.out!r}: only BagNets are written as safetensors: give a name that ends in .pth, and "
                         "convert that by `bagnet models convert`")
    if args.network != "bagnet" and args.init:
        raise SystemExit("--init is for BagNets only")
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True  # there are three sizes only
    classes = sorted(os.listdir(os.path.join(args.data, "train")))
    pictures = Pictures(read(args.data, "train", classes, args.limit), device, os.path.join(args.data, "train"))
    if len(pictures) < args.batch:
        raise SystemExit(f"training on {len(pictures)} pictures: fewer than a batch of {args.batch}")
    held_out = centre_crops(args.data, classes, args.size, device, min(60, args.limit or 60))
    print(f"{len(pictures)} pictures of {len(classes)} classes to train on, {len(held_out)} to measure by, on {device}",
          flush=True)
    run = Run(args, device, classes)
    since, steps = time.time(), 0
    while run.elapsed() < 1:
        run.model.train()
        order = random.sample(range(len(pictures)), len(pictures))
        total = count = 0
        for i in range(0, len(order) - args.batch + 1, args.batch):
            f, size = run.elapsed(), run.size()
            if f >= 1:
                break
            x, y = pictures.random_crops(order[i:i + args.batch], size)
            total, count, steps = total + run.learn(normalise(x), y), count + 1, steps + 1
            if run.step % args.report == 0:
                print(f"step {run.step}, epoch {run.epoch}, {f:.1%} of the budget, {size} px, "
                      f"lr {run.opt.param_groups[0]['lr']:.4f}, loss {total / count:.3f}, "
                      f"{(time.time() - since) / steps:.2f} s a step", flush=True)
        run.epoch += 1
        run.save()
        print(f"epoch {run.epoch}: averaged weights {accuracy(run.ema, held_out):.3f} on {len(held_out)} pictures",
              flush=True)
    everything = centre_crops(args.data, classes, args.size, device, args.limit)
    print(f"final: {accuracy(run.ema, everything):.4f} on {len(everything)} pictures of val at {args.size} px; saved to "
          f"{args.out}")
    os.remove(run.path)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True, help="directory with train/ and val/")
    p.add_argument("--out", required=True, help="what to write: a .safetensors file, else a checkpoint")
    p.add_argument("--budget", type=float, default=6000, help="seconds of training (default 6000)")
    p.add_argument("--init", help="checkpoint (.pth) or .safetensors file to start from")
    p.add_argument("--resume", action="store_true", help="go on with an interrupted run, given the same flags")
    p.add_argument("--network", choices=["bagnet", "resnet18", "densenet121", "alexnet"], default="bagnet",
                   help="what to train (default bagnet)")
    p.add_argument("--width", type=int, default=32, help="channels of the first convolution; 64 are the published networks' (default 32)")
    p.add_argument("--patch", type=int, choices=sorted(reference.KERNEL3), default=33, help="a BagNet's q (default 33)")
    p.add_argument("--size", type=int, default=160, help="pixels a side to measure at (default 160)")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--lr", type=float, default=0.12)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--limit", type=int, help="pictures a class, for a trial")
    p.add_argument("--report", type=int, default=20, help="steps between lines of progress (default 20)")
    p.add_argument("--source", default="trained on Imagenette's training photographs by scripts/train_imagenette.py",
                   help="where the weights come from, kept in a .safetensors file")
    train(p.parse_args())


if __name__ == "__main__":
    main()
