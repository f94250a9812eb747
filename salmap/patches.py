"""The surroundings of each peak of attention, on a grid and at a picture's own size.

Apart from `salmap.regions`, which uses it, since scikit-image takes long to import. The density is
smoothed a little (`SMOOTHING`, relative to the picture, so that its size in pixels changes
nothing). A peak is a maximum that stands above the valley to any higher one by the factor
`PROMINENCE`. Its patch is the cells around it, connected, on its side of the watershed, where the
smoothed density is at least half of the peak's and more than the average over the picture; patches
with less than `SMALLEST_SHARE` of attention are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import expand_labels, watershed

#: standard deviation of the smoothing, as a share of the long side
SMOOTHING = 0.015
#: by what factor a peak must stand above the valley to a higher peak
PROMINENCE = 1.25
#: where a region ends, as a share of its peak
HEIGHT = 0.5
#: share of attention below which a region is not worth naming
SMALLEST_SHARE = 0.01

_FLOOR = 1e-3  # densities far below the average count as this share of it: logarithms stay finite


class Patch(NamedTuple):
    """A region on the coarse grid: where it lies, its cells there, and the level it ends at."""

    window: tuple[slice, slice]
    mask: NDArray[np.bool_]
    level: float
    share: float


def smooth(coarse: NDArray[np.float64]) -> NDArray[np.float64]:
    """A density on the coarse grid, (h, w), smoothed as above."""
    sigma = SMOOTHING * max(coarse.shape)
    return np.asarray(ndimage.gaussian_filter(coarse, sigma, mode="nearest"))


def find_patches(coarse: NDArray[np.float64], smooth: NDArray[np.float64]) -> Iterator[Patch]:
    """The region of each peak on the coarse grid."""
    height = np.log(smooth + _FLOOR)
    peaks = label(local_maxima(reconstruction(height - np.log(PROMINENCE), height)))
    basins = watershed(-height, peaks, mask=smooth > 1)
    for number, window in enumerate(ndimage.find_objects(basins), 1):
        if window is None:  # its peak is below the average
            continue
        values = np.where(basins[window] == number, smooth[window], 0)
        level = max(1.0, HEIGHT * values.max())
        parts = label(values >= level)
        mask = parts == parts.flat[values.argmax()]
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
    cells = cv2.resize(expand_labels(cells), (width, height), interpolation=cv2.INTER_NEAREST)
    fine = cv2.resize(smooth.astype(np.float32), (width, height))
    for number, patch in enumerate(patches, 1):
        rows, columns = patch.window
        window = _widened(rows, height / len(smooth)), _widened(columns, width / smooth.shape[1])
        yield window, (cells[window] == number) & (fine[window] >= patch.level)


def _widened(cells: slice, pixels: float) -> slice:
    """The pixels of a range of cells and of one cell more on either side."""
    return slice(max(0, int((cells.start - 1) * pixels)), int((cells.stop + 1) * pixels) + 1)
