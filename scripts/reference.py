"""BagNets in plain PyTorch, written to be read: what this project's program is compared with.

A BagNet is a ResNet of bottleneck blocks whose 3x3 convolutions are nearly all 1x1, so that a unit of the last layer
sees q x q pixels of the image only (W. Brendel, M. Bethge, ICLR 2019). Two families exist:

  v1  no padding anywhere; the stem is a 1x1 and then a 3x3 convolution with nothing between them; a block's residual
      is cropped at the bottom and at the right to what the 3x3 convolution has left.
  v2  the stem is one 3x3 convolution; every 3x3 convolution is padded by one pixel, so nothing needs to be cropped.

State dict keys are those of the published checkpoints: conv1, conv2 (v1 only), bn1, layerN.M.{conv1-3,bn1-3},
layerN.0.downsample.{0,1}, fc. Other projects' names for the same weights are in wild.py.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

EXPANSION = 4
DEPTHS = (3, 4, 6, 3)
STRIDES = (2, 2, 2, 1)
KERNEL3 = {9: (1, 1, 0, 0), 17: (1, 1, 1, 0), 33: (1, 1, 1, 1)}  # q -> blocks of each stage with a 3x3 conv2

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Bottleneck(nn.Module):
    """1x1 to `planes`, kernel x kernel with the stride, 1x1 to 4 * `planes`; plus the residual; ReLU."""

    def __init__(self, channels, planes, stride, kernel, padding, norm=nn.BatchNorm2d):
        super().__init__()
        out = planes * EXPANSION
        self.conv1 = nn.Conv2d(channels, planes, 1, bias=False)
        self.bn1 = norm(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel, stride=stride, padding=padding, bias=False)
        self.bn2 = norm(planes)
        self.conv3 = nn.Conv2d(planes, out, 1, bias=False)
        self.bn3 = norm(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride=stride, bias=False), norm(out))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        residual = x if self.downsample is None else self.downsample(x)
        return F.relu(y + residual[:, :, :y.shape[2], :y.shape[3]])  # v1 crops here; in v2 the sizes are equal


class BagNet(nn.Module):
    """A BagNet of any width, depth and class count.

    The first kernel3[i] blocks of stage i+1 have a 3x3 conv2 (a tuple says it block by block). block and norm are there for training, which
    fuses batch norm, residual and ReLU.
    """

    def __init__(self, family="v1", q=33, width=64, depths=DEPTHS, classes=1000, strides=STRIDES, kernel3=None,
                 block=Bottleneck, norm=nn.BatchNorm2d):
        super().__init__()
        if family not in ("v1", "v2"):
            raise ValueError(f"family {family!r} is neither v1 nor v2")
        self.family, self.width, self.classes = family, width, classes
        self.depths, self.strides = tuple(depths), tuple(strides)
        self.kernel3 = tuple(kernel3 or KERNEL3[q])
        if family == "v1":
            self.conv1 = nn.Conv2d(3, width, 1, bias=False)
            self.conv2 = nn.Conv2d(width, width, 3, bias=False)
        else:
            self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = norm(width)
        channels = width
        for i, (depth, stride) in enumerate(zip(self.depths, self.strides)):
            planes = width << i
            blocks = []
            for j in range(depth):
                kernel = 3 if self.threes(i)[j] else 1
                padding = (kernel - 1) // 2 if family == "v2" else 0
                blocks.append(block(channels, planes, stride if j == 0 else 1, kernel, padding, norm))
                channels = planes * EXPANSION
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def threes(self, i):
        """Which blocks of stage i+1 have a 3x3 conv2."""
        k = self.kernel3[i]
        return [bool(x) for x in k] if isinstance(k, (tuple, list)) else [j < k for j in range(self.depths[i])]

    @property
    def patch_size(self):
        """q: 3 pixels for the stem, and 2 input steps more for each 3x3 convolution."""
        q, step = 3, 1
        for i, stride in enumerate(self.strides):
            for j, three in enumerate(self.threes(i)):
                q += 2 * step if three else 0
                step *= stride if j == 0 else 1
        return q

    def stem(self, x):
        x = self.conv1(x)
        if self.family == "v1":
            x = self.conv2(x)
        return F.relu(self.bn1(x))

    def features(self, x):
        """[n, 3, h, w] normalised pixels -> [n, 32 * width, rows, cols]: one vector a patch."""
        x = self.stem(x)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return x

    def forward(self, x):
        """[n, 3, h, w] normalised pixels -> [n, classes]: the mean over the patches, then the classifier."""
        return self.fc(self.features(x).mean((2, 3)))

    def patch_logits(self, x):
        """[1, 3, h, w] normalised pixels -> [rows, cols, classes]: the classifier on every patch (native grid)."""
        return self.fc(self.features(x)[0].permute(1, 2, 0))

    @classmethod
    def from_state_dict(cls, state, strides=STRIDES, **options):
        """The network whose weights a flat state dict holds, its shape read off the tensors; in eval mode."""
        family = "v1" if "conv2.weight" in state else "v2"
        depths, kernel3 = [], []
        for stage in range(1, 5):
            depths.append(len({k.split(".")[1] for k in state if k.startswith(f"layer{stage}.")}))
            kernel3.append(tuple(state[f"layer{stage}.{j}.conv2.weight"].shape[2] == 3 for j in range(depths[-1])))
        net = cls(family, width=state["conv1.weight"].shape[0], depths=depths, classes=state["fc.weight"].shape[0],
                  strides=strides, kernel3=kernel3, **options)
        net.load_state_dict(state)
        return net.eval()


def randomize(net, seed, dead=()):
    """Random weights under which activations neither die nor explode; returns net in eval mode.

    Batch norm has statistics as training leaves them: scale and variance around 1, all with some spread. A layer named
    in dead ("layer2.0.conv3") is left as some published checkpoints leave theirs: weights near 1e-7, running
    statistics to match, so that eps is what its batch norm divides by.
    """
    g = torch.Generator().manual_seed(seed)

    def uniform(t, low, high):
        t.copy_(torch.rand(t.shape, generator=g) * (high - low) + low)

    def normal(t, std):
        t.copy_(torch.randn(t.shape, generator=g) * std)

    with torch.no_grad():
        for name, m in net.named_modules():
            if isinstance(m, nn.Conv2d):
                gain = 1 if name in ("conv1", "conv2") else 2  # He; the stem's input has passed no ReLU
                normal(m.weight, (gain / (m.weight[0].numel())) ** 0.5)
                if m.bias is not None:
                    normal(m.bias, 0.1)
            elif isinstance(m, nn.BatchNorm2d):
                low, high = (0.2, 0.5) if name.endswith("bn3") else (0.6, 1.2)  # a block adds less than it is given
                uniform(m.weight, low, high)
                normal(m.bias, 0.2)
                normal(m.running_mean, 0.2)
                uniform(m.running_var, 0.5, 2)
                m.num_batches_tracked.fill_(1000)
            elif isinstance(m, nn.Linear):
                normal(m.weight, 2 / m.in_features ** 0.5)
                normal(m.bias, 0.1)
        modules = dict(net.named_modules())
        for name in dead:
            conv, bn = modules[name], modules[name.replace("conv", "bn")]
            scale = 1e-7 / conv.weight.abs().max()
            conv.weight *= scale
            bn.running_mean *= scale
            bn.running_var *= scale ** 2
    return net.eval()


def calibrate(net, inputs):
    """Makes a randomized network as sensitive as a trained one: every batch norm gets the statistics of what it meets
    on inputs, and three quarters of inputs' mean logits are taken off the classifier's bias. Returns net in eval mode.

    Without this, constants that no picture changes make up most of the activations and of the logits' range. With the
    whole mean taken off, a picture like the inputs would have logits near zero, and no range to compare with.
    """
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # a plain average over the inputs
    with torch.no_grad():
        net.train()
        for x in inputs:
            net(x)
        net.eval()
        head = [m for m in net.modules() if isinstance(m, nn.Linear)][-1]
        head.bias -= 0.75 * torch.cat([net(x) for x in inputs]).mean(0)
    return net


def normalise(pixels, mean=IMAGENET_MEAN, std=IMAGENET_STD):
    """[h, w, 3] uint8 array -> [1, 3, h, w] float32, as torchvision's ToTensor and Normalize do."""
    x = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float().div(255)
    return ((x - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)).unsqueeze(0)
