"""Any Pillow image to plain sRGB on white: depth, palette, profile and transparency."""

from __future__ import annotations

import io
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from salmap.errors import ImageError

logger = logging.getLogger(__name__)


def to_rgb(picture: Image.Image) -> Image.Image:
    """The same picture in mode RGB, in sRGB, composited over white where it is transparent.

    Gray of 16 bits is scaled from its full range. Gray of 32 bits or floating point is scaled
    from the smallest usual full scale (1 for floating point, 255, 65535) that holds all its
    values, or else from its lowest to its highest value.

    Raises:
        ImageError: if a floating-point picture holds values that are not finite.
        ValueError: if Pillow can't convert its mode.
    """
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        picture = Image.fromarray(_to_eight_bits(np.asarray(picture)))
    picture = _to_srgb(picture)
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _to_eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Gray (H, W) of more than 8 bits as uint8, on the scale that `to_rgb` states."""
    if values.dtype.kind == "u":
        low, high = 0.0, 65535.0
    else:
        low, high = float(values.min()), float(values.max())
        if not np.isfinite(high - low):
            raise ImageError("The picture holds values that are not finite. Replace them.")
        scales = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
        full = next((scale for scale in scales if low >= 0 and high <= scale), None)
        low, high = (low, high) if full is None else (0.0, full)
    factor = 255 / (high - low) if high > low else 0.0
    return ((values.astype(np.float32) - low) * factor + 0.5).astype(np.uint8)


def _to_srgb(picture: Image.Image) -> Image.Image:
    """The picture in sRGB if it has a color profile that is valid and fits; else as it is."""
    data = picture.info.get("icc_profile")
    if not data and picture.mode != "LAB":
        return picture
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode == "P":
        picture = picture.convert("RGB")
    try:
        source = io.BytesIO(data) if data else ImageCms.createProfile("LAB")
        profile = ImageCms.ImageCmsProfile(source)
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return picture
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, profile, srgb, outputMode=mode) or picture
    except (ImportError, OSError, TypeError, ValueError, ImageCms.PyCMSError) as error:
        logger.debug("Ignored a color profile: %s", error)
        return picture
