"""The surroundings of each peak of attention, on a grid and at a picture's own size.

The density is smoothed a little (`SMOOTHING`, relative to the picture, so that its size in pixels
changes nothing). A peak is a maximum that stands above the pass to any higher one by the factor
`PROMINENCE`. Its patch is the cells around it, connected, on its side of the watershed, where the
smoothed density is at least half of the peak's and more than the average over the picture; patches
with less than `SMALLEST_SHARE` of attention are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import gaussian_blur
from salmap.peaks import prominent_peaks

#: standard deviation of the smoothing, as a share of the long side
SMOOTHING = 0.015
#: by what factor a peak must stand above the valley to a higher peak
PROMINENCE = 1.25
#: where a region ends, as a share of its peak
HEIGHT = 0.5
#: share of attention below which a region is not worth naming
SMALLEST_SHARE = 0.01

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_FLOOR = 1e-3  # densities far below the average count as this share of it: logarithms stay finite


class Patch(NamedTuple):
    """A region on the coarse grid: where it lies, its cells there, and the level it ends at."""

    window: tuple[slice, slice]
    mask: NDArray[np.bool_]
    level: float
    share: float


def smooth(coarse: NDArray[np.float64]) -> NDArray[np.float64]:
    """A density on the coarse grid, (h, w), smoothed as above."""
    return gaussian_blur(coarse, SMOOTHING * max(coarse.shape), cv2.BORDER_REPLICATE)


def find_patches(coarse: NDArray[np.float64], smooth: NDArray[np.float64]) -> Iterator[Patch]:
    """The region of each peak on the coarse grid."""
    peaks, basins = prominent_peaks(np.log(smooth + _FLOOR), math.log(PROMINENCE))
    above = smooth > 1 + 1e-6  # the average; rounding makes no peak of a plain
    for number, peak in enumerate(peaks.tolist()):
        if not above.flat[peak]:
            continue
        level = max(1.0, HEIGHT * smooth.flat[peak])
        held = ((basins == number) & above & (smooth >= level)).astype(np.uint8)
        _, parts = cv2.connectedComponents(held)
        part = parts.flat[peak]
        left, top, columns, rows = cv2.boundingRect((parts == part).astype(np.uint8))
        window = slice(top, top + rows), slice(left, left + columns)
        mask = parts[window] == part
        share = float(coarse[window][mask].sum()) / coarse.size
        if share >= SMALLEST_SHARE:
            yield Patch(window, mask, level, share)


def fine_masks(
    patches: list[Patch], smooth: NDArray[np.float64], size: tuple[int, int]
) -> Iterator[tuple[tuple[slice, slice], NDArray[np.bool_]]]:
    """Each patch at the picture's own (height, width): a window of it and the mask there."""
    cells = np.zeros(smooth.shape, np.uint16)
    for number, patch in enumerate(patches, 1):
        cells[patch.window][patch.mask] = number
    if size == smooth.shape:
        for number, patch in enumerate(patches, 1):
            yield patch.window, cells[patch.window] == number
        return
    # A patch may reach into the next cell; how far, the interpolated density says.
    height, width = size
    wider = np.where(cells, cells, cv2.dilate(cells, _CROSS))
    numbers = cv2.resize(wider, (width, height), interpolation=cv2.INTER_NEAREST)
    fine = cv2.resize(smooth.astype(np.float32), (width, height))
    for number, patch in enumerate(patches, 1):
        rows, columns = patch.window
        window = _widened(rows, height / len(smooth)), _widened(columns, width / smooth.shape[1])
        yield window, (numbers[window] == number) & (fine[window] >= patch.level)


def _widened(cells: slice, pixels: float) -> slice:
    """The pixels of a range of cells and of one cell more on either side."""
    return slice(max(0, int((cells.start - 1) * pixels)), int((cells.stop + 1) * pixels) + 1)
