"""Points that stand for fixations of unknown viewers: those of a mask, or drawn from a density."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.types import Fixations, MapArray


def points_of_mask(mask: NDArray[Any]) -> Fixations:
    """One fixation on each pixel that is not zero, from (H, W)."""
    rows, columns = np.nonzero(mask)
    return Fixations.of_unknown_viewers(columns, rows)


def draw_points(density: MapArray, count: int, seed: int) -> Fixations:
    """Pixels drawn from a density, the same ones each time.

    Args:
        density: (H, W), not negative, of any positive sum.
        count: how many.
        seed: another one draws other pixels.
    """
    chance = np.cumsum(density, dtype=np.float64)
    draws = np.random.default_rng(seed).random(count) * chance[-1]
    places = np.searchsorted(chance, draws, side="right").clip(max=density.size - 1)
    rows, columns = np.unravel_index(places, density.shape)
    return Fixations.of_unknown_viewers(columns, rows)
