"""Writes the checkpoints that the loader's tests read, with PyTorch (made with 1.13): python3 make_fixtures.py

Every tensor NAME of n values holds (arange(n) - n // 2) / 8 in its own shape, exact in all the types.
"""
import argparse, collections, io, os, pickle, sys, types, warnings, zipfile

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = {"conv.weight": (4, 2, 3, 3), "bn.weight": (4,), "fc.weight": (3, 4), "scale": ()}


def path(name):
    return os.path.join(HERE, name)


def values(shape, dtype=torch.float32):
    n = int(np.prod(shape))
    return ((torch.arange(n) - n // 2) / 8).reshape(shape).to(dtype)


def state(dtype=torch.float32):
    d = collections.OrderedDict((k, values(s, dtype)) for k, s in SHAPES.items())
    d["bn.num_batches_tracked"] = torch.tensor(7)
    return d


def save(obj, name, **kw):
    # By way of memory, so that the zip's top directory is always "archive".
    b = io.BytesIO()
    torch.save(obj, b, **kw)
    with open(path(name), "wb") as f:
        f.write(b.getvalue())


def repack(src, dst, method, extra=()):
    with zipfile.ZipFile(path(src)) as z, zipfile.ZipFile(path(dst), "w", method) as out:
        for i in z.infolist():
            out.writestr(zipfile.ZipInfo(i.filename.replace("archive/", "repacked dir/"), (1980, 1, 1, 0, 0, 0)), z.read(i), method)
        for name, data in extra:
            out.writestr(zipfile.ZipInfo("repacked dir/" + name, (1980, 1, 1, 0, 0, 0)), data, method)


LEGACY = {"_use_new_zipfile_serialization": False}

save(state(), "zip.pth")
save(state(), "legacy.pth", **LEGACY)
save(state(), "zip_protocol4.pth", pickle_protocol=4)
save(state(), "legacy_protocol5.pth", pickle_protocol=5, **LEGACY)
repack("zip.pth", "deflated.pth", zipfile.ZIP_DEFLATED)
repack("zip.pth", "byteorder_little.pth", zipfile.ZIP_STORED, [("byteorder", b"little")])
for dtype, name in (torch.float16, "f16"), (torch.bfloat16, "bf16"), (torch.float64, "f64"):
    save(state(dtype), f"zip_{name}.pth")
    save(state(dtype), f"legacy_{name}.pth", **LEGACY)

# The same values, swapped by hand, as a big-endian machine would write them.
with zipfile.ZipFile(path("zip.pth")) as z, zipfile.ZipFile(path("byteorder_big.pth"), "w") as out:
    for i in z.infolist():
        data = z.read(i)
        if "/data/" in i.filename:
            data = np.frombuffer(data, "<i8" if len(data) == 8 else "<f4").byteswap().tobytes()
        out.writestr(zipfile.ZipInfo(i.filename, (1980, 1, 1, 0, 0, 0)), data)
    out.writestr(zipfile.ZipInfo("archive/byteorder", (1980, 1, 1, 0, 0, 0)), b"big")

# Views: channels last, a transpose, an offset, a stretched scalar, storages shared by several tensors.
flat = values((40,))
views = {
    "channels_last": values((4, 2, 3, 3)).to(memory_format=torch.channels_last),
    "transposed": flat[:24].view(4, 6).t(),
    "offset": flat[10:25],
    "every_third": flat[1::3],
    "stretched": torch.tensor([1.5]).expand(2, 3),
    "tied.a": flat[24:36].view(3, 4),
    "tied.b": flat[24:36].view(3, 4),
    "empty": torch.zeros(0, 3),
}
save(views, "views.pth")
save(views, "views_legacy.pth", **LEGACY)

# Beside the state dict: what training scripts leave there.
layer = torch.nn.Linear(4, 3)
with torch.no_grad():
    layer.weight.copy_(values((3, 4)))
    layer.bias.copy_(values((3,)))
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
layer(torch.ones(1, 4)).sum().backward()
optimizer.step()
with torch.no_grad():
    layer.weight.copy_(values((3, 4)))
    layer.bias.copy_(values((3,)))
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
beside = {
    "epoch": 12,
    "arch": "bagnet33",
    "best_acc1": torch.tensor(66.5),
    "loss": 0.25,
    "ema": True,
    "classes": ["tench", "English springer"],
    "numpy_scalar": np.float64(0.5),
    "numpy_array": np.arange(5, dtype=np.float32),
    "args": argparse.Namespace(lr=0.1, data="/data", gpu=None),
    "optimizer": optimizer.state_dict(),
    "optimizer_object": optimizer,
    "scheduler": scheduler.state_dict(),
    "counter": collections.Counter("aab"),
    "default": collections.defaultdict(list, a=[1]),
    "set": {1, 2},
    "frozen": frozenset("ab"),
    "bytes": b"abc",
    "bytearray": bytearray(b"abc"),
    "big": 1 << 70,
    "complex": 1 + 2j,
    "device": torch.device("cpu"),
    "dtype": torch.float32,
    "size": torch.Size([1, 2]),
    "date": __import__("datetime").datetime(2019, 5, 6),
    "none": None,
}
for key in "state_dict", "model_state_dict", "net", "model":
    save({**(beside if key == "state_dict" else {"epoch": 1}), key: layer.state_dict()}, f"wrapped_{key}.pth")
save({**beside, "state_dict": layer.state_dict()}, "wrapped_legacy.pth", **LEGACY)
save({**beside, "state_dict": layer.state_dict()}, "wrapped_protocol4.pth", pickle_protocol=4)

# Objects that honest scripts leave beside the weights, in each protocol's ways.
import enum, functools, pathlib
from torchvision import transforms
train = sys.modules["train"] = types.ModuleType("train")
train.Mode = enum.Enum("Mode", "MIN MAX", module="train")
honest = {"mode": train.Mode.MAX, "path": pathlib.PosixPath("/data"), "bound": [1].__eq__, "method": {"a": 1}.get,
          "unlink": pathlib.PosixPath("/data").unlink, "bytes": {b"a", b"b"}, "frozen": frozenset([b"a"]),
          "transform": transforms.Compose([transforms.Resize(256), transforms.ToTensor()]),
          "partial": functools.partial(torch.nn.Linear, bias=False)}
for protocol in 2, 4, 5:
    save({**honest, "state_dict": layer.state_dict()}, f"honest_protocol{protocol}.pth", pickle_protocol=protocol)
marked = torch.nn.Parameter(values((3,)))
marked.tag = "has attributes"
save({"weight": torch.nn.Parameter(values((3, 4))), "bias": marked}, "parameters.pth")
save(collections.defaultdict(list, layer.state_dict()), "defaultdict.pth")

# To refuse. Legacy files of whole modules hold their classes' source where it can be had: not here.
warnings.simplefilter("ignore")
torch.serialization.get_source_lines_and_file = None
Net = type("Net", (torch.nn.Module,), {})
sys.modules["net"] = types.ModuleType("net")
sys.modules["net"].Net, Net.__module__ = Net, "net"
net = Net()
net.fc = layer
save(net, "module.pth")
save(net, "module_legacy.pth", **LEGACY)
save({"model": net, "epoch": 3}, "module_wrapped.pth")
save(values((3,)), "tensor.pth")
save([values((3,))], "list.pth")
save({"epoch": 3, "weights": {"fc.weight": values((3, 4))}}, "elsewhere.pth")
save({"count": torch.tensor([1, 2])}, "integers.pth")
save({"w": torch.tensor([[1.0, 2.0], [float("nan"), 3.0]])}, "nan.pth")
save({"w": torch.tensor([1e300], dtype=torch.float64)}, "overflow.pth")
save({"w": torch.tensor([1 + 2j])}, "complex.pth")
save({"w": torch.eye(3).to_sparse()}, "sparse.pth")
save({"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}, "quantised.pth")
torch.jit.save(torch.jit.script(layer), path("torchscript.pt"))


class Evil:
    """Unpickled by Python, creates the file loader-executed in the working directory."""

    def __reduce__(self):
        return os.system, ("touch loader-executed",)


class EvilEval:
    def __reduce__(self):
        return eval, ("open('loader-executed', 'w')",)


save({"state_dict": layer.state_dict(), "x": Evil()}, "evil_zip.pth")
save({"state_dict": layer.state_dict(), "x": Evil()}, "evil_legacy.pth", **LEGACY)
save(EvilEval(), "evil_eval.pth", pickle_protocol=4)
with open(path("evil_plain.pkl"), "wb") as f:
    pickle.dump(Evil(), f)
with open(path("evil_text.pkl"), "wb") as f:
    pickle.dump(Evil(), f, protocol=0)
with open(path("plain.pkl"), "wb") as f:
    pickle.dump({"w": [1.0]}, f)
