"""Trains the networks of models/ on Imagenette on a GPU, all at once, each in a process of its own, within minutes.

usage: python3 scripts/train_imagenette_gpu.py PHOTOGRAPHS OUT SECONDS [NETWORK...]
       python3 scripts/train_imagenette_gpu.py --pack imagenette/train PHOTOGRAPHS [QUALITY=78]

NETWORK is bagnet33, bagnet17, bagnet9, resnet18, densenet121 or alexnet, all of half width; all six unless named. Each
may be followed by :SHARE, its share of the time (1 if not given), and by =FILE, the weights that it begins with (BagNets;
see train_imagenette.py --init).

--pack writes PHOTOGRAPHS, a pickle of (class, WebP) pairs: squares of 160 pixels, resized and cropped as the program does,
small enough to be carried to another machine. They are trained on, but for 1 in 40, which is watched by.

The recipe is train_imagenette.py's with what a GPU has time for: crops of 20 to 100 % of the area, flips, brightness,
contrast and saturation, and CutMix for a quarter of the steps, all on the GPU; SGD with Nesterov momentum, the learning
rate a cosine to zero by elapsed time; bf16 autocast. OUT/NETWORK.pth is {"state_dict", "classes"}: averaged weights,
matrices in float16, to be read by `bagnet models convert`.
"""
import glob
import io
import math
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import fused_bn
import reference
import train_imagenette
import trainable

SIDE = 160
BATCH, WIDTH, EMA = 128, 32, 0.999
LEARNING_RATE = {"bagnet33": 0.2, "bagnet17": 0.2, "bagnet9": 0.2, "resnet18": 0.2, "densenet121": 0.2, "alexnet": 0.02}
WATCHED = 40  # one in so many is not trained on


def encode(path, quality):
    """The directory's name, and the square in the middle of the photograph, of 160 pixels, as a WebP."""
    with Image.open(path) as im:
        square = train_imagenette.centre_crop(im.convert("RGB"), SIDE)
    data = io.BytesIO()
    square.save(data, "WEBP", quality=quality, method=4)
    return os.path.basename(os.path.dirname(path)), data.getvalue()


def pack(root, out, quality=78):
    paths = sorted(glob.glob(os.path.join(glob.escape(root), "*", "*")))
    with ProcessPoolExecutor() as pool, open(out, "wb") as f:
        pickle.dump(list(pool.map(encode, paths, [quality] * len(paths), chunksize=50)), f)
    print(f"{len(paths)} photographs, {os.path.getsize(out) / 2**20:.1f} MiB")


class Photographs:
    """Bytes [n, 3, 160, 160] and classes [n], on the device; the classes' names."""

    def __init__(self, path, device):
        with open(path, "rb") as f:
            pairs = pickle.load(f)
        self.names = sorted({c for c, _ in pairs})
        with ThreadPoolExecutor() as pool:
            arrays = list(pool.map(lambda pair: np.asarray(Image.open(io.BytesIO(pair[1])).convert("RGB")), pairs))
        self.x = torch.from_numpy(np.stack(arrays)).to(device).permute(0, 3, 1, 2).contiguous()
        self.classes = torch.tensor([self.names.index(c) for c, _ in pairs], device=device)

    def crops(self, i, size, least):
        """[n, 3, size, size] of 0 to 1: `least` to 100 % of the area of photographs i, 3:4 to 4:3, flipped half of the time."""
        n, device = len(i), i.device
        area = torch.empty(n, device=device).uniform_(least, 1)
        ratio = torch.exp(torch.empty(n, device=device).uniform_(math.log(3 / 4), math.log(4 / 3)))
        w, h = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
        theta = torch.zeros(n, 2, 3, device=device)
        theta[:, 0, 0] = torch.where(torch.rand_like(w) < 0.5, -w, w)
        theta[:, 1, 1] = h
        theta[:, 0, 2], theta[:, 1, 2] = (1 - w) * (2 * torch.rand_like(w) - 1), (1 - h) * (2 * torch.rand_like(h) - 1)
        # twice the size and halved by a box: a crop larger than the output is shrunk without aliasing
        grid = F.affine_grid(theta, (n, 3, 2 * size, 2 * size), align_corners=False)
        return F.avg_pool2d(F.grid_sample(self.x[i].float() / 255, grid, padding_mode="border", align_corners=False), 2)


def colours(x):
    """Brightness, contrast and saturation of each picture times 0.7 to 1.3."""
    b, c, s = (torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(0.7, 1.3) for _ in range(3))
    x = x * b
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * c
    grey = x.mean(1, keepdim=True)
    return (grey + (x - grey) * s).clamp(0, 1)


def cutmix(x):
    """A rectangle of every picture replaced by its partner's; returns pictures, partners and the share that is left."""
    size, share = x.shape[-1], torch.rand(()).item()
    side = int(size * math.sqrt(1 - share))
    top, left = (int(torch.randint(0, size - side + 1, ())) for _ in range(2))
    partner = torch.randperm(len(x), device=x.device)
    mixed = x.clone()
    mixed[:, :, top:top + side, left:left + side] = x[partner, :, top:top + side, left:left + side]
    return mixed, partner, 1 - side * side / (size * size)


