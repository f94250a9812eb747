"""Densities and log densities: normalize, blur, resize. Plain numpy, no torch.

A density sums to 1 over its pixels; a log density is its natural logarithm (logsumexp 0).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike, NDArray

from salmap.errors import DensityError, FixationsError
from salmap.types import Fixations, MapArray

#: rows of a fixation density that are made at a time
BAND_ROWS = 64

_BLUR_GRID = 320  # long side, in cells, of the copy on which a density is smoothed


def check_map(values: NDArray[np.floating], name: str = "map") -> tuple[float, float]:
    """Refuse anything but an (H, W) map of finite numbers.

    Returns:
        The smallest and the largest value.

    Raises:
        DensityError: saying which array is wrong and how.
    """
    if values.ndim != 2 or values.size == 0:
        raise DensityError(f"The {name} must have the shape (H, W), not {values.shape}.")
    bounds = float(values.min()), float(values.max())  # NaN if any value is
    if not np.isfinite(bounds).all():
        raise DensityError(f"The {name} contains NaN or infinite values.")
    return bounds


def normalize(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """A density from any non-negative map: float64 (H, W), sums to 1.

    Raises:
        DensityError: if the map is negative somewhere, zero everywhere, or not finite.
    """
    values = np.asarray(values, np.float64)
    check_map(values)
    if values.min() < 0:
        raise DensityError("A density must not have negative values.")
    total = values.sum()
    if total <= 0:
        raise DensityError("A map that is zero everywhere can't be normalized to a density.")
    return values / total


def log_normalize(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """A log density from one known up to a constant: float32 (H, W), logsumexp 0.

    Raises:
        DensityError: if a value is NaN or infinite, or the shape is not (H, W).
    """
    _, highest = check_map(values, "log density")
    shifted = values - highest
    shifted -= float(np.log(np.exp(shifted).sum(dtype=np.float64)))
    return shifted.astype(np.float32, copy=False)


def blur(values: NDArray[np.floating], sigma_px: float) -> NDArray[np.float64]:
    """A density blurred by a Gaussian of `sigma_px` pixels; still sums to 1.

    Mass that would leave the picture is redistributed in proportion.
    """
    if sigma_px <= 0:
        return normalize(values)
    return normalize(gaussian_blur(values, sigma_px, cv2.BORDER_CONSTANT))


def gaussian_blur(
    values: NDArray[np.floating], sigma_px: float, border: int
) -> NDArray[np.float64]:
    """Any map blurred by a Gaussian: float64 (H, W).

    Args:
        values: (H, W).
        sigma_px: standard deviation in pixels, more than 0.
        border: what lies outside, one of OpenCV's `BORDER_...`.
    """
    side = 2 * _reach(sigma_px) + 1
    exact = np.asarray(values, np.float64)
    blurred = cv2.GaussianBlur(exact, (side, side), sigma_px, borderType=border)
    return np.asarray(blurred, np.float64)


def resize_log_density(
    log_density: NDArray[np.floating], size: tuple[int, int]
) -> NDArray[np.float32]:
    """A log density resampled (bilinear) to (height, width) and normalized again."""
    height, width = size
    values = np.asarray(log_density, np.float32)
    _, highest = check_map(values, "log density")  # on the grid: between its values lie all others
    resized = cv2.resize(values - highest, (width, height), interpolation=cv2.INTER_LINEAR)
    resized -= np.log(np.exp(resized).sum(dtype=np.float64))
    return np.asarray(resized, np.float32)


def fixation_density(
    fixations: Fixations,
    size: tuple[int, int],
    sigma_px: float,
    dtype: DTypeLike = np.float64,
) -> MapArray:
    """The density of fixations: (H, W), sums to 1.

    The fixation map blurred by a Gaussian and mirrored at the borders, to which the MIT/Tuebingen
    benchmark compares predictions for CC, SIM and KL divergence. There and by custom `sigma_px` is
    one degree of visual angle: 35 px for MIT1003, 24 for OSIE's 800x600, 26 for Saliency in Crowd's
    1024x768. A Gaussian is separable, so the map is the product of two narrow matrices, one row
    per fixation: exact. A band of the map needs only the fixations within reach of it.

    Args:
        fixations: those outside the picture are left out.
        size: (height, width).
        sigma_px: standard deviation of the Gaussian; 0 leaves the fixation map as it is.
        dtype: single precision takes half the time.

    Raises:
        FixationsError: if no fixation falls on the picture.
    """
    inside = fixations.inside(size)
    if len(inside) == 0:
        raise FixationsError(
            f"No fixation falls on the picture of {size[1]} x {size[0]} pixels, "
            "so there is no fixation density."
        )
    y, x = inside.pixels()
    order = np.argsort(y)
    y, x = y[order], x[order]
    rows, columns = (
        _blurred_units(places, length, sigma_px).astype(dtype, copy=False)
        for places, length in ((y, size[0]), (x, size[1]))
    )
    rows /= len(inside)
    density, reach = np.empty(size, dtype), _reach(sigma_px)
    for top in range(0, size[0], BAND_ROWS):
        near = slice(*np.searchsorted(y, (top - reach, top + BAND_ROWS + reach)))
        band = slice(top, top + BAND_ROWS)
        np.matmul(rows[near, band].T, columns[near], out=density[band])
    return density


def _reach(sigma: float) -> int:
    """How many pixels away a Gaussian is cut off: 4 sigma, as `scipy.ndimage` does."""
    return int(4 * sigma + 0.5) if sigma > 0 else 0


def _blurred_units(places: NDArray[np.int64], length: int, sigma: float) -> NDArray[np.float64]:
    """Float64 (n, length): row i is a blurred 1 at `places[i]`; each row sums to 1.

    As `scipy.ndimage.gaussian_filter1d` blurs each unit in its mode "reflect". Mirrored at
    both ends, the picture repeats itself every 2 * length pixels, so each row is a piece of one
    periodic Gaussian and the piece around the mirrored place.
    """
    reach = _reach(sigma)
    distances = np.arange(-reach, reach + 1)
    bump = np.exp(-0.5 * (distances / max(sigma, 1e-9)) ** 2)
    weights = bump / bump.sum()
    counted = np.bincount(distances % (2 * length), weights, 2 * length)
    period = np.asarray(counted, np.float64)
    pieces = sliding_window_view(np.tile(period, 2), length)
    units = pieces[2 * length - places].astype(np.float64, copy=False)
    units += pieces[places + 1]
    return units


def shrink_density(density: MapArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """A density averaged over the cells of a smaller (height, width): float32, sums to 1.

    Raises:
        DensityError: if it is not a density.
    """
    if density.shape == size:
        return normalize(density).astype(np.float32)
    smaller = cv2.resize(density, size[::-1], interpolation=cv2.INTER_AREA)
    return normalize(np.asarray(smaller, np.float32)).astype(np.float32)


def smoothed(density: MapArray, smoothing: float) -> NDArray[np.float32]:
    """A density blurred by a Gaussian, for drawing: float32 (H, W), sums to 1.

    Args:
        density: (H, W).
        smoothing: standard deviation as a share of the long side; 0 changes nothing. A small
            copy is blurred; for deviations of a hundredth or more the difference is invisible.

    Raises:
        DensityError: if it is not a density.
    """
    if smoothing <= 0:
        return np.asarray(density, np.float32)
    height, width = density.shape
    shrink = min(1.0, _BLUR_GRID / max(height, width))
    grid = max(1, round(height * shrink)), max(1, round(width * shrink))
    soft = blur(shrink_density(density, grid), smoothing * max(grid))
    large = cv2.resize(soft.astype(np.float32), (width, height))
    return normalize(np.asarray(large, np.float32)).astype(np.float32)
