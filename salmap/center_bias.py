"""Where people look before anything is known about the picture.

All are log densities on a grid that is stretched to the picture.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import log_normalize
from salmap.errors import FixationsError
from salmap.types import Fixations

#: share of the uniform density mixed into a fitted prior, so that no pixel has probability 0
UNIFORM_SHARE = 0.02

#: standard deviations at which the kernel ends
_REACH = 6


def uniform(size: tuple[int, int]) -> NDArray[np.float32]:
    """Log density float32 (H, W) that is the same for every pixel."""
    return np.full(size, -np.log(size[0] * size[1]), np.float32)


def gaussian(
    size: tuple[int, int], sigma: tuple[float, float] = (0.22, 0.25)
) -> NDArray[np.float32]:
    """Log density float32 (H, W) of a Gaussian in the middle of the picture.

    Args:
        size: (height, width).
        sigma: standard deviations as shares of (height, width).
    """
    y = ((np.arange(size[0]) + 0.5) / size[0] - 0.5) / sigma[0]
    x = ((np.arange(size[1]) + 0.5) / size[1] - 0.5) / sigma[1]
    return log_normalize(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2))


def histogram(
    stimuli: Iterable[tuple[Fixations, tuple[int, int]]], grid: tuple[int, int]
) -> NDArray[np.float64]:
    """Fixations of many stimuli counted on one grid; each stimulus weighs the same.

    Args:
        stimuli: the fixations of each stimulus with its (height, width).
        grid: (rows, columns) of the result.

    Returns:
        float64 grid that sums to 1.

    Raises:
        FixationsError: if no stimulus has a fixation on it.
    """
    total = np.zeros(grid)
    for fixations, size in stimuli:
        inside = fixations.inside(size)
        if len(inside) == 0:
            continue
        np.add.at(total, inside.scaled(size, grid).pixels(), 1 / len(inside))
    if total.sum() == 0:
        raise FixationsError("A center bias needs at least one fixation; there is none.")
    return total / total.sum()


def fitted(
    stimuli: Iterable[tuple[Fixations, tuple[int, int]]],
    grid: tuple[int, int] = (64, 64),
    bandwidth: float = 0.03,
) -> NDArray[np.float32]:
    """Log density on a grid, from where people looked on many stimuli.

    A kernel density estimate in normalized coordinates with a little uniform density mixed in
    (`UNIFORM_SHARE`), as the center bias baselines of the MIT/Tuebingen benchmark are made
    (Kuemmerer, Wallis and Bethge 2015, PNAS 112:16054).

    Args:
        stimuli: the fixations of each stimulus with its (height, width).
        grid: (rows, columns) of the result.
        bandwidth: standard deviation of the kernel, as a share of each side.

    Raises:
        FixationsError: if no stimulus has a fixation on it.
    """
    counts = histogram(stimuli, grid)
    down, across = (bandwidth * side for side in grid)
    reach = 2 * int(_REACH * across) + 1, 2 * int(_REACH * down) + 1
    blurred = cv2.GaussianBlur(counts, reach, across, sigmaY=down, borderType=cv2.BORDER_CONSTANT)
    smooth = np.asarray(blurred / blurred.sum())
    mixed = (1 - UNIFORM_SHARE) * smooth + UNIFORM_SHARE / smooth.size
    return np.log(mixed).astype(np.float32)
