"""Trains a BagNet on Imagenette against a wall-clock budget: where the embedded model comes from.

usage: python3 scripts/train_imagenette.py --data ../shared/data/imagenette --out bagnet33-imagenette.pth --budget 6000

DATA holds train/ and val/, a directory a class in each, named by WordNet id. Only train/ is trained on; val/ measures.
The learning rate follows the elapsed share of the budget, so that a run always ends annealed. What is saved, after
every epoch and at the end, are the exponential moving averages of the weights: {"state_dict", "classes", "epoch"}.

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
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

import fused_bn
import reference

MOMENTUM, WEIGHT_DECAY, LABEL_SMOOTHING, EMA = 0.9, 5e-4, 0.1, 0.998


class Bottleneck(reference.Bottleneck):
    """The reference's block over a batch norm that takes the residual and the ReLU along."""

    def __init__(self, *args):
        super().__init__(*args)
        nn.init.zeros_(self.bn3.weight)  # every block starts as the identity

    def forward(self, x):
        residual = x if self.downsample is None else self.downsample[1](self.downsample[0](x), relu=False)
        y = self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)))))
        return self.bn3(y, residual[:, :, :y.shape[2], :y.shape[3]])


class BagNet(reference.BagNet):
    def __init__(self, norm, **shape):
        super().__init__(block=Bottleneck, norm=norm, **shape)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def stem(self, x):
        return self.bn1(self.conv2(self.conv1(x)))

    def forward(self, x):
        return self.fc(self.features(x).float().mean((2, 3)))


def load(data, split, classes, most=None):
    """[(picture, class index)], at most `most` a class, all decoded in memory (1.4 GB for Imagenette at 224)."""
    out = []
    for i, c in enumerate(classes):
        for f in sorted(glob.glob(os.path.join(data, split, c, "*")))[:most]:
            out.append((Image.open(f).convert("RGB"), i))
    if not out:
        raise SystemExit(f"reading {data}/{split}: no pictures there")
    return out


def random_crop(im, size):
    """A random 30-100 % of the picture's area, between 3:4 and 4:3, resized; flipped half of the time."""
    w, h = im.size
    for _ in range(10):
        area = w * h * random.uniform(0.3, 1.0)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        cw, ch = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if cw <= w and ch <= h:
            break
    else:
        cw = ch = min(w, h)
    x, y = random.randint(0, w - cw), random.randint(0, h - ch)
    a = np.asarray(im.resize((size, size), Image.BILINEAR, box=(x, y, x + cw, y + ch)))
    return a[:, ::-1] if random.random() < 0.5 else a


def centre_crop(im, size):
    w, h = im.size
    k = size / min(w, h)
    im = im.resize((max(size, int(w * k)), max(size, int(h * k))), Image.BILINEAR)
    left, top = round((im.width - size) / 2), round((im.height - size) / 2)
    return np.asarray(im.crop((left, top, left + size, top + size)))


