"""Writes checkpoints that PyTorch 1.13 reads or knows but no longer writes: python3 make_views.py

old_views.pth: storages as PyTorch before 0.4 shared them, each reference with (key, offset, size) of a view. What torch.load
makes of it is checked here.
negated.pth: a lazily negated tensor as PyTorch 2 writes it, with {"neg": True} behind the usual arguments.
same_key.pth: a dict whose pickle sets "weight" twice: the last one counts.
"""
import io, os, pickle, struct, zipfile
from collections import OrderedDict

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
FLAT = ((torch.arange(40) - 20) / 8).float()


class View:
    """values [size] of storage "s" from offset on, `inside` values into a view that begins at `start`"""

    def __init__(self, start, length, inside, shape, strides):
        self.view, self.args = (f"v{start}", start, length), (inside, shape, strides)

    def __reduce__(self):
        return torch._utils._rebuild_tensor, (Storage(self.view), *self.args)


class Storage:
    def __init__(self, view):
        self.view = view


class Pickler(pickle._Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return "storage", torch.FloatStorage, "s", "cpu", 40, obj.view


def dump(obj, pickler=pickle._Pickler):
    b = io.BytesIO()
    pickler(b, protocol=2).dump(obj)
    return b.getvalue()


state = OrderedDict(
    whole=View(0, 40, 0, (5, 8), (8, 1)),
    late=View(10, 15, 0, (15,), (1,)),
    later=View(10, 15, 3, (2, 3), (3, 1)),
    strided=View(4, 36, 2, (3, 4), (1, 3)),
)
old = os.path.join(HERE, "old_views.pth")
with open(old, "wb") as f:
    f.write(dump(0x1950A86A20F9469CFC6C) + dump(1001) + dump({"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}))
    f.write(dump(state, Pickler) + dump(["s"]) + struct.pack("<q", 40) + FLAT.numpy().tobytes())
read = torch.load(old)
for name, v in state.items():
    inside, shape, strides = v.args
    assert torch.equal(read[name], FLAT.as_strided(shape, strides, v.view[1] + inside)), name


class Negated:
    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, (Whole(), 0, (40,), (1,), False, OrderedDict(), {"neg": True})


class Whole:
    pass


class ZipPickler(pickle._Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, Whole):
            return "storage", torch.FloatStorage, "0", "cpu", 40


with zipfile.ZipFile(os.path.join(HERE, "negated.pth"), "w") as z:
    for name, data in ("data.pkl", dump({"w": Negated()}, ZipPickler)), ("data/0", FLAT.numpy().tobytes()):
        z.writestr(zipfile.ZipInfo("archive/" + name, (1980, 1, 1, 0, 0, 0)), data)


class Twice(dict):
    """pickles as a dict that is given "weight" first as one tensor, then as another"""

    def __init__(self, first, second):
        super().__init__()
        self.pairs = [("weight", first), ("bias", second[:3]), ("weight", second)]


def twice(pickler, obj):
    pickler.write(pickle.EMPTY_DICT)
    pickler._batch_setitems(iter(obj.pairs))


class Plain(pickle._Pickler):
    dispatch = {**pickle._Pickler.dispatch, Twice: twice}


class Module:
    Pickler = Plain


def save(obj, name):
    b = io.BytesIO()
    torch.save(obj, b, pickle_module=Module)
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(b.getvalue())
    return torch.load(io.BytesIO(b.getvalue()))


same = save(Twice(FLAT[:12].clone(), FLAT[20:32].clone()), "same_key.pth")
assert torch.equal(same["weight"], FLAT[20:32]) and list(same) == ["weight", "bias"]
