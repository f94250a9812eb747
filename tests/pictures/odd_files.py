"""Odd pictures, as cameras, scanners and editors write them: name -> bytes of a file.

They all show one scene, turned, in other colors, deeper or cut short. Each is odd in one way that
browsers have an answer to.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

ORIENTATION = 0x0112
HEIGHT, WIDTH = 24, 40
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: chunks of a PNG that say what its numbers stand for: gamma 1, 1/1.8, 1/2.2; wide primaries; sRGB
LINEAR, MAC, USUAL = (("gAMA", struct.pack(">I", gamma)) for gamma in (100_000, 55_556, 45_455))
WIDE = ("cHRM", struct.pack(">8I", 31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000))
SRGB = ("sRGB", b"\0")
#: color primaries and curve by the numbers of ITU-T H.273, full range
CODED = {
    "srgb": (1, 13), "bt709": (1, 1), "linear": (1, 8), "gamma 2.2": (1, 4), "gamma 2.8": (1, 5),
    "p3": (12, 13), "bt2020": (9, 14), "adobe-like": (9, 4),
}  # fmt: skip
Chunk = tuple[str, bytes]


def scene() -> np.ndarray:
    """uint8 (HEIGHT, WIDTH, 3): soft ramps of color, with a bright corner that tells all turns."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    picture = np.stack([40 + 4 * x, 60 + 6 * y, 220 - 3 * x - 2 * y], -1)
    picture[:8, :12] = 250, 240, 40
    return picture.astype(np.uint8)


def gray(depth: int = 8) -> np.ndarray:
    """uint8 or uint16 (HEIGHT, WIDTH): a ramp from 0 to the largest value of so many bits."""
    ramp = np.linspace(0, 2**depth - 1, WIDTH).round()
    return np.repeat(ramp[None], HEIGHT, 0).astype(np.uint8 if depth == 8 else np.uint16)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as the bytes of a file."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: str, body: bytes) -> bytes:
    """A chunk of a PNG."""
    checked = kind.encode() + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(pixels: np.ndarray, *chunks: Chunk, behind: tuple[Chunk, ...] = ()) -> bytes:
    """A PNG of uint8 or uint16 pixels: gray (H, W), or with 2 to 4 channels.

    Args:
        pixels: what it shows.
        chunks: (kind, body) between its header and its pixels.
        behind: those behind the pixels.
    """
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    height, width, channels = pixels.shape
    depth = 8 * pixels.dtype.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, (0, 0, 4, 2, 6)[channels], 0, 0, 0)
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = [("IHDR", header), *chunks, ("IDAT", data), *behind, ("IEND", b"")]
    return _PNG_SIGNATURE + b"".join(chunk(*part) for part in parts)


def exif(orientation: int) -> Image.Exif:
    """EXIF data that hold nothing but an orientation."""
    found = Image.Exif()
    found[ORIENTATION] = orientation
    return found


