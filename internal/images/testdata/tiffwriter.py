"""TIFF files that PIL does not write, of samples [h, w, channels]."""
import struct
import zlib

import numpy as np

REVERSED = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))


def packed(rows, depth, order):
    """Bytes of samples [h, n], rows begin with a byte."""
    if depth == 16:
        return rows.astype(order + "u2").tobytes()
    bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def old_lzw(data):
    """LZW as before TIFF 5.0, bits from the least significant on: nothing but single bytes, 9 bits each."""
    codes = []
    for i in range(0, len(data), 200):
        codes += [256, *data[i:i + 200]]
    value = sum(c << 9 * i for i, c in enumerate(codes + [257]))
    return value.to_bytes((9 * len(codes) + 16) // 8, "little")


def write(a, depth, photometric=2, order=">", big=False, compress=None, mirrored=False, planar=False, predictor=False,
          rows=None, tile=None, tags=()):
    """compress: (value of the tag, function) or None; tags: {tag: (kind, values)} to add, change or (None) leave out."""
    h, w, n = a.shape
    a = a.astype(int)
    th, tw = rows or h, w
    if tile:
        tw, th = tile
        a = np.pad(a, ((0, -h % th), (0, -w % tw), (0, 0)))
    blocks = []
    for plane in np.split(a, n, 2) if planar else [a]:
        for y in range(0, a.shape[0], th):
            for x in range(0, a.shape[1], tw):
                block = plane[y:y + th, x:x + tw]
                if predictor:
                    block = np.concatenate((block[:, :1], block[:, 1:] - block[:, :-1]), 1) % (1 << depth)
                data = packed(block.reshape(len(block), -1), depth, order)
                data = compress[1](data) if compress else data
                blocks.append(data.translate(REVERSED) if mirrored else data)
    entries = {256: (3, [w]), 257: (3, [h]), 258: (3, [depth] * n), 259: (3, [compress[0] if compress else 1]),
               262: (3, [photometric]), 277: (3, [n])}
    if mirrored:
        entries[266] = (3, [2])
    if planar:
        entries[284] = (3, [2])
    if predictor:
        entries[317] = (3, [2])
    if rows:
        entries[278] = (3, [rows])
    if tile:
        entries[322], entries[323] = (3, [tw]), (4, [th])
    start = 16 if big else 8
    offsets = [start + sum(map(len, blocks[:i])) for i in range(len(blocks))]
    entries[324 if tile else 273] = (4, offsets)
    entries[325 if tile else 279] = (4, [len(b) for b in blocks])
    entries.update(tags)
    entries = {t: e for t, e in entries.items() if e}
    data = b"".join(blocks)
    count, entry, field = ("Q", "HHQ", 8) if big else ("H", "HHI", 4)
    at = start + len(data)
    after = at + struct.calcsize("<" + count) + len(entries) * (4 + 2 * field) + field
    ifd = struct.pack(order + count, len(entries))
    values = b""
    for tag, (kind, numbers) in sorted(entries.items()):
        v = struct.pack(order + str(len(numbers)) + {1: "B", 3: "H", 4: "I"}[kind], *numbers)
        ifd += struct.pack(order + entry, tag, kind, len(numbers))
        if len(v) <= field:
            ifd += v.ljust(field, b"\0")
        else:
            ifd += struct.pack(order + ("Q" if big else "I"), after + len(values))
            values += v
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HHQ", 8, 0, at) if big else struct.pack(order + "I", at)
    return head + data + ifd + bytes(field) + values


DEFLATE = (8, zlib.compress)
OLD_LZW = (5, old_lzw)
