"""torchvision's networks with random weights, at their published sizes and tiny ones: what BagNets are compared with.

The tiny ones run torchvision's own forward passes; only the widths and depths are others.
"""
import copy
import re
from collections import OrderedDict

import torch
import torch.nn as nn
from torchvision import models
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.vgg import make_layers

import pictures
import reference

FAMILIES = {
    "resnet": ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2"],
    "vgg": ["vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"],
    "densenet": ["densenet121", "densenet161", "densenet169", "densenet201"],
    "alexnet": ["alexnet"],
}


class ResNet(models.ResNet):
    """torchvision's ResNet with a stem of `width` channels and stages of `planes`."""

    def __init__(self, block, depths, width, planes, classes, norm=nn.BatchNorm2d):
        nn.Module.__init__(self)
        self.inplanes, self.groups, self.base_width, self.dilation = width, 1, 64, 1
        self._norm_layer = norm
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for i, (depth, p) in enumerate(zip(depths, planes)):
            setattr(self, f"layer{i + 1}", self._make_layer(block, p, depth, stride=1 if i == 0 else 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(planes[-1] * block.expansion, classes)


class VGG(models.VGG):
    """torchvision's VGG with the convolutions of `layers` and linear layers of `hidden` channels."""

    def __init__(self, layers, hidden, classes, batch_norm):
        nn.Module.__init__(self)
        self.features = make_layers(layers, batch_norm)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(layers[-2] * 49, hidden), nn.ReLU(True), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(True), nn.Dropout(), nn.Linear(hidden, classes))


class AlexNet(models.AlexNet):
    """torchvision's AlexNet with convolutions of `widths` and linear layers of `hidden` channels."""

    def __init__(self, widths, hidden, classes):
        nn.Module.__init__(self)
        a, b, c, d, e = widths
        pool = nn.MaxPool2d(3, stride=2)
        self.features = nn.Sequential(
            nn.Conv2d(3, a, 11, stride=4, padding=2), nn.ReLU(True), pool,
            nn.Conv2d(a, b, 5, padding=2), nn.ReLU(True), pool,
            nn.Conv2d(b, c, 3, padding=1), nn.ReLU(True), nn.Conv2d(c, d, 3, padding=1), nn.ReLU(True),
            nn.Conv2d(d, e, 3, padding=1), nn.ReLU(True), pool)
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(e * 36, hidden), nn.ReLU(True), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(True), nn.Linear(hidden, classes))


# name -> what makes it; TINY_SHAPES says what `models info` should find of it.
TINY = {
    "resnet-basic": lambda: ResNet(BasicBlock, (1, 2, 1, 1), 6, (6, 7, 8, 9), 5),
    "resnet-bottleneck": lambda: ResNet(Bottleneck, (2, 1, 1, 2), 5, (3, 4, 5, 6), 7),
    "vgg": lambda: VGG([5, "M", 6, 7, "M", 8, "M"], 11, 6, False),
    "vgg_bn": lambda: VGG([5, 4, "M", 6, "M"], 12, 3, True),
    "densenet": lambda: models.DenseNet(growth_rate=4, block_config=(2, 3, 1, 2), num_init_features=6, bn_size=2,
                                          num_classes=8),
    "alexnet": lambda: AlexNet((5, 6, 7, 6, 5), 10, 4),
}
TINY_SHAPES = {  # family, layers with weights, channels after the first convolution, depths
    "resnet-basic": ("resnet", 12, 6, (1, 2, 1, 1)),
    "resnet-bottleneck": ("resnet", 20, 5, (2, 1, 1, 2)),
    "vgg": ("vgg", 7, 5, (1, 2, 1)),
    "vgg_bn": ("vgg_bn", 6, 5, (2, 1)),
    "densenet": ("densenet", 21, 6, (2, 3, 1, 2)),
    "alexnet": ("alexnet", 8, 5, (1, 1, 3)),
}


MEANS = ["resnet-basic", "resnet-bottleneck", "densenet"]  # whose logits are means over positions


def with_random_weights(net, seed):
    """net with random weights whose logits depend on the picture as much as a trained network's do; in eval mode.

    Random layers one behind the other make much of small differences, rounding among them. So a ResNet's block adds the
    less the more blocks its stage has (else PyTorch's own float32 is off by 5e-5 of the range in a ResNet-152), and
    VGG's batch norms lift what they put out by half its deviation (else by 1.1e-5 in a VGG-19).
    """
    reference.randomize(net, seed)
    if isinstance(net, models.VGG):
        with torch.no_grad():
            for m in net.modules():
                if isinstance(m, nn.BatchNorm2d):
                    m.bias += 0.5
    if isinstance(net, models.ResNet):
        with torch.no_grad():
            for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
                for block in stage:
                    last = block.bn3 if isinstance(block, Bottleneck) else block.bn2
                    last.weight /= len(stage) ** 0.5
    return reference.calibrate(net, [reference.normalise(pictures.synthetic(120, 120, seed=i)) for i in range(4)])


def published(name, seed):
    return with_random_weights(getattr(models, name)(weights=None), seed)


def half_resnet18(seed):
    return with_random_weights(ResNet(BasicBlock, (2, 2, 2, 2), 32, (32, 64, 128, 256), 10), seed)


def features(net, x):
    """The last feature map, [rows, cols, channels]: what the classifier sees of x."""
    if hasattr(net, "layer4"):
        x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
    else:
        x = net.features(x)
    return torch.relu(x)[0].permute(1, 2, 0)  # DenseNet's ReLU is in its forward; the others have had theirs


def evidence(net, x):
    """[rows, cols, classes]: the linear layer, with its bias, at each position of the last feature map."""
    linear = net.fc if hasattr(net, "fc") else net.classifier
    return linear(features(net, x))


def field(net, side=1024):
    """(size, stride, origin) of what positions of the last feature map depend on, found by the gradient.

    Position i depends on `size` pixels along each axis, whose middle is pixel origin + i * stride. Found in a copy with
    positive weights, so that nothing cancels, and with means for maxima, so that all of a window counts. A picture that is
    as narrow as one position has the same rows.
    """
    net = copy.deepcopy(net).eval()
    for m in list(net.modules()):
        for name, child in m.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(m, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
            if isinstance(child, nn.BatchNorm2d):
                setattr(m, name, nn.Identity())
            if isinstance(child, nn.Conv2d):
                nn.init.constant_(child.weight, 1 / child.weight[0].numel())
    x = torch.ones(1, 3, side, 32, dtype=next(net.parameters()).dtype, requires_grad=True)
    rows = features(net, x).sum((1, 2))
    seen = []
    for i in (len(rows) // 2 - 1, len(rows) // 2):
        gradient, = torch.autograd.grad(rows[i], x, retain_graph=True)
        at = gradient[0].abs().sum((0, 2)).nonzero().flatten()
        seen.append((i, at.min().item(), at.max().item()))
    (i, first, last), (_, below, _) = seen
    assert first > 0 and last < side - 1, "the picture is smaller than what is seen"
    stride = below - first
    return last - first + 1, stride, (first + last) // 2 - i * stride


def old_spelling(state):
    """A DenseNet's state dict as torchvision's published files spell it, without counters."""
    return OrderedDict((re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", k), v) for k, v in state.items()
                       if not k.endswith("num_batches_tracked"))


def macs(net, x):
    """The multiply-adds of a network's convolutions and linear layers."""
    total = 0

    def count(module, _, out):
        nonlocal total
        total += out[0].numel() * module.weight[0].numel() if out.dim() == 4 else module.weight.numel()

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        net(x)
    for h in hooks:
        h.remove()
    return total
