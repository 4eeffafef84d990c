#!/usr/bin/env python3
"""Writes the image fixtures of internal/images and what PIL and torchvision make of them.

    python3 internal/images/testdata/make_fixtures.py

Needs Pillow (made with 9.4 on libjpeg-turbo 2.1), numpy, torch and torchvision
(made with 1.13 / 0.14). All pictures are synthetic. Writes beside itself:

    decode/NAME       a picture in some format
    decode/NAME.png   its pixels by PIL's Image.open(NAME).convert('RGB')
    apply/NAME.png    its pixels after torchvision's Resize and CenterCrop
    tensor.f32        ToTensor and Normalize of decode/ramp.png, [H, W, 3] float32
    fixtures.json     the list that the Go tests read
"""
import io
import json
import pathlib
import shutil
import struct
import zlib

import numpy as np
import torchvision.transforms as T
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode

import jpegwriter

HERE = pathlib.Path(__file__).parent
DECODE, APPLY = HERE / "decode", HERE / "apply"
manifest = {"decode": [], "apply": []}


def picture(w, h, channels=3, seed=0):
    """Waves, a hard-edged patch of saturated colour and some noise, uint8 [h, w, channels]."""
    y, x = np.mgrid[:h, :w]
    a = np.stack([127 + 110 * np.sin(x / 5 + y / 11 + 2 * k) * np.cos(y / (7 + k)) for k in range(channels)], -1)
    a += np.random.default_rng(seed).normal(0, 2, a.shape)
    a[h // 3:h // 2 + 1, w // 3:w // 2 + 1] = [230, 20, 40, 90][:channels]
    return np.clip(a, 0, 255).astype(np.uint8)


def save_png(path, im):
    im.info.pop("transparency", None)
    im.save(path, "PNG", optimize=True)


def fixture(name, data, tolerance=0, want=None):
    """want: the expected picture where it is not what PIL shows."""
    (DECODE / name).write_bytes(data)
    im = Image.open(io.BytesIO(data))
    want = want or im.convert("RGB")
    upright = want
    if im.format != "TIFF":  # PIL turns TIFF on loading; exif_transpose would turn it again
        upright = ImageOps.exif_transpose(want)
    save_png(DECODE / (name + ".png"), want)
    entry = {"file": name, "tolerance": tolerance}
    if upright.size != want.size or upright.tobytes() != want.tobytes():
        save_png(DECODE / (name + ".upright.png"), upright)
        entry["upright"] = True
    manifest["decode"].append(entry)


def encoded(im, fmt, **options):
    buf = io.BytesIO()
    im.save(buf, fmt, **options)
    return buf.getvalue()


def jpegs():
    def add(name, data):
        fixture(name, data, tolerance=3)

    for w, h in ((1, 1), (2, 3), (5, 4), (17, 33), (41, 30)):
        im = Image.fromarray(picture(w, h))
        for sub, label in ((0, "444"), (1, "422"), (2, "420")):
            add(f"{w}x{h}_{label}.jpg", encoded(im, "JPEG", subsampling=sub, quality=88))
    im = Image.fromarray(picture(41, 30))
    for sub, label in ((0, "444"), (1, "422"), (2, "420")):
        add(f"progressive_{label}.jpg", encoded(im, "JPEG", subsampling=sub, progressive=True))
    add("grey.jpg", encoded(im.convert("L"), "JPEG"))
    add("grey_progressive.jpg", encoded(im.convert("L"), "JPEG", progressive=True))
    add("cmyk.jpg", encoded(Image.fromarray(picture(41, 30, 4), "CMYK"), "JPEG"))
    add("cmyk_progressive.jpg", encoded(Image.fromarray(picture(41, 30, 4), "CMYK"), "JPEG", progressive=True))
    for o in range(2, 9):
        exif = Image.Exif()
        exif[274] = o
        add(f"exif{o}.jpg", encoded(Image.fromarray(picture(20, 11)), "JPEG", exif=exif))

    # Blocks of one colour, which every inverse DCT gets exactly right: what
    # remains is upsampling and conversion, to be met exactly.
    flat = np.random.default_rng(4).integers(16, 240, (3, 5, 6)).repeat(8, 1).repeat(8, 2).astype(float)
    luma = np.full((35, 43), 128.0)
    for (fx, fy), label in (((2, 2), "420"), ((2, 1), "422"), ((1, 2), "440"), ((4, 1), "411")):
        chroma = [c.repeat(fx, 1).repeat(fy, 0)[:35, :43] for c in flat[1:]]
        fixture(f"flat_{label}.jpg", jpegwriter.write([luma, *chroma], 43, 35, [(fx, fy), (1, 1), (1, 1)], before=jpegwriter.jfif()))

    w, h = 43, 29
    ycc = [np.asarray(c, float) for c in Image.fromarray(picture(w, h)).convert("YCbCr").split()]
    rgb = [c.astype(float) for c in np.moveaxis(picture(w, h), -1, 0)]
    four = [c.astype(float) for c in np.moveaxis(picture(w, h, 4), -1, 0)]
    one = [(1, 1)] * 4
    write, jfif, adobe = jpegwriter.write, jpegwriter.jfif(), jpegwriter.adobe
    add("440.jpg", write(ycc, w, h, [(1, 2), (1, 1), (1, 1)], before=jfif))
    add("411.jpg", write(ycc, w, h, [(4, 1), (1, 1), (1, 1)], before=jfif))
    add("410.jpg", write(ycc, w, h, [(4, 2), (1, 1), (1, 1)], before=jfif))
    add("422_doubled.jpg", write(ycc, w, h, [(2, 2), (1, 2), (1, 2)], before=jfif))
    add("separate_scans.jpg", write(ycc, w, h, [(2, 2), (1, 1), (1, 1)], before=jfif, scans=[[0], [1], [2]]))
    add("restarts.jpg", write(ycc, w, h, [(2, 1), (1, 1), (1, 1)], before=jfif, restart=2))
    add("grey_factors.jpg", write(ycc[:1], w, h, [(2, 2)], before=jfif))
    add("unmarked.jpg", write(ycc, w, h, one[:3]))
    add("rgb_ids.jpg", write(rgb, w, h, one[:3], ids=b"RGB"))
    add("rgb_adobe.jpg", write(rgb, w, h, one[:3], before=adobe(0)))
    add("rgb_subsampled.jpg", write(rgb, w, h, [(2, 2), (1, 1), (1, 1)], before=adobe(0)))
    add("rgb_ids_jfif.jpg", write(ycc, w, h, one[:3], ids=b"RGB", before=jfif))
    add("rgb_ids_adobe_ycc.jpg", write(ycc, w, h, one[:3], ids=b"RGB", before=adobe(1)))
    add("cmyk_unmarked.jpg", write(four, w, h, one))
    add("cmyk_subsampled.jpg", write(four, w, h, [(2, 2), (1, 1), (1, 1), (2, 2)], before=adobe(0)))
    add("ycck.jpg", write(ycc + four[3:], w, h, one, before=adobe(2)))
    add("ycck_subsampled.jpg", write(ycc + four[3:], w, h, [(2, 2), (1, 1), (1, 1), (2, 2)], before=adobe(2)))

    # What image/jpeg does not read: to be met exactly.
    for factors in ("22,11,12", "22,21,11", "11,22,22", "31,11,11", "32,12,12", "21,12,12", "14,11,12", "44,22,44"):
        scans = [[0], [1], [2]] if factors == "44,22,44" else None
        sampling = [(int(f[0]), int(f[1])) for f in factors.split(",")]
        fixture(f"sampling_{factors}.jpg", write(ycc, w, h, sampling, before=jfif, restart=0 if scans else 3, scans=scans))
    fixture("cmyk_sampling.jpg", write(four, w, h, [(1, 2), (2, 1), (1, 1), (2, 2)], before=adobe(0)))
    restarts = write(ycc, w, h, [(2, 1), (1, 1), (1, 1)], before=jfif, restart=2)
    for was, number in ((0, 1), (0, 5), (2, 1), (3, 5)):
        fixture(f"restart{was}_numbered{number}.jpg", restarts.replace(bytes([255, 0xD0 + was]), bytes([255, 0xD0 + number]), 1))
    add("no_tables.jpg", without_dht(encoded(im, "JPEG", quality=80)))


def without_dht(data):
    """A frame as Motion JPEG has it: without the (standard) Huffman tables."""
    while (at := data.find(b"\xff\xc4")) >= 0:
        data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2:at + 4], "big"):]
    return data


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def raw_png(a, depth, colour_type, chunks=(), interlaced=False):
    """PNG bytes of samples a, [h, w, channels], of any bit depth."""
    def lines(part):
        for row in part.reshape(part.shape[0], -1):
            if depth == 16:
                yield b"\0" + row.astype(">u2").tobytes()
            else:
                bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
                yield b"\0" + np.packbits(bits.astype(np.uint8).ravel()).tobytes()

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    parts = [a[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [a]
    data = b"".join(b"".join(lines(p)) for p in parts if p.size)
    head = struct.pack(">IIBBBBB", a.shape[1], a.shape[0], depth, colour_type, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(k, b) for k, b in chunks)
            + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def pngs():
    w, h = 29, 21
    im, rgba = Image.fromarray(picture(w, h)), Image.fromarray(picture(w, h, 4), "RGBA")
    grey = im.convert("L")
    fixture("rgb.png", encoded(im, "PNG"))
    fixture("rgba.png", encoded(rgba, "PNG"))
    fixture("grey_alpha.png", encoded(Image.merge("LA", (grey, rgba.split()[3])), "PNG"))
    for colours in (2, 4, 16, 200):
        fixture(f"palette{colours}.png", encoded(im.quantize(colours), "PNG"))
    fixture("palette_alpha.png", encoded(im.quantize(17), "PNG", transparency=bytes(range(0, 170, 10))))
    fixture("rgb_trns.png", encoded(im, "PNG", transparency=im.getpixel((0, 0))))
    fixture("grey_trns.png", encoded(grey, "PNG", transparency=grey.getpixel((0, 0))))
    deep = np.random.default_rng(1).integers(0, 65536, (h, w, 4))
    for depth in (1, 2, 4, 8):
        fixture(f"grey{depth}.png", raw_png(deep[..., :1] >> (16 - depth), depth, 0))
        fixture(f"grey{depth}_interlaced.png", raw_png(deep[..., :1] >> (16 - depth), depth, 0, interlaced=True))
    high = (deep >> 8).astype(np.uint8)
    fixture("grey16.png", raw_png(deep[..., :1], 16, 0), want=Image.fromarray(high[..., 0]).convert("RGB"))
    fixture("rgb16.png", raw_png(deep[..., :3], 16, 2))
    fixture("rgb16_interlaced.png", raw_png(deep[..., :3], 16, 2, interlaced=True))
    fixture("rgb16_trns.png", raw_png(deep[..., :3], 16, 2, [(b"tRNS", deep[0, 0, :3].astype(">u2").tobytes())]))
    fixture("grey_alpha16.png", raw_png(deep[..., :2], 16, 4))
    fixture("rgba16.png", raw_png(deep, 16, 6))
    few = np.arange(40).reshape(5, 8, 1) + 3
    fixture("beyond_palette.png", raw_png(few, 8, 3, [(b"PLTE", bytes(range(100, 130)))]))
    fixture("beyond_palette_alpha.png", raw_png(few % 16, 4, 3, [(b"PLTE", bytes(range(100, 130))), (b"tRNS", b"\0\x80")]))
    exif = Image.Exif()
    exif[274] = 6
    fixture("exif6.png", encoded(im, "PNG", exif=exif))
    fixture("ramp.png", encoded(Image.fromarray(np.arange(256 * 3, dtype=np.uint16).reshape(3, 256).T.reshape(16, 16, 3).astype(np.uint8)), "PNG"))


def gif_frame(data, left, top, screen):
    """Moves a GIF's only frame on a screen of another size."""
    data = bytearray(data)
    at = data.index(b"\x2c", 13 + (3 << (1 + (data[10] & 7)) if data[10] & 0x80 else 0))
    data[6:10] = struct.pack("<HH", *screen)
    data[at + 1:at + 5] = struct.pack("<HH", left, top)
    return bytes(data)


def gifs():
    im = Image.fromarray(picture(29, 21))
    p = im.quantize(17)
    fixture("palette.gif", encoded(p, "GIF"))
    fixture("grey.gif", encoded(im.convert("L"), "GIF"))
    fixture("bilevel.gif", encoded(im.convert("1"), "GIF", interlace=0))
    fixture("interlaced.gif", encoded(p, "GIF", interlace=1))
    fixture("transparent.gif", encoded(p, "GIF", transparency=3))
    fixture("animated.gif", encoded(p, "GIF", save_all=True, append_images=[Image.fromarray(picture(29, 21, seed=9)).quantize(5)]))
    plain = encoded(p, "GIF", interlace=0)
    fixture("offset.gif", gif_frame(plain, 3, 5, (40, 31)))
    fixture("offset_transparent.gif", gif_frame(encoded(p, "GIF", interlace=0, transparency=3), 3, 5, (40, 31)))
    fixture("beyond_screen.gif", gif_frame(plain, 3, 5, (20, 10)))


def webps():
    for w, h in ((1, 1), (2, 3), (17, 33), (41, 30)):
        fixture(f"{w}x{h}.webp", encoded(Image.fromarray(picture(w, h)), "WEBP", quality=70))
    im, rgba = Image.fromarray(picture(41, 30)), Image.fromarray(picture(41, 30, 4), "RGBA")
    fixture("lossless.webp", encoded(im, "WEBP", lossless=True))
    fixture("alpha.webp", encoded(rgba, "WEBP", quality=70))
    fixture("alpha_lossless.webp", encoded(rgba, "WEBP", lossless=True, exact=True))
    other = Image.fromarray(picture(41, 30, seed=9))
    fixture("animated.webp", encoded(im, "WEBP", save_all=True, append_images=[other], quality=70))
    exif = Image.Exif()
    exif[274] = 8
    fixture("exif8.webp", encoded(im, "WEBP", quality=50, exif=exif.tobytes()))


def bmps_and_tiffs():
    w, h = 29, 21
    im, rgba = Image.fromarray(picture(w, h)), Image.fromarray(picture(w, h, 4), "RGBA")
    modes = {"rgb": im, "rgba": rgba, "grey": im.convert("L"), "palette": im.quantize(17), "bilevel": im.convert("1")}
    for name, m in modes.items():
        fixture(name + ".bmp", encoded(m, "BMP"))
        fixture(name + ".tif", encoded(m, "TIFF"))
    for c in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        fixture(f"{c}.tif", encoded(im, "TIFF", compression=c))
    for c in ("group3", "group4"):
        fixture(f"{c}.tif", encoded(modes["bilevel"], "TIFF", compression=c))
        fixture(f"{c}_white_is_zero.tif", encoded(modes["bilevel"], "TIFF", compression=c, tiffinfo={262: 0}))
    deep = np.random.default_rng(2).integers(0, 65536, (h, w)).astype(np.uint16)
    fixture("grey16.tif", encoded(Image.fromarray(deep), "TIFF"), want=Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB"))
    # 16-bit samples and premultiplied alpha, which PIL does not write.
    deep = np.random.default_rng(3).integers(0, 65536, (h, w, 4))
    fixture("rgb16.tif", raw_tiff(deep[..., :3], 16))
    fixture("rgba16.tif", raw_tiff(deep, 16, extra=2))
    alpha = deep[..., 3:].copy()
    alpha[0, :2, 0] = 0, 65535
    deep = np.concatenate((deep[..., :3] * alpha // 65535, alpha), -1)
    fixture("premultiplied16.tif", raw_tiff(deep, 16, extra=1))
    fixture("premultiplied.tif", raw_tiff(deep >> 8, 8, extra=1))
    for o in (3, 6):
        fixture(f"orientation{o}.tif", encoded(im, "TIFF", tiffinfo={274: o}))


def raw_tiff(a, depth, extra=None):
    """Big-endian uncompressed TIFF bytes of samples a, [h, w, channels]."""
    h, w, n = a.shape
    data = a.astype(">u2" if depth == 16 else "u1").tobytes()
    bits = struct.pack(f">{n}H", *[depth] * n)
    tags = [(256, 3, 1, w), (257, 3, 1, h), (258, 3, n, 8 + len(data)), (259, 3, 1, 1), (262, 3, 1, 2),
            (273, 4, 1, 8), (277, 3, 1, n), (278, 3, 1, h), (279, 4, 1, len(data))]
    if extra:
        tags.append((338, 3, 1, extra))
    ifd = struct.pack(">H", len(tags))
    for tag, kind, count, v in tags:
        short = kind == 3 and count == 1
        ifd += struct.pack(">HHI", tag, kind, count) + (struct.pack(">HH", v, 0) if short else struct.pack(">I", v))
    return b"MM\0*" + struct.pack(">I", 8 + len(data) + len(bits)) + data + bits + ifd + bytes(4)


def applied():
    filters = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
    cases = [(41, 30, 16, 0), (41, 30, 30, 0), (41, 30, 53, 44), (30, 41, 17, 16), (30, 41, 17, 15), (97, 12, 33, 33),
             (12, 97, 5, 0), (41, 30, 0, 36), (41, 30, 0, 21), (41, 31, 0, 50), (1, 1, 7, 5), (3, 2, 20, 40)]
    for w, h, resize, crop in cases:
        source = f"source_{w}x{h}.png"
        im = Image.fromarray(picture(w, h))
        if w % 2:  # one in two the worst case: full contrast between neighbours
            im = Image.fromarray((np.random.default_rng(w).integers(0, 2, (h, w, 3)) * 255).astype(np.uint8))
        save_png(APPLY / source, im)
        for filter, mode in filters.items():
            if resize == 0 and filter == "bicubic":
                continue
            out = im
            if resize:
                out = T.Resize(resize, interpolation=mode)(out)
            if crop:
                out = T.CenterCrop(crop)(out)
            name = f"{w}x{h}_{resize}_{crop}_{filter}.png"
            save_png(APPLY / name, out)
            manifest["apply"].append({"file": source, "resize": resize, "crop": crop, "interpolation": filter, "want": name})


def tensor():
    to = T.Compose([T.ToTensor(), T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])
    values = to(Image.open(DECODE / "ramp.png").convert("RGB")).permute(1, 2, 0).contiguous().numpy()
    (HERE / "tensor.f32").write_bytes(values.astype("<f4").tobytes())


if __name__ == "__main__":
    for d in (DECODE, APPLY):
        shutil.rmtree(d, ignore_errors=True)
        d.mkdir()
    for make in (jpegs, pngs, gifs, webps, bmps_and_tiffs, applied, tensor):
        make()
    (HERE / "fixtures.json").write_text(json.dumps(manifest, indent=1) + "\n")
