"""The scale on which densities are shown.

A density spans orders of magnitude, so what its colors stand for has to be stated. Here they stand
for the *attention scale*: the value of a pixel, in [0, 1], is the share of attention that falls on
pixels of lower density. So the pixels of value 0.8 or more are the smallest area that holds 20 %
of attention, in every picture and for every model alike; nothing has to be normalized by eye, and
one extreme pixel changes nothing. For a single Gaussian the attention scale is the Gaussian
itself, scaled to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from salmap.density import normalize
from salmap.errors import RenderError
from salmap.types import MapArray

#: "share" is the attention scale; "linear" is the density divided by its 99.9th percentile
SCALES = ("share", "linear")


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
    if scale not in SCALES:
        raise RenderError(f"There is no scale '{scale}'. Choose one of: {', '.join(SCALES)}.")
    values = normalize(density).astype(np.float32)
    if scale == "linear":
        sample = values.ravel()[:: max(1, values.size // 500_000)]
        top = np.quantile(sample, 0.999) or values.max()
        return np.minimum(values / np.float32(top), 1)
    # The upper 16 bits of a non-negative float (sign apart) order densities to half a percent.
    keys = ((values + np.float32(0)).view(np.uint32) >> 15).astype(np.uint16)
    mass = np.bincount(keys.ravel(), weights=values.ravel(), minlength=1 << 16)
    below = mass.cumsum() - mass / 2
    return (below / mass.sum()).astype(np.float32)[keys]
