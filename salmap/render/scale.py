"""The scale on which densities are shown.

A density spans orders of magnitude, so what its colors stand for has to be stated. Here they stand
for the *attention scale*: the value of a pixel, in [0, 1], is the share of attention that falls on
pixels of lower density. So the pixels of value 0.8 or more are the smallest area that holds 20 %
of attention, in every picture and for every model alike; nothing has to be normalized by eye, and
one extreme pixel changes nothing. For a single Gaussian the attention scale is the Gaussian
itself, scaled to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import check_map
from salmap.errors import DensityError, RenderError
from salmap.types import MapArray

#: "share" is the attention scale; "linear" is the density divided by its 99.9th percentile
SCALES = ("share", "linear")

#: how many values are told apart: those of the upper 16 bits of a float, its sign left out
_KEYS = 1 << 16
_DROPPED_BITS = 15


def display_scale(density: MapArray, scale: str = "share") -> NDArray[np.float32]:
    """A density on a display scale: float32 (H, W) in [0, 1].

    Args:
        density: (H, W), non-negative.
        scale: one of `SCALES`. On "share", pixels of (nearly) the same density share the middle
            of their range, so a density that is the same everywhere is 0.5 everywhere.

    Raises:
        DensityError: if `density` is not a density.
        RenderError: if there is no such scale.
    """
    (values,) = on_scale(density, scale, lambda values: values)
    return np.asarray(values, np.float32)


def on_scale(
    density: MapArray, scale: str, *functions: Callable[[NDArray[np.float32]], NDArray[Any]]
) -> list[NDArray[Any]]:
    """Functions of each pixel's value on a display scale, (H, W) each; see `display_scale`.

    On "share" each is computed once for each value that is told apart, and then looked up.
    """
    if scale not in SCALES:
        raise RenderError(f"There is no scale '{scale}'. Choose one of: {', '.join(SCALES)}.")
    low, _ = check_map(density, "density")
    total = float(density.sum(dtype=np.float64))
    if low < 0 or total <= 0:
        raise DensityError("A density must not be negative, nor zero everywhere.")
    values = (density / total).astype(np.float32, copy=False)
    if scale == "linear":
        sample = values.ravel()[:: max(1, values.size // 500_000)]
        top = np.quantile(sample, 0.999) or values.max()
        linear = np.minimum(values / np.float32(top), 1)
        return [function(linear) for function in functions]
    # these bits order densities to half a percent
    keys = (values.view(np.uint32) >> _DROPPED_BITS).astype(np.uint16)
    counts = cv2.calcHist([keys], [0], None, [_KEYS], [0, _KEYS])
    mass = counts.ravel() * _middles()
    below = mass.cumsum() - mass / 2
    shares = (below / mass.sum()).astype(np.float32)
    return [cv2.LUT(keys, function(shares)) for function in functions]


@cache
def _middles() -> NDArray[np.float64]:
    """The density in the middle of each key's range, float64 (65536,); 0 for 0 and beyond 1."""
    bits = (np.arange(_KEYS, dtype=np.uint32) << _DROPPED_BITS) | (1 << (_DROPPED_BITS - 1))
    middles = bits.view(np.float32)
    middles[0] = 0
    return np.where(middles < 1.01, middles, 0).astype(np.float64)