def build(network, classes):
    if network.startswith("bagnet"):
        return trainable.build("bagnet", fused_bn.PlainBN, classes, WIDTH, int(network[6:]))
    return trainable.build(network, fused_bn.PlainBN, classes, WIDTH, None)


def accuracy(net, photographs, watched):
    net.eval()
    right = 0
    with torch.no_grad():
        for i in watched.split(128):
            x = train_imagenette.normalise(photographs.x[i].float())
            right += (net(x).argmax(1) == photographs.classes[i]).sum().item()
    return right / len(watched)


def train(path, out, seconds, network, init):
    start = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(sum(map(ord, network)))
    photographs = Photographs(path, device)
    numbers = torch.arange(len(photographs.classes), device=device)
    rest, watched = numbers[numbers % WATCHED != 7], numbers[numbers % WATCHED == 7]
    net, ema = (build(network, len(photographs.names)).to(device, memory_format=torch.channels_last) for _ in range(2))
    if init:
        train_imagenette.initial(init, net)
    ema.load_state_dict(net.state_dict())
    averaged, own = ([t for t in m.state_dict().values() if t.is_floating_point()] for m in (ema, net))
    opt = torch.optim.SGD([{"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": train_imagenette.WEIGHT_DECAY},
                           {"params": [p for p in net.parameters() if p.ndim == 1], "weight_decay": 0}],
                          0.1, momentum=train_imagenette.MOMENTUM, nesterov=True)
    peak, step, f, told = LEARNING_RATE[network] * (0.75 if init else 1), 0, 0.0, 0
    order = []
    print(f"{network}: read after {time.time() - start:.0f} s", flush=True)
    begin = time.time()
    while f < 1:
        if not len(order):
            order = list(rest[torch.randperm(len(rest), device=device)].split(BATCH))
            order = [i for i in order if len(i) == BATCH] or [rest]
        i = order.pop()
        for g in opt.param_groups:
            g["lr"] = peak * (f / 0.05 if f < 0.05 else 0.5 * (1 + math.cos(math.pi * (f - 0.05) / 0.95)))
        net.train()
        size, least = (112, 0.2) if f < 0.3 else (128, 0.2) if f < 0.8 else (144, 0.3)
        x, y = colours(photographs.crops(i, size, least)), photographs.classes[i]
        partner, share = torch.arange(len(x), device=device), 1.0
        if f < 0.85 and step % 4 == 0:
            x, partner, share = cutmix(x)
        with torch.autocast(device, dtype=torch.bfloat16):
            z = net(train_imagenette.normalise(x * 255)).float()
        loss = sum(k * F.cross_entropy(z, t, label_smoothing=train_imagenette.LABEL_SMOOTHING)
                   for k, t in ((share, y), (1 - share, y[partner])) if k > 0)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
        opt.step()
        step += 1
        with torch.no_grad():
            decay = min(EMA, (1 + step) / (10 + step))
            torch._foreach_mul_(averaged, decay)
            torch._foreach_add_(averaged, own, alpha=1 - decay)
        if step % 8 == 0:
            loss.item()  # waits, so that the time is that of steps done
        f = min(1.0, (time.time() - begin) / seconds)
        if f * 10 >= told + 1:
            told = int(f * 10)
            print(f"{network}: {f:.0%}, {step} steps, {step * BATCH / len(rest):.0f} epochs, loss {loss.item():.3f}, "
                  f"watched {accuracy(ema, photographs, watched):.3f}", flush=True)
    state = {k: v.cpu().contiguous() for k, v in ema.state_dict().items()}
    state = {k: v.half() if v.ndim > 1 else v for k, v in state.items()}
    ema.load_state_dict(state)
    print(f"{network}: {step} steps, {step * BATCH / len(rest):.1f} epochs, watched {accuracy(ema, photographs, watched):.4f} "
          f"of {len(watched)}", flush=True)
    train_imagenette.replace(os.path.join(out, network + ".pth"), {"state_dict": state, "classes": photographs.names})


def main():
    if sys.argv[1:2] == ["--pack"]:
        return pack(*sys.argv[2:4], *map(int, sys.argv[4:5]))
    path, out, seconds, *networks = sys.argv[1:]
    if networks[:1] == ["--one"]:
        return train(path, out, float(seconds), *networks[1:3])
    runs = []
    for text in networks or LEARNING_RATE:
        name, _, init = text.partition("=")
        name, _, share = name.partition(":")
        if name not in LEARNING_RATE:
            raise SystemExit(f"{name!r}: want one of {', '.join(LEARNING_RATE)}")
        runs.append(subprocess.Popen([sys.executable, __file__, path, out, str(float(seconds) * float(share or 1)), "--one", name, init]))
    if any([r.wait() for r in runs]):
        raise SystemExit("one of the runs failed")


if __name__ == "__main__":
    main()
