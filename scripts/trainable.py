"""The networks that train_imagenette.py trains: a BagNet, and a ResNet-18, a DenseNet-121 and an AlexNet to compare it
with.

Each is the network of reference.py or torchvision, with its names in the state dict, over a batch norm that takes the
residual and the ReLU along (fused_bn.py), and initialised for training. They map [n, 3, h, w] normalised pixels to
[n, classes] logits.
"""
import torch.nn as nn
from torchvision import models

import networks
import reference


class Bottleneck(reference.Bottleneck):
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
        initialise(self)

    def stem(self, x):
        return self.bn1(self.conv2(self.conv1(x)))

    def forward(self, x):
        return self.fc(self.features(x).float().mean((2, 3)))


class BasicBlock(models.resnet.BasicBlock):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x):
        residual = x if self.downsample is None else self.downsample[1](self.downsample[0](x), relu=False)
        return self.bn2(self.conv2(self.bn1(self.conv1(x))), residual)


class ResNet18(networks.ResNet):
    def __init__(self, norm, width, classes):
        planes = [width << i for i in range(4)]
        super().__init__(BasicBlock, (2, 2, 2, 2), width, planes, classes, norm)
        initialise(self)

    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(x.float().mean((2, 3)))


class DenseNet121(models.DenseNet):
    def __init__(self, norm, width, classes):
        super().__init__(growth_rate=width // 2, block_config=(6, 12, 24, 16), num_init_features=width, num_classes=classes)
        for module in list(self.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.BatchNorm2d) and name != "norm5":  # forward itself puts a ReLU behind that
                    setattr(module, name, norm(child.num_features))
                elif isinstance(child, nn.ReLU):
                    setattr(module, name, nn.Identity())


class AlexNet(networks.AlexNet):
    def __init__(self, norm, width, classes):
        super().__init__([width * k for k in (1, 3, 6, 4, 4)], 16 * width, classes)
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.zeros_(m.bias)


def initialise(net):
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")


def build(name, norm, classes, width, patch):
    """The network that --network names: "bagnet", "resnet18", "densenet121" or "alexnet"."""
    if name == "resnet18":
        return ResNet18(norm, width, classes)
    if name == "densenet121":
        return DenseNet121(norm, width, classes)
    if name == "alexnet":
        return AlexNet(norm, width, classes)
    return BagNet(norm, family="v1", q=patch, width=width, classes=classes)
