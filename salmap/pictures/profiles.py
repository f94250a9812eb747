"""What a picture's numbers stand for, and its colors in sRGB."""

from __future__ import annotations

import io
import logging
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms

from salmap.pictures.made_profile import SRGB_PRIMARIES, VIDEO_CURVES, coded_profile, gamma_profile

logger = logging.getLogger(__name__)

#: of a PNG that says nothing new: what sRGB amounts to
_USUAL_GAMMA = 1 / 2.2
#: levels of 255 by which a profile called sRGB may differ from it and be taken for it
_TOLERANCE = 3
_LAB = b"LAB"
_SRGB_CURVE = 13  # of ITU-T H.273
_BMP_HEAD, _LONGEST_PROFILE = 138, 2**24  # in bytes


def profile_of(picture: Image.Image) -> bytes | None:
    """The color profile, as bytes of ICC, of a picture whose pixels are not read yet.

    As in browsers, the numbers of ITU-T H.273 (cICP) go before a profile, a profile before
    "sRGB", and that before a gamma. None where the numbers are taken for sRGB.
    """
    if picture.mode == "LAB" and not picture.info.get("icc_profile"):
        return _LAB
    stream = getattr(picture, "fp", None)
    if picture.format == "PNG":
        return _of_png(picture, stream)
    profile: bytes | None = picture.info.get("icc_profile") or None
    if profile is None and stream:
        if picture.format == "AVIF":
            return _of_avif(stream)
        if picture.format == "BMP":
            return _of_bmp(stream)
    return profile


def _of_png(picture: Image.Image, stream: BinaryIO | None) -> bytes | None:
    codes = _coding(stream) if stream else None
    if codes is not None:
        return coded_profile(codes[0], codes[1])
    info = picture.info
    if info.get("icc_profile") or "srgb" in info:
        return info.get("icc_profile") or None
    gamma = info.get("gamma") or _USUAL_GAMMA
    corners = info.get("chromaticity") if "gamma" in info else None
    if corners is None and abs(gamma - _USUAL_GAMMA) < 1e-3:
        return None
    primaries = SRGB_PRIMARIES
    if corners is not None:
        primaries = tuple(zip(corners[::2], corners[1::2], strict=True))
    try:
        return gamma_profile(gamma, primaries)
    except (ArithmeticError, ValueError, struct.error) as error:  # numbers that make no sense
        logger.debug("Ignored the gamma of a PNG: %s", error)
        return None


def _coding(stream: BinaryIO) -> bytes | None:
    """The body of a PNG's cICP chunk, which Pillow leaves out."""
    for kind, length in _chunks(stream):
        if kind == b"cICP" and length == 4:
            return stream.read(4)
    return None


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """(kind, length) of each chunk before the pixels; the stream stands at its body."""
    before = stream.tell()
    try:
        place = 8
        while True:
            stream.seek(place)
            head = stream.read(8)
            if len(head) < 8 or head[4:] == b"IDAT":
                return
            (length,) = struct.unpack(">I", head[:4])
            yield head[4:], length
            place += length + 12
    finally:
        stream.seek(before)


def _of_avif(stream: BinaryIO) -> bytes | None:
    """The profile that the first "colr" box of an AVIF stands for.

    There, browsers take video's curves for that of sRGB.
    """
    before = stream.tell()
    stream.seek(0)
    _, found, rest = stream.read(65_536).partition(b"colrnclx")
    stream.seek(before)
    if not found or len(rest) < 4:
        return None
    primaries, curve = struct.unpack(">2H", rest[:4])
    return coded_profile(primaries, _SRGB_CURVE if curve in VIDEO_CURVES else curve)


def _of_bmp(stream: BinaryIO) -> bytes | None:
    """The profile that is embedded in a BMP of version 5."""
    before = stream.tell()
    stream.seek(0)
    head = stream.read(_BMP_HEAD)
    profile = None
    if len(head) == _BMP_HEAD and head[70:74] == b"MBED"[::-1]:
        place, length = struct.unpack("<2I", head[126:134])
        stream.seek(14 + place)
        profile = stream.read(min(length, _LONGEST_PROFILE))
    stream.seek(before)
    return profile


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB if its profile is valid and fits it; else as it is."""
    if not profile:
        return picture
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode == "P":
        picture = picture.convert("RGB")
    try:
        opened = _opened(profile)
        if _is_srgb(profile):
            return picture
        space = opened.profile.xcolor_space.strip()
        if space == "RGB" and picture.mode in {"1", "L"}:
            picture = picture.convert("RGB")
        return _converted(picture, opened)
    except (ImportError, OSError, TypeError, ValueError, ImageCms.PyCMSError) as error:
        logger.debug("Ignored a color profile: %s", error)
        return picture


def _converted(picture: Image.Image, profile: Any) -> Image.Image:
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    srgb = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(picture, profile, srgb, outputMode=mode) or picture


def _opened(profile: bytes) -> Any:
    source: Any = ImageCms.createProfile("LAB") if profile == _LAB else io.BytesIO(profile)
    return ImageCms.ImageCmsProfile(source)


@lru_cache(maxsize=16)
def _is_srgb(profile: bytes) -> bool:
    """Whether a profile is called sRGB and is: a name alone is not enough."""
    opened = _opened(profile)
    if "sRGB" not in ImageCms.getProfileDescription(opened):
        return False
    levels = np.linspace(0, 255, 6).round().astype(np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    if opened.profile.xcolor_space.strip() != "RGB":
        return False
    shown = np.asarray(_converted(Image.fromarray(colors), opened))
    return int(np.abs(shown.astype(int) - colors).max()) <= _TOLERANCE