def xmp(orientation: int) -> bytes:
    """XMP data that hold nothing but an orientation."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def profile(name: str, gamma: float = 2.2, swapped: bool = False, space: bytes = b"RGB ") -> bytes:
    """An ICC profile of sRGB's primaries (or red and blue swapped) or of gray, and a pure gamma."""

    def tag(kind: bytes, body: bytes) -> bytes:
        return (kind + b"\0\0\0\0" + body).ljust(-(-(8 + len(body)) // 4) * 4, b"\0")

    def xyz(*values: float) -> bytes:
        return tag(b"XYZ ", struct.pack(">3i", *(round(v * 65536) for v in values)))

    ascii_name = name.encode() + b"\0"
    words = tag(b"desc", struct.pack(">I", len(ascii_name)) + ascii_name + bytes(78))
    curve = tag(b"curv", struct.pack(">IH", 1, round(gamma * 256)))
    red, green, blue = (
        xyz(0.4360, 0.2225, 0.0139), xyz(0.3851, 0.7169, 0.0971), xyz(0.1431, 0.0606, 0.7141)
    )  # fmt: skip
    if swapped:
        red, blue = blue, red
    tags = [(b"desc", words), (b"wtpt", xyz(0.9642, 1, 0.8249))]
    if space == b"GRAY":
        tags += [(b"kTRC", curve)]
    else:
        tags += [(b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue)]
        tags += [(kind, curve) for kind in (b"rTRC", b"gTRC", b"bTRC")]
    place, table, bodies = 128 + 4 + 12 * len(tags), b"", b""
    for kind, body in tags:
        table += kind + struct.pack(">II", place + len(bodies), len(body))
        bodies += body
    head = struct.pack(">4x4sI4s4s4s12x4s", b"lcms", 0x02400000, b"mntr", space, b"XYZ ", b"acsp")
    head = head[4:].ljust(68 - 4, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    size = 128 + 4 + len(table) + len(bodies)
    start = struct.pack(">I", size) + head.ljust(124, b"\0")
    return start + struct.pack(">I", len(tags)) + table + bodies


def iccp(data: bytes) -> Chunk:
    """A color profile in a PNG."""
    return ("iCCP", b"profile\0\0" + zlib.compress(data))


def odd_files() -> dict[str, bytes]:
    """All of them."""
    return {**dict(_turned()), **dict(_colored()), **dict(_deep()), **dict(_unfinished())}


def _turned() -> Iterator[tuple[str, bytes]]:
    picture = Image.fromarray(scene())
    kinds: dict[str, dict[str, object]] = {
        "JPEG": {"quality": 95, "subsampling": 0}, "PNG": {}, "WEBP": {"lossless": True},
        "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    }  # fmt: skip
    for kind, options in kinds.items():
        for turn in range(2, 9):
            yield f"exif {turn} {kind}", encoded(picture, kind, exif=exif(turn), **options)
        if kind != "PNG":
            yield f"xmp {kind}", encoded(picture, kind, xmp=xmp(6), **options)
            both = encoded(picture, kind, exif=exif(3), xmp=xmp(6), **options)
            yield f"exif and xmp {kind}", both
    block = exif(6).tobytes().removeprefix(b"Exif\0\0")
    yield "exif before pixels", png(scene(), ("eXIf", block))
    yield "exif behind pixels", png(scene(), behind=(("eXIf", block),))
    yield "xmp PNG", png(scene(), ("iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)))
    raw = b"\nexif\n%8d\n" % len(block) + block.hex().encode() + b"\n"
    text = b"Raw profile type exif\0\0" + zlib.compress(raw)
    yield "exif as text", png(scene(), ("zTXt", text))
    for turn in (0, 9, 77):
        yield f"exif {turn}", encoded(picture, "JPEG", exif=exif(turn), quality=95, subsampling=0)


def _colored() -> Iterator[tuple[str, bytes]]:
    flat = scene()
    clear = np.dstack([flat, np.linspace(255, 0, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, 0)])
    gammas = {"linear": LINEAR, "1.8": MAC, "2.2": USUAL}
    for name, gamma in gammas.items():
        yield f"gAMA {name}", png(flat, gamma)
        yield f"gAMA {name} gray", png(gray(), gamma)
        yield f"gAMA {name} alpha", png(clear, gamma)
        yield f"gAMA {name} wide", png(flat, gamma, WIDE)
        yield f"gAMA {name} and sRGB", png(flat, SRGB, gamma)
        yield f"gAMA {name} and profile", png(flat, iccp(profile("sRGB 1.8", 1.8)), gamma)
    yield "cHRM alone", png(flat, WIDE)
    yield "gAMA 0", png(flat, ("gAMA", bytes(4)))
    yield "gAMA palette", _with_chunk(encoded(Image.fromarray(flat).quantize(64), "PNG"), LINEAR)
    for name, (primaries, curve) in CODED.items():
        yield f"cICP {name}", png(flat, ("cICP", bytes([primaries, curve, 0, 1])))
    yield (
        "cICP over profile",
        png(flat, ("cICP", bytes([12, 13, 0, 1])), iccp(profile("linear", 1.0))),
    )
    yield "cICP over gAMA", png(flat, ("cICP", bytes([1, 13, 0, 1])), LINEAR)
    yield "cICP alpha", png(clear, ("cICP", bytes([12, 13, 0, 1])))
    yield "cICP narrow", png(flat, ("cICP", bytes([1, 13, 0, 0])))
    yield "cICP unknown", png(flat, ("cICP", bytes([2, 2, 0, 1])))
    for bright, curve in (("PQ", 16), ("HLG", 18)):
        yield (
            f"cICP {bright}",
            png(gray()[..., None].repeat(3, 2), ("cICP", bytes([9, curve, 0, 1]))),
        )
    profiles = {
        "sRGB linear": profile("sRGB linear", 1.0),
        "sRGB swapped": profile("my sRGB", 2.2, swapped=True),
        "true sRGB": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "broken": b"no profile",
        "gray for color": profile("gray", 1.0, space=b"GRAY"),
    }
    for name, data in profiles.items():
        yield f"profile {name} PNG", png(flat, iccp(data))
        yield f"profile {name} alpha", png(clear, iccp(data))
        for kind, options in (
            ("JPEG", {"quality": 95, "subsampling": 0}), ("WEBP", {"lossless": True}),
            ("AVIF", {"quality": 95, "subsampling": "4:4:4"}),
        ):  # fmt: skip
            picture = Image.fromarray(flat)
            yield f"profile {name} {kind}", encoded(picture, kind, icc_profile=data, **options)
    for name, data in (
        ("gray", profile("gray", 1.0, space=b"GRAY")), ("color", profiles["sRGB linear"]),
    ):  # fmt: skip
        yield f"gray with {name} profile", png(gray(), iccp(data))
        yield f"deep gray with {name} profile", png(gray(16), iccp(data))
    coded = encoded(Image.fromarray(flat), "AVIF", quality=95, subsampling="4:4:4")
    place = coded.index(b"colrnclx") + 8
    for name, codes in CODED.items():
        data = coded[:place] + struct.pack(">2H", *codes) + coded[place + 4 :]
        yield f"AVIF {name}", data
    yield "BMP with a profile", _bmp(flat, profiles["sRGB linear"])
    inks = Image.fromarray(flat).convert("CMYK")
    yield "CMYK", encoded(inks, "JPEG", quality=95)


def _deep() -> Iterator[tuple[str, bytes]]:
    ramp, deep = gray(), gray(16)
    for name, pixels, value in (("gray", ramp, 0), ("deep gray", deep, 0)):
        yield f"key {name}", png(pixels, ("tRNS", struct.pack(">H", value)))
        yield f"key {name} linear", png(pixels, LINEAR, ("tRNS", struct.pack(">H", value)))
    deep_color = scene().astype(np.uint16) * 257
    near = deep.copy()
    near[:, :8] = 255  # its low byte alone would match
    yield "key deep gray, low byte", png(near, ("tRNS", struct.pack(">H", 0)))
    yield "deep gray linear", png(deep, LINEAR)
    yield "deep color", png(deep_color)
    yield "deep color linear", png(deep_color, LINEAR)
    corner = struct.pack(">3H", *deep_color[0, 0])
    yield "key deep color", png(deep_color, ("tRNS", corner))
    yield "key color", png(scene(), ("tRNS", struct.pack(">3H", *scene()[0, 0])))
    alpha = np.dstack([deep, deep[:, ::-1]])
    yield "deep gray alpha", png(alpha)
    yield "deep color alpha", png(np.dstack([deep_color, deep]))
    for bits in (1, 2, 4):
        few = Image.fromarray(ramp).quantize(2**bits)
        yield f"{bits} bits", encoded(few, "PNG", bits=bits)


def _unfinished() -> Iterator[tuple[str, bytes]]:
    picture = Image.fromarray(scene())
    data = encoded(picture, "JPEG", quality=95)
    yield "JPEG with zeros for an end", data[:-2] + bytes(64)
    yield "JPEG with more behind its end", data + b"more" * 40
    yield "PNG without end", png(scene())[:-12]
    yield "PNG with half its end", png(scene())[:-5]
    yield "PNG with more behind its end", png(scene()) + b"more" * 40
    small = bytearray(encoded(picture.quantize(16), "GIF"))
    small[6:10] = struct.pack("<HH", WIDTH + 20, HEIGHT + 20)  # its canvas
    frame = small.index(0x2C, 13 + (6 << (small[10] & 7)))
    small[frame + 1 : frame + 5] = struct.pack("<HH", 10, 5)
    yield "GIF smaller than its canvas", bytes(small)
    moving = {"save_all": True, "append_images": [picture], "default_image": True}
    yield "still instead of animation", encoded(Image.new("RGB", picture.size), "PNG", **moving)
    yield "GIF without end", encoded(picture.quantize(16), "GIF")[:-1]


def _bmp(pixels: np.ndarray, icc: bytes) -> bytes:
    """A BMP of version 5 with a color profile embedded."""
    head, rows = 124, pixels[::-1, :, ::-1].tobytes()  # WIDTH * 3 is a multiple of 4
    info = struct.pack("<IiiHHII", head, WIDTH, HEIGHT, 1, 24, 0, len(rows)).ljust(56, b"\0")
    info = (info + b"DEBM").ljust(108, b"\0")
    info += struct.pack("<4I", 4, head + len(rows), len(icc), 0)
    start = b"BM" + struct.pack("<IHHI", 14 + head + len(rows) + len(icc), 0, 0, 14 + head)
    return start + info + rows + icc


def _with_chunk(data: bytes, added: Chunk) -> bytes:
    """A PNG with one chunk more behind its header."""
    return data[:33] + chunk(*added) + data[33:]