def batch(arrays, device):
    x = torch.from_numpy(np.stack(arrays)).to(device).permute(0, 3, 1, 2).float()
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) * 255
                 for v in (reference.IMAGENET_MEAN, reference.IMAGENET_STD))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def has_bfloat16(device):
    """Whether the machine multiplies bfloat16 itself; a CPU that does not takes minutes for a step."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    try:
        with open("/proc/cpuinfo") as f:
            flags = f.read()
            return "avx512_bf16" in flags or "amx_bf16" in flags
    except OSError:
        return False


def accuracy(model, pictures, size, device):
    model.eval()
    right = 0
    with torch.no_grad():
        for i in range(0, len(pictures), 50):
            part = pictures[i:i + 50]
            guess = model(batch([centre_crop(im, size) for im, _ in part], device)).argmax(1).cpu()
            right += (guess == torch.tensor([c for _, c in part])).sum().item()
    return right / len(pictures)


def train(args):
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    classes = sorted(os.listdir(os.path.join(args.data, "train")))
    pictures = load(args.data, "train", classes, args.limit)
    held_out = load(args.data, "val", classes, min(60, args.limit or 60))
    print(f"{len(pictures)} pictures of {len(classes)} classes to train on, {len(held_out)} to measure by, on {device}",
          flush=True)
    bf16 = has_bfloat16(device)
    norm = fused_bn.norm() if bf16 and device == "cpu" else fused_bn.PlainBN
    shape = dict(family="v1", q=args.patch, width=args.width, classes=len(classes))
    model, ema = (BagNet(norm, **shape).to(device, memory_format=torch.channels_last) for _ in range(2))
    if args.init:
        model.load_state_dict(torch.load(args.init, map_location=device)["state_dict"])
    ema.load_state_dict(model.state_dict())
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    opt = torch.optim.SGD([{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0}],
                          args.lr, momentum=MOMENTUM, nesterov=True)

    start, step, epoch = time.time(), 0, 0

    def elapsed():
        return min(1.0, (time.time() - start) / args.budget)

    def save():
        state = {k: v.cpu().contiguous() for k, v in ema.state_dict().items()}
        torch.save({"state_dict": state, "classes": classes, "epoch": epoch}, args.out + ".tmp")
        os.replace(args.out + ".tmp", args.out)

    while elapsed() < 1:
        model.train()
        random.shuffle(pictures)
        total = count = 0
        for i in range(0, len(pictures) - args.batch + 1, args.batch):
            f = elapsed()
            if f >= 1:
                break
            # small crops first: 0.6, 0.8 and 0.9 of the size measured at (96, 128 and 144 pixels for 160)
            size = round(args.size * (0.6 if f < 0.25 else 0.8 if f < 0.85 else 0.9) / 8) * 8
            for g in opt.param_groups:  # 4 % linear warm-up, then a cosine to zero
                g["lr"] = args.lr * (f / 0.04 if f < 0.04 else 0.5 * (1 + math.cos(math.pi * (f - 0.04) / 0.96))) + 1e-5
            part = pictures[i:i + args.batch]
            x = batch([random_crop(im, size) for im, _ in part], device)
            y = torch.tensor([c for _, c in part], device=device)
            with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
                out = model(x)
            loss = F.cross_entropy(out.float(), y, label_smoothing=LABEL_SMOOTHING)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            step += 1
            decay = min(EMA, (1 + step) / (10 + step))
            with torch.no_grad():
                for a, b in zip(ema.state_dict().values(), model.state_dict().values()):
                    if a.is_floating_point():
                        a.lerp_(b, 1 - decay)
                    else:
                        a.copy_(b)
            total, count = total + loss.item(), count + 1
            if step % args.report == 0:
                print(f"step {step}, epoch {epoch}, {f:.1%} of the budget, {size} px, "
                      f"lr {opt.param_groups[0]['lr']:.4f}, loss {total / count:.3f}, "
                      f"{(time.time() - start) / step:.2f} s a step", flush=True)
        if not count and elapsed() < 1:
            raise SystemExit(f"training on {len(pictures)} pictures: fewer than a batch of {args.batch}")
        epoch += 1
        save()
        print(f"epoch {epoch}: averaged weights {accuracy(ema, held_out, args.size, device):.3f} on {len(held_out)} "
              "pictures", flush=True)
    everything = load(args.data, "val", classes, args.limit)
    print(f"final: {accuracy(ema, everything, args.size, device):.4f} on {len(everything)} pictures of val at "
          f"{args.size} px; saved to {args.out}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", required=True, help="directory with train/ and val/")
    p.add_argument("--out", required=True, help="checkpoint to write")
    p.add_argument("--budget", type=float, default=6000, help="seconds of training (default 6000)")
    p.add_argument("--init", help="checkpoint to start from")
    p.add_argument("--width", type=int, default=32, help="stem width; 64 is ResNet-50's (default 32)")
    p.add_argument("--patch", type=int, choices=sorted(reference.KERNEL3), default=33, help="q (default 33)")
    p.add_argument("--size", type=int, default=160, help="pixels a side to measure at (default 160)")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--lr", type=float, default=0.12)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--limit", type=int, help="pictures a class, for a trial")
    p.add_argument("--report", type=int, default=20, help="steps between lines of progress (default 20)")
    train(p.parse_args())


if __name__ == "__main__":
    main()
