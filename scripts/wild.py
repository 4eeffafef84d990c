"""A BagNet's weights as other projects name and wrap them: functions from a network to what torch.save is given.

Each is named after the family of checkpoints that it imitates.
"""
from collections import OrderedDict

import torch


def flat(net):
    """The original v1 files and bare v2 ones: the state dict itself."""
    return net.state_dict()


def prefixed(prefix):
    """`module.` (DataParallel), `model.` (Lightning), `_orig_mod.` (torch.compile) before every name."""
    return lambda net: OrderedDict((prefix + k, v) for k, v in net.state_dict().items())


def without_counters(net):
    """Files from before PyTorch 0.4.1 have no num_batches_tracked."""
    return OrderedDict((k, v) for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked"))


def _sequential(net, body, head):
    """v1's children before the pooling as an nn.Sequential (3 is the ReLU), the classifier as a 1x1 convolution."""
    place = {"conv1": 0, "conv2": 1, "bn1": 2, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}
    out = OrderedDict()
    for k, v in net.state_dict().items():
        first, rest = k.split(".", 1)
        if first != "fc":
            out[f"{body}.{place[first]}.{rest}"] = v
    out[f"{head}.weight"] = net.fc.weight.detach()[:, :, None, None]
    out[f"{head}.bias"] = net.fc.bias.detach()
    return out


def sparse_bagnet(net):
    """Sparse BagNet (ophthalmology): here `conv2` is the classifier, not the stem."""
    return _sequential(net, "sequential", "conv2")


def sparse_bagnet_sibling(net):
    return _sequential(net, "backbone", "classifier")


def patchguard(wrapper):
    """PatchGuard: DataParallel names under `model_state_dict`, `state_dict` or `net`, beside the run's figures."""
    beside = {"model_state_dict": {"epoch": 20, "optimizer_state_dict": _optimizer(net=None), "loss": 0.5},
              "state_dict": {"epoch": 20, "best_acc": 0.5},
              "net": {"acc": 92.5, "epoch": 20}}[wrapper]
    return lambda net: {**beside, wrapper: prefixed("module.")(net)}


def pytorchcv(net):
    """pytorchcv (osmr/imgclsmob): convolution and batch norm in pairs, units counted from 1."""
    out = OrderedDict()
    for k, v in net.state_dict().items():
        p = k.split(".")
        if p[0] == "fc":
            name = ["output"]
        elif p[0] == "conv1":
            name = ["features.init_block.conv1"]
        elif p[0] == "conv2":
            name = ["features.init_block.conv2.conv"]
        elif p[0] == "bn1":
            name = ["features.init_block.conv2.bn"]
        else:
            name = [f"features.stage{p[0][-1]}.unit{int(p[1]) + 1}"]
            if p[2] == "downsample":
                name += ["identity_conv", "conv" if p[3] == "0" else "bn"]
            else:
                name += [f"body.conv{p[2][-1]}", "conv" if p[2].startswith("conv") else "bn"]
        out[".".join(name + p[-1:])] = v
    return out


def _optimizer(net):
    """An optimizer's state after a step: tensors in nested dicts that are no weights of the network."""
    weight = torch.zeros(4, requires_grad=True) if net is None else net.fc.bias
    opt = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    opt.state[weight]["momentum_buffer"] = torch.ones_like(weight.detach())
    return opt.state_dict()


def v2_training(net):
    """The v2 repository's training checkpoints: `state_dict` beside optimizer, scheduler and epoch."""
    opt = torch.optim.SGD([net.fc.bias], lr=0.1)
    return {"epoch": 89, "arch": "bagnet", "state_dict": net.state_dict(), "best_acc1": torch.tensor(65.48),
            "optimizer": _optimizer(net), "scheduler": torch.optim.lr_scheduler.StepLR(opt, 30).state_dict()}


def views(net):
    """Weights that do not lie contiguously in their storage: channels-last, transposed, a slice of something larger."""
    out = OrderedDict()
    for i, (k, v) in enumerate(net.state_dict().items()):
        if v.dim() == 4:
            v = v.contiguous(memory_format=torch.channels_last)
        elif v.dim() == 2:
            v = v.t().contiguous().t()
        elif v.dim() == 1:
            v = torch.stack([v + 1, v, v - 1], 1)[:, 1]
        out[k] = v
    return out


def stored_as(dtype):
    """All floating-point weights in another type; the network's own are rounded to it as well, to stay comparable."""
    def save(net):
        with torch.no_grad():
            for t in net.state_dict().values():
                if t.is_floating_point():
                    t.copy_(t.to(dtype))
        return OrderedDict((k, v.to(dtype) if v.is_floating_point() else v) for k, v in net.state_dict().items())
    return save


def features_parallel(net):
    """VGG and AlexNet as PyTorch's ImageNet example saves them: DataParallel around the convolutions alone."""
    state = OrderedDict((k.replace("features.", "features.module.", 1), v) for k, v in net.state_dict().items())
    return {"epoch": 90, "arch": "vgg16", "state_dict": state, "best_acc1": torch.tensor(71.5)}


def softcam(net):
    """SoftCAM: a torchvision ResNet's children before the pooling as an nn.Sequential, the classifier a 1x1 convolution."""
    place = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}
    out = OrderedDict()
    for k, v in net.state_dict().items():
        first, rest = k.split(".", 1)
        if first != "fc":
            out[f"backbone.{place[first]}.{rest}"] = v
    out["classifier.weight"] = net.fc.weight.detach()[:, :, None, None]
    out["classifier.bias"] = net.fc.bias.detach()
    return out


def beside_a_loss(prefix):
    """Lightning and the like: the network under any name beside a loss with weights and an averaged copy."""
    def save(net):
        state = OrderedDict([("criterion.weight", torch.ones(5)), ("queue", torch.zeros(2, 3))])
        state.update((f"ema.{k}", v * 1.01 if v.is_floating_point() else v) for k, v in net.state_dict().items())
        state.update((prefix + k, v) for k, v in net.state_dict().items())
        return {"epoch": 3, "state_dict": state}
    return save


def robustness(mean, std):
    """MadryLab's robustness: the network and its attacker's copy, each beside the layer that normalises pixels."""
    def save(net):
        def layer(prefix):
            return {prefix + "new_mean": torch.tensor(mean)[:, None, None], prefix + "new_std": torch.tensor(std)[:, None, None]}
        state = OrderedDict(layer("module.normalizer."))
        state.update((f"module.model.{k}", v) for k, v in net.state_dict().items())
        state.update(layer("module.attacker.normalize."))
        state.update((f"module.attacker.model.{k}", v) for k, v in net.state_dict().items())
        return {"model": state, "optimizer": _optimizer(net=None), "epoch": 90}
    return save
