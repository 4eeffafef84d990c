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

import bmpwriter
import jpegwriter
import tiffwriter

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


def fixture(name, data, tolerance=0, want=None, upright=None):
    """want, upright: the expected pictures where they are not what PIL shows."""
    (DECODE / name).write_bytes(data)
    want = want or Image.open(io.BytesIO(data)).convert("RGB")
    if not upright:
        upright = want
        if not name.endswith(".tif"):  # PIL turns TIFF on loading; exif_transpose would turn it again
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
    # All 64 coefficients of a block, which later scans refine up to the last; steps of more than a byte; a segment that AVI has.
    noise = Image.fromarray(np.random.default_rng(5).integers(0, 256, (33, 41, 3), np.uint8))
    add("progressive_noise.jpg", encoded(noise, "JPEG", progressive=True, quality=90, subsampling=0))
    add("large_steps.jpg", encoded(noise, "JPEG", qtables=[[200 + 3 * i for i in range(64)]] * 2))
    add("rgb_ids_avi.jpg", write(rgb, w, h, one[:3], ids=b"RGB", before=b"\xff\xe0\x00\x0aAVI1\x00\x00\x00\x00"))


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
    fixture("rgb16.tif", tiffwriter.write(deep[..., :3], 16))
    fixture("rgba16.tif", tiffwriter.write(deep, 16, tags={338: (3, [2])}))
    alpha = deep[..., 3:].copy()
    alpha[0, :2, 0] = 0, 65535
    deep = np.concatenate((deep[..., :3] * alpha // 65535, alpha), -1)
    fixture("premultiplied16.tif", tiffwriter.write(deep, 16, tags={338: (3, [1])}))
    fixture("premultiplied.tif", tiffwriter.write(deep >> 8, 8, tags={338: (3, [1])}))
    for o in (3, 6):
        fixture(f"orientation{o}.tif", encoded(im, "TIFF", tiffinfo={274: o}))


def tiffs():
    write, w, h = tiffwriter.write, 19, 18
    rgb, four = picture(w, h), picture(w, h, 4)
    im = Image.fromarray(rgb)
    bilevel = im.convert("1")
    deep = np.random.default_rng(4).integers(0, 65536, (h, w, 4))

    # Bits counted from the least significant one, before and after compression.
    for c in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        fixture(f"mirrored_{c}.tif", encoded(im, "TIFF", compression=c, tiffinfo={266: 2}))
    for c in ("tiff_ccitt", "group3", "group4"):
        fixture(f"mirrored_{c}.tif", encoded(bilevel, "TIFF", compression=c, tiffinfo={266: 2}))
    fixture("mirrored_rgb.tif", write(rgb, 8, mirrored=True))
    for depth in (1, 2, 4, 8):
        level = deep[..., :1] >> (16 - depth)
        fixture(f"grey{depth}.tif", write(level, depth, 1))
        fixture(f"grey{depth}_white_is_zero.tif", write(level, depth, 0, order="<"))
        fixture(f"mirrored_grey{depth}.tif", write(level, depth, 1, mirrored=True))
        colours = {320: (3, np.random.default_rng(5).integers(0, 65536, 3 << depth).tolist())}
        fixture(f"palette{depth}.tif", write(level, depth, 3, tags=colours))
    fixture("palette_too_short.tif", write(deep[..., :1] >> 8, 8, 3, tags={320: (3, list(range(0, 60000, 2000)))}))

    fixture("palette4_too_short.tif", write(deep[..., :1] >> 12, 4, 3, tags={320: (3, list(range(0, 60000, 4000)))}))

    # CCITT codes in one dimension: no ends of lines, and ends of lines at the end of bytes.
    fixture("ccitt_rle.tif", encoded(bilevel, "TIFF", compression="tiff_ccitt"))
    fixture("group3_filled.tif", encoded(bilevel, "TIFF", compression="group3", tiffinfo={292: 4}))
    wide = Image.fromarray((np.arange(2700 * 2).reshape(2, 2700) < 2650).astype(np.uint8) * 255).convert("1")
    fixture("ccitt_long_runs.tif", encoded(wide, "TIFF", compression="group3"))

    # More samples than colours, planes, tiles, differences.
    fixture("grey_alpha.tif", write(four[..., :2], 8, 1, tags={338: (3, [2])}))
    fixture("palette_alpha.tif", write(four[..., :2], 8, 3, tags={338: (3, [2]), 320: (3, list(range(0, 65536, 86))[:768])}))
    fixture("rgb_unspecified.tif", write(four, 8, tags={338: (3, [0])}))
    fixture("rgb_untold.tif", write(four, 8))
    fixture("rgb_two_more.tif", write(np.concatenate((four, rgb[..., :1]), 2), 8, tags={338: (3, [0, 0])}))
    fixture("cmyk.tif", write(four, 8, 5))
    fixture("cmyk16.tif", write(deep, 16, 5, order="<"))
    fixture("planes.tif", write(rgb, 8, planar=True, rows=5))
    fixture("planes_deflate_tiles.tif", write(rgb, 8, planar=True, tile=(16, 16), compress=tiffwriter.DEFLATE, predictor=True))
    fixture("planes16_deflate.tif", write(deep[..., :3], 16, planar=True, order="<", compress=tiffwriter.DEFLATE))
    fixture("tiles.tif", write(rgb, 8, tile=(16, 16)))
    fixture("tiles_bilevel.tif", write(deep[..., :1] >> 15, 1, 1, tile=(16, 32)))
    fixture("strips.tif", write(rgb, 8, rows=7))
    for order, name in (("<", "little"), (">", "big")):
        fixture(f"differences16_{name}.tif", write(deep[..., :3], 16, order=order, compress=tiffwriter.DEFLATE, predictor=True))
    fixture("differences_lzw.tif", encoded(im, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
    fixture("differences_only_in_header.tif", write(rgb, 8, tags={317: (3, [2])}))
    fixture("old_lzw.tif", write(rgb, 8, rows=9, compress=tiffwriter.OLD_LZW))

    # Headers as they are found.
    fixture("big_little_endian.tif", write(rgb, 8, big=True, order="<", rows=7))
    fixture("big_deflate.tif", write(rgb, 8, big=True, order="<", compress=tiffwriter.DEFLATE))
    big = write(rgb, 8, big=True)  # PIL 9.4 takes it for no TIFF
    fixture("big_big_endian.tif", big, want=im)
    fixture("no_counts.tif", write(rgb, 8, rows=7, tags={279: None}))
    fixture("counts_of_zero.tif", write(rgb, 8, tags={279: (4, [0])}))
    fixture("deflate_no_counts.tif", write(rgb, 8, compress=tiffwriter.DEFLATE, tags={279: None}))
    fixture("one_size_for_all_samples.tif", write(rgb, 8, tags={258: (3, [8])}))
    fixture("too_many_sizes.tif", write(rgb, 8, tags={258: (3, [8, 8, 8, 1])}))
    fixture("magic_turned.tif", b"II\0*" + write(rgb, 8, order="<")[4:])
    fixture("orientation_long.tif", write(rgb, 8, tags={274: (4, [6])}))
    turned = write(rgb, 8, tags={274: (1, [6])})  # bytes, which PIL does not take
    fixture("orientation_byte.tif", turned, upright=im.transpose(Image.Transpose.ROTATE_270))
    two = io.BytesIO()
    im.save(two, "TIFF", save_all=True, append_images=[Image.fromarray(picture(7, 5, seed=9))])
    fixture("two_pages.tif", two.getvalue())
    # Grey of more than 8 bits, which is not clipped as PIL clips it.
    high = Image.fromarray((deep[..., 0] >> 8).astype(np.uint8))
    fixture("grey12.tif", write(deep[..., :1] >> 4, 12, 1, order="<"), want=high.convert("RGB"))
    fixture("grey16_white_is_zero.tif", write(deep[..., :1], 16, 0, order="<"), want=ImageOps.invert(high).convert("RGB"))


def bmps():
    write, stride, w, h = bmpwriter.write, bmpwriter.stride, 19, 7
    random = np.random.default_rng(6)

    def noise(bits, w=w, h=h):
        return random.integers(0, 256, stride(w, bits) * h, dtype=np.uint8).tobytes()

    def palette(n, entry=4):
        return random.integers(0, 256, n * entry, dtype=np.uint8).tobytes()

    high, low = (0xf800, 0x7e0, 0x1f), (0x7c00, 0x3e0, 0x1f)
    fixture("16bit.bmp", write(16, w, h, noise(16)))
    fixture("16bit_565.bmp", write(16, w, h, noise(16), compression=3, masks=high, header=108))
    fixture("16bit_555.bmp", write(16, w, h, noise(16), struct.pack("<III", *low), compression=3))
    fixture("24bit_masks.bmp", write(24, w, h, noise(24), compression=3, masks=(0xff0000, 0xff00, 0xff), header=124))
    for masks in ((0xff0000, 0xff00, 0xff, 0), (0xff000000, 0xff0000, 0xff00, 0), (0xff000000, 0xff0000, 0xff00, 0xff),
                  (0xff, 0xff00, 0xff0000, 0xff000000), (0xff0000, 0xff00, 0xff, 0xff000000), (0, 0, 0, 0)):
        name = f"32bit_{masks[0]:x}_{masks[3]:x}.bmp"
        fixture(name, write(32, w, h, noise(32), compression=3, masks=masks, header=108))
    for bits in (1, 4, 8):
        fixture(f"os2_{bits}bit.bmp", write(bits, w, h, noise(bits), palette(1 << bits, 3), header=12))
        fixture(f"top_down_{bits}bit.bmp", write(bits, w, h, noise(bits), palette(1 << bits), top_down=True))
    fixture("os2_24bit.bmp", write(24, w, h, noise(24), header=12))
    fixture("os2_2.bmp", write(8, w, h, noise(8), palette(256), header=64))
    fixture("os2_short_palette.bmp", write(8, w, h, bytes(b % 51 for b in noise(8)), palette(51, 3), header=12))
    fixture("gap.bmp", write(24, w, h, noise(24), gap=10))
    fixture("gap_palette.bmp", write(8, w, h, noise(8), palette(256), gap=6))
    fixture("no_offset.bmp", write(4, w, h, noise(4), palette(16), offset=0))
    fixture("offset_of_palette.bmp", write(4, w, h, noise(4), palette(16), offset=54))
    fixture("beyond_palette.bmp", write(8, w, h, noise(8), palette(10), colours=10))
    fixture("no_last_padding.bmp", write(24, w, h, noise(24)[:-3]))
    runs = np.repeat(random.integers(0, 256, (h, 5)), 4, 1)[:, :w]
    runs[:, 6:11] = random.integers(0, 256, (h, 5))
    fixture("rle8.bmp", write(8, w, h, bmpwriter.rle8(runs), palette(256), compression=1))
    fixture("rle8_top_down.bmp", write(8, w, h, bmpwriter.rle8(runs), palette(256), compression=1, top_down=True))
    fixture("rle4.bmp", write(4, w, h, bmpwriter.rle4(runs >> 4), palette(16), compression=2))
    # A run and pixels as they are beyond the end of the row, and a row that ends early.
    fixture("rle8_odd.bmp", write(8, 4, 3, bytes([9, 1, 0, 0, 2, 2, 0, 4, 3, 4, 5, 6, 0, 0, 1, 7, 0, 0]), palette(256), compression=1))

    # Two bits, which PIL does not know; what PIL 9.4 mistakes.
    colours = palette(4)
    indices = random.integers(0, 4, (h, w), dtype=np.uint8)

    def shown(indices, colours):
        table = np.frombuffer(colours, np.uint8).reshape(-1, 4)[:, 2::-1]
        return Image.fromarray(table[indices])

    rows = np.pad(indices, ((0, 0), (0, 16 - w % 16)))[::-1].reshape(h, -1, 4)
    fixture("2bit.bmp", write(2, w, h, (rows << [6, 4, 2, 0]).sum(2, dtype=np.uint8).tobytes(), colours), want=shown(indices, colours))
    black_white = bytes(4) + b"\xff\xff\xff\0"
    indices = indices % 2
    rows = np.pad(indices, ((0, 0), (0, 1)))[::-1]
    fixture("8bit_black_white.bmp", write(8, w, h, rows.tobytes(), black_white, colours=2), want=shown(indices, black_white))
    # A run, one pixel right and one row up, a run; three pixels as they are, a run.
    moved = bytes([2, 0x11, 0, 2, 1, 1, 2, 0x22, 0, 0, 0, 3, 0x12, 0x30, 1, 0x10, 0, 0])
    want = np.array([[1, 2, 3, 1, 0], [0, 0, 0, 2, 2], [1, 1, 0, 0, 0]])
    colours = palette(16)
    fixture("rle4_moved.bmp", write(4, 5, 3, moved, colours, compression=2), want=shown(want, colours))


def pnms():
    w, h = 11, 6
    random = np.random.default_rng(7)
    rgb = picture(w, h)
    fixture("p6.ppm", b"P6 11 6 255\n" + rgb.tobytes())
    fixture("p5.pgm", b"P5\n# made by hand\n11 6\n255\n" + rgb[..., 0].tobytes())
    fixture("p4.pbm", b"P4 11 6\n" + random.integers(0, 256, 2 * h, dtype=np.uint8).tobytes())
    bits = random.integers(0, 2, (h, w))
    fixture("p1.pbm", b"P1 11 6\n" + "\n".join("".join(map(str, row)) for row in bits).encode() + b"\n")
    fixture("p1_spaces.pbm", b"P1 11#\n 6 # c\r" + " ".join(map(str, bits.ravel())).encode() + b"\n")

    def plain(values):  # ends in a single digit: a cut within a number cannot be seen
        return " # level\n".join(map(str, [*values.ravel()[:-1], 7])).encode() + b"\n"

    fixture("p2.pgm", b"P2 11 6 255\n" + plain(rgb[..., 0]))
    fixture("p3.ppm", b"P3 11 6\t255\n" + plain(rgb))
    for top in (1, 15, 100, 254):
        values = random.integers(0, top + 1, (h, w, 3), dtype=np.uint8)
        fixture(f"p6_of_{top}.ppm", b"P6 11 6 %d\n" % top + values.tobytes())
        fixture(f"p5_of_{top}.pgm", b"P5 11 6 %d\n" % top + values[..., 0].tobytes())
    fixture("p5_beyond.pgm", b"P5 11 6 99\n" + rgb[..., 0].tobytes())
    values = random.integers(8, 16, (h, w, 3))
    fixture("p3_of_15.ppm", b"P3 11 6 15 " + plain(values))
    for top in (256, 1023, 65535):
        values = random.integers(0, top + 1, (h, w, 3)).astype(">u2")
        fixture(f"p6_of_{top}.ppm", b"P6 11 6 %d\n" % top + values.tobytes())
        # Grey of more than 8 bits, which is not clipped as PIL clips it.
        data = b"P5 11 6 %d\n" % top + values[..., 0].tobytes()
        wide = np.asarray(Image.open(io.BytesIO(data)))
        fixture(f"p5_of_{top}.pgm", data, want=Image.fromarray((wide >> 8).astype(np.uint8)).convert("RGB"))
    data = b"P2 11 6 1000\n" + plain(random.integers(0, 1001, (h, w)))
    wide = np.asarray(Image.open(io.BytesIO(data)))
    fixture("p2_of_1000.pgm", data, want=Image.fromarray((wide >> 8).astype(np.uint8)).convert("RGB"))


def applied():
    filters = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
    cases = [(41, 30, 16, 0), (41, 30, 30, 0), (41, 30, 53, 44), (30, 41, 17, 16), (30, 41, 17, 15), (97, 12, 33, 33),
             (12, 97, 5, 0), (41, 30, 0, 36), (41, 30, 0, 21), (41, 31, 0, 50), (1, 1, 7, 5), (3, 2, 20, 40)]
    # Landscape and portrait; smaller and larger; longer sides whose fraction is below a half, a half and above it.
    cases += [(w, h, n, 0) for w, h in ((47, 30), (30, 47)) for n in (16, 17, 40, 41)]
    cases += [(w, h, n, 0) for w, h in ((27, 18), (18, 27)) for n in (13, 21)]
    # Both sides, (height, width): smaller, larger, one of each, one or both as they are; crops within and beyond.
    cases += [(w, h, to, 0) for w, h in ((47, 30), (30, 47)) for to in ((20, 20), (13, 29), (55, 33), (33, 55), (30, 19), (19, 30), (h, w))]
    cases += [(47, 30, (24, 40), 21), (30, 47, (24, 40), 32), (47, 30, (24, 17), 33), (1, 1, (3, 5), 0), (3, 2, (1, 9), 4)]
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
            text = f"{resize[1]}x{resize[0]}" if isinstance(resize, tuple) else resize
            name = f"{w}x{h}_{text}_{crop}_{filter}.png"
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
    for make in (jpegs, pngs, gifs, webps, bmps_and_tiffs, tiffs, bmps, pnms, applied, tensor):
        make()
    (HERE / "fixtures.json").write_text(json.dumps(manifest, indent=1) + "\n")
