"""A minimal baseline JPEG writer for the fixtures that PIL cannot write.

Any component count, sampling factors, restart interval and scan layout; flat
Huffman tables (every symbol of a table has the same code length).
"""
import struct

import numpy as np

ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))
DC_SYMBOLS = list(range(12))
AC_SYMBOLS = [0x00, 0xF0] + [run << 4 | size for run in range(16) for size in range(1, 11)]
STEP = 6  # every quantisation step

_k = np.arange(8)
DCT = np.sqrt(2 / 8) * np.cos((2 * _k[None, :] + 1) * _k[:, None] * np.pi / 16)
DCT[0] = np.sqrt(1 / 8)


class Bits:
    def __init__(self):
        self.text = []

    def put(self, value, n):
        if n:
            self.text.append(format(value, f"0{n}b"))

    def bytes(self):
        text = "".join(self.text)
        text += "1" * (-len(text) % 8)
        raw = bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))
        return raw.replace(b"\xff", b"\xff\x00")


def _number(bits, v):
    n = abs(v).bit_length()
    bits.put(v if v > 0 else v + (1 << n) - 1, n)


def _block(bits, samples, previous):
    q = np.rint(DCT @ (samples - 128.0) @ DCT.T / STEP).astype(int).ravel()[ZIGZAG].tolist()
    diff = q[0] - previous
    bits.put(DC_SYMBOLS.index(abs(diff).bit_length()), 4)
    _number(bits, diff)
    run = 0
    last = max((i for i in range(1, 64) if q[i]), default=0)
    for v in q[1:last + 1]:
        if v == 0:
            run += 1
            continue
        while run > 15:
            bits.put(AC_SYMBOLS.index(0xF0), 8)
            run -= 16
        bits.put(AC_SYMBOLS.index(run << 4 | abs(v).bit_length()), 8)
        _number(bits, v)
        run = 0
    if last < 63:
        bits.put(AC_SYMBOLS.index(0x00), 8)
    return q[0]


def _segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def write(planes, width, height, sampling, ids=(1, 2, 3, 4), before=b"", scans=None, restart=0):
    """JPEG bytes of full-size float planes, box-averaged by their sampling factors.

    before: segments after SOI. scans: lists of component indices, one list a scan.
    restart: MCUs between restart markers (interleaved scans only).
    """
    n = len(planes)
    hmax, vmax = max(h for h, _ in sampling), max(v for _, v in sampling)
    across, down = -(-width // (8 * hmax)), -(-height // (8 * vmax))
    small = []
    for p, (h, v) in zip(planes, sampling):
        p = np.pad(p, ((0, down * 8 * vmax - height), (0, across * 8 * hmax - width)), "edge")
        fy, fx = vmax // v, hmax // h
        small.append(p.reshape(p.shape[0] // fy, fy, p.shape[1] // fx, fx).mean((1, 3)))
    out = b"\xff\xd8" + before + _segment(0xDB, b"\x00" + bytes([STEP] * 64))
    frame = b"".join(bytes([ids[i], h << 4 | v, 0]) for i, (h, v) in enumerate(sampling))
    out += _segment(0xC0, struct.pack(">BHHB", 8, height, width, n) + frame)
    for cls, symbols, length in ((0x00, DC_SYMBOLS, 4), (0x10, AC_SYMBOLS, 8)):
        counts = bytes(len(symbols) if i == length else 0 for i in range(1, 17))
        out += _segment(0xC4, bytes([cls]) + counts + bytes(symbols))
    if restart:
        out += _segment(0xDD, struct.pack(">H", restart))
    for scan in scans or [list(range(n))]:
        body = bytes([len(scan)]) + b"".join(bytes([ids[c], 0]) for c in scan) + b"\x00\x3f\x00"
        out += _segment(0xDA, body)
        units = []  # lists of (component, block row, block column)
        if len(scan) > 1:
            for my in range(down):
                for mx in range(across):
                    units.append([(c, my * sampling[c][1] + j, mx * sampling[c][0] + i)
                                  for c in scan for j in range(sampling[c][1]) for i in range(sampling[c][0])])
        else:
            c = scan[0]
            w = -(-width * sampling[c][0] // hmax)
            h = -(-height * sampling[c][1] // vmax)
            units = [[(c, y, x)] for y in range(-(-h // 8)) for x in range(-(-w // 8))]
        bits, previous, marker = Bits(), [0] * n, 0
        for u, blocks in enumerate(units):
            if restart and u and u % restart == 0:
                out += bits.bytes() + bytes([0xFF, 0xD0 + marker])
                bits, previous, marker = Bits(), [0] * n, (marker + 1) % 8
            for c, y, x in blocks:
                previous[c] = _block(bits, small[c][8 * y:8 * y + 8, 8 * x:8 * x + 8], previous[c])
        out += bits.bytes()
    return out + b"\xff\xd9"


def adobe(transform):
    return _segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00" + bytes([transform]))


def jfif():
    return _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
