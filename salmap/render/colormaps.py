"""Color tables: 256 RGB colors from low to high."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.errors import RenderError

_OPENCV = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "inferno": cv2.COLORMAP_INFERNO,
    "plasma": cv2.COLORMAP_PLASMA,
    "turbo": cv2.COLORMAP_TURBO,
    "hot": cv2.COLORMAP_HOT,
    "jet": cv2.COLORMAP_JET,
}
#: names to choose from; perceptually uniform ones, safe for the color-blind, come first
COLORMAPS = (*list(_OPENCV)[:5], "gray", *list(_OPENCV)[5:])

_BLUE, _WHITE, _ORANGE = (20, 90, 180), (247, 247, 247), (200, 80, 0)


@lru_cache
def colormap_table(name: str) -> NDArray[np.uint8]:
    """The colors of a colormap: uint8 (256, 3), RGB, read-only.

    Raises:
        RenderError: if there is none of that name.
    """
    if name not in COLORMAPS:
        raise RenderError(f"There is no colormap '{name}'. Choose one of: {', '.join(COLORMAPS)}.")
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    if name == "gray":
        return _read_only(np.repeat(ramp, 3, axis=1))
    return _read_only(cv2.applyColorMap(ramp, _OPENCV[name])[:, 0, ::-1])


@lru_cache
def diverging_table() -> NDArray[np.uint8]:
    """Blue over white to orange, told apart by the color-blind: uint8 (256, 3), read-only."""
    anchors = np.array([_BLUE, _WHITE, _ORANGE], np.float64)
    place = np.linspace(0, 2, 256)
    channels = [np.interp(place, range(3), anchors[:, channel]) for channel in range(3)]
    return _read_only(np.stack(channels, axis=1).round())


def _read_only(table: NDArray[np.generic]) -> NDArray[np.uint8]:
    colors = np.ascontiguousarray(table, np.uint8)
    colors.flags.writeable = False
    return colors
