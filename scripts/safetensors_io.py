"""Writes and reads safetensors files: 8 bytes of header length, a JSON header, raw little-endian row-major data."""
import json
import struct

import numpy as np
import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
NAMES = {v: k for k, v in DTYPES.items()}


def save(path, tensors, metadata=None):
    """Writes {name: tensor} in the order given; metadata is {str: str}. bfloat16, which NumPy lacks, is only read."""
    header, blobs, at = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, t in tensors.items():
        blob = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # data starts at a multiple of 8
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    """({name: tensor}, metadata) of a file whose tensors are of the types above."""
    with open(path, "rb") as f:
        data = f.read()
    n, = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + n]), data[8 + n:]
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, h in header.items():
        raw = np.frombuffer(body[slice(*h["data_offsets"])], np.uint8).copy()
        tensors[name] = torch.from_numpy(raw).view(DTYPES[h["dtype"]]).reshape(h["shape"])
    return tensors, metadata
