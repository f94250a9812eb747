"""Any Pillow image to plain sRGB on a background: depth, palette, profile and transparency."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from salmap.errors import ImageError
from salmap.pictures.profiles import to_srgb

#: usual full scales of gray deeper than eight bits: shares, and 8, 10, 12 and 16 bits
_SCALES = (1.0, 255.0, 1023.0, 4095.0, 65535.0)


def to_rgb(
    picture: Image.Image, profile: bytes | None = None, background: str = "white"
) -> Image.Image:
    """The same picture in mode RGB, in sRGB, composited over a color where it is transparent.

    Gray of 16 or 32 bits or floating point is scaled from the smallest usual full scale (1, 255,
    1023, 4095, 65535) that holds all its values, or else from its lowest to its highest value.

    Args:
        picture: with its pixels read.
        profile: its color profile; see `salmap.pictures.profiles.profile_of`.
        background: what is seen through it, by a name or number that Pillow knows.

    Raises:
        ImageError: if a floating-point picture holds values that are not finite.
        ValueError: if Pillow can't convert its mode.
    """
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        picture = _to_eight_bits(picture)
    picture = to_srgb(picture, profile)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, background), layer)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def check_color(color: str) -> None:
    """Refuse what is not the name or number of a color that hides what is behind it.

    Raises:
        ImageError: saying how to write one.
    """
    try:
        opaque = ImageColor.getrgb(color)[3:] in ((), (255,))
    except (AttributeError, TypeError, ValueError):
        opaque = False
    if not opaque:
        raise ImageError(f"'{color}' is not a color. Use a name such as black, or #ff8800.")


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Deep gray in mode L, or LA if one of its values stands for transparency."""
    values = np.asarray(picture)
    gray = _scaled(values)
    key = picture.info.get("transparency")
    if isinstance(key, int):
        alpha = np.where(values == key, 0, 255).astype(np.uint8)
        return Image.fromarray(np.dstack([gray, alpha]))
    return Image.fromarray(gray)


def _scaled(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Gray (H, W) of more than 8 bits as uint8, on the scale that `to_rgb` states."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ImageError("The picture holds values that are not finite. Replace them.")
    full = next((scale for scale in _SCALES if low >= 0 and high <= scale), None)
    low, high = (low, high) if full is None else (0.0, full)
    factor = 255 / (high - low) if high > low else 0.0
    return ((values.astype(np.float32) - low) * factor + 0.5).astype(np.uint8)
