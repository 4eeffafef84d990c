"""BMP files of kinds that PIL reads and does not write."""
import struct


def write(bits, w, h, pixels, palette=b"", header=40, compression=0, colours=0, masks=(), gap=0, offset=None, top_down=False):
    """pixels: the bytes as they are in the file; masks: three or four numbers."""
    if header == 12:
        head = struct.pack("<IHHHH", 12, w, h, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", header, w, -h if top_down else h, 1, bits, compression, len(pixels), 2835, 2835, colours, 0)
        head += struct.pack(f"<{len(masks)}I", *masks)
        head = head.ljust(header, b"\0")
    before = head + palette + bytes(gap)
    start = 14 + len(before)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start if offset is None else offset) + before + pixels


def stride(w, bits):
    return (w * bits + 31) // 32 * 4


def rle8(rows):
    """Runs of equal indices, pieces of three and more different ones as they are."""
    out = b""
    for row in rows:
        row, x = bytes(row), 0
        while x < len(row):
            n = 1
            while x + n < len(row) and row[x + n] == row[x] and n < 255:
                n += 1
            if n == 1 and len(row) - x >= 3:
                n = 3
                out += bytes([0, n]) + row[x:x + n] + b"\0"
            else:
                out += bytes([n, row[x]])
            x += n
        out += b"\0\0"
    return out + b"\0\1"


def rle4(rows):
    """Runs of two indices in turn, and pieces of four as they are."""
    out = b""
    for row in rows:
        x = 0
        while x < len(row):
            n = 1
            while x + n < len(row) and row[x + n] == row[x + n % 2] and n < 255:
                n += 1
            if n < 4 and len(row) - x >= 4:
                n = 4
                out += bytes([0, n, row[x] << 4 | row[x + 1], row[x + 2] << 4 | row[x + 3]])
            else:
                out += bytes([n, row[x] << 4 | (row[x + 1] if n > 1 else 0)])
            x += n
        out += b"\0\0"
    return out + b"\0\1"
