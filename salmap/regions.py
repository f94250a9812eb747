"""Salient regions and other numbers derived from a density.

A salient region is the surroundings of a peak of attention; `salmap.patches` says which exactly. So
regions never overlap, a density that is about the same everywhere has none, and a single Gaussian
has one that holds half of its mass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap import patches
from salmap.density import check_map
from salmap.errors import DensityError
from salmap.types import MapArray, Region

_GRID = 256  # long side, in cells, of the copy on which regions are found


def top_regions(density: MapArray, k: int = 5) -> list[Region]:
    """The `k` regions that hold most attention, largest share first; fewer if fewer stand out.

    Args:
        density: (H, W), non-negative; scaled to sum to 1.
        k: how many at most.

    Raises:
        DensityError: if `density` is not a density or `k` is negative.
    """
    return [region for region, _, _ in _found(density, k)]


def region_labels(density: MapArray, k: int = 5) -> tuple[NDArray[np.int32], list[Region]]:
    """Which pixel belongs to which of the `k` salient regions.

    Args:
        density: (H, W), non-negative; scaled to sum to 1.
        k: how many regions at most.

    Returns:
        int32 (H, W), the rank of the region each pixel belongs to, 0 elsewhere; and the regions,
        rank 1 first.

    Raises:
        DensityError: if `density` is not a density or `k` is negative.
    """
    ranks = np.zeros(density.shape, np.int32)
    found = _found(density, k)
    for region, window, mask in found:
        ranks[window][mask] = region.rank
    return ranks, [region for region, _, _ in found]


def region_record(region: Region) -> dict[str, Any]:
    """A region as plain JSON values: rank, box, peak, share and area as in `Region`."""
    return {
        "rank": int(region.rank),
        "box": [int(edge) for edge in region.box],
        "peak": [int(value) for value in region.peak],
        "share": float(region.share),
        "area": float(region.area),
    }


def attention_area(density: MapArray, share: float = 0.5) -> float:
    """The smallest share of the picture's pixels, in [0, 1], that holds a share of attention.

    "People spend half their attention on 6 % of the picture" is
    `attention_area(density, 0.5) == 0.06`.

    Raises:
        DensityError: if `density` is not a density or `share` is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise DensityError(f"A share of attention lies between 0 and 1; {share} does not.")
    total = _total(density)
    if share == 0:
        return 0.0
    held = np.cumsum(np.sort(density, axis=None)[::-1], dtype=np.float64)
    # a hair less, so that rounding in the sums does not cost a pixel
    count = int(np.searchsorted(held, share * total * (1 - 1e-9))) + 1
    return min(count, density.size) / density.size


def _found(
    density: MapArray, k: int
) -> list[tuple[Region, tuple[slice, slice], NDArray[np.bool_]]]:
    """Regions by rank, each with a window of the picture and its pixels there."""
    if k < 0:
        raise DensityError(f"{k} regions can't be found: ask for 0 or more.")
    total = _total(density)
    coarse = _relative(density, total)
    smooth = patches.smooth(coarse)
    largest = sorted(patches.find_patches(coarse, smooth), key=lambda patch: -patch.share)[:k]
    found = [
        (_measure(density, window, mask, total), window, mask)
        for window, mask in patches.fine_masks(largest, smooth, density.shape)
        if mask.any()
    ]
    found.sort(key=lambda item: -item[0].share)
    return [
        (replace(region, rank=rank), window, mask)
        for rank, (region, window, mask) in enumerate(found, 1)
    ]


def _total(density: MapArray) -> float:
    """The sum of what must be a density up to scale."""
    check_map(density, "density")
    if density.min() < 0:
        raise DensityError("A density must not be negative.")
    total = float(density.sum(dtype=np.float64))
    if total <= 0:
        raise DensityError("A density must not be zero everywhere.")
    return total


def _relative(density: MapArray, total: float) -> NDArray[np.float64]:
    """The density on the coarse grid, as a multiple of the average over the picture."""
    shrink = min(1.0, _GRID / max(density.shape))
    height, width = (max(1, round(side * shrink)) for side in density.shape)
    values = density if density.dtype == np.float32 else density.astype(np.float64)
    coarse = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    return coarse.astype(np.float64) * (density.size / total)


def _measure(
    density: MapArray, window: tuple[slice, slice], mask: NDArray[np.bool_], total: float
) -> Region:
    """The region that a mask in a window of the density makes; its rank is not known yet."""
    values = np.where(mask, density[window], -1)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top, left = window[0].start, window[1].start
    row, column = np.unravel_index(values.argmax(), mask.shape)
    return Region(
        rank=0,
        box=(
            int(left + columns[0]),
            int(top + rows[0]),
            int(left + columns[-1] + 1),
            int(top + rows[-1] + 1),
        ),
        peak=(int(left + column), int(top + row)),
        share=min(1.0, float(values[mask].sum(dtype=np.float64)) / total),
        area=int(mask.sum()) / density.size,
    )
