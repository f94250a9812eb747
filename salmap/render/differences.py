"""Two densities of one picture compared: where one is higher than the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from salmap.density import normalize
from salmap.errors import DensityError, RenderError
from salmap.render.blend import color
from salmap.render.colormaps import diverging_table
from salmap.types import ImageArray, MapArray


def difference_limit(density_a: MapArray, density_b: MapArray) -> float:
    """The scale of `difference`: the 99.9th percentile of the absolute difference.

    In multiples of the average density over the picture, so that it does not depend on the
    picture's size; at least 0.001, so that rounding is not taken for a difference.

    Raises:
        DensityError: if one is not a density or their sizes differ.
    """
    return _limit(_relative_difference(density_a, density_b))


def difference(density_a: MapArray, density_b: MapArray, limit: float | None = None) -> ImageArray:
    """Where one density is higher than another: uint8 (H, W, 3), diverging colors.

    Orange where `density_a` is higher, blue where `density_b` is higher, white where they agree.
    The scale is linear and symmetrical, from minus to plus `limit`.

    Args:
        density_a, density_b: (H, W) each, non-negative; both are scaled to sum to 1.
        limit: the difference, in multiples of the average density over the picture, that gets
            the full color; `difference_limit` of the two if not given.

    Raises:
        DensityError: if one is not a density or their sizes differ.
        RenderError: if `limit` is not positive.
    """
    if limit is not None and not limit > 0:
        raise RenderError(f"The limit of a difference must be positive; {limit} is not.")
    values = _relative_difference(density_a, density_b)
    limit = limit or _limit(values)
    return color((values / limit).clip(-1, 1) / 2 + 0.5, diverging_table())


def _relative_difference(density_a: MapArray, density_b: MapArray) -> NDArray[np.float64]:
    if np.shape(density_a) != np.shape(density_b):
        raise DensityError(
            f"Densities of {np.shape(density_a)} and {np.shape(density_b)} pixels can't be "
            "compared. Pass two of the same picture."
        )
    return (normalize(density_a) - normalize(density_b)) * np.size(density_a)


def _limit(differences: NDArray[np.float64]) -> float:
    return max(1e-3, float(np.quantile(np.abs(differences), 0.999)))
