"""Whether a density's probabilities are what happens: are they as sure as they may be?

Of a picture, the region said to hold a share of all looks is the smallest set of pixels with that
predicted mass, the highest-density region (Hyndman 1996, The American Statistician 50:120). If the
prediction is reliable it holds that share of the fixations, for every share; more means that the
prediction is too flat, less that it is too sure. The other view: pixels are sorted by their
density into ten groups of equal area, and what each is said to hold is set beside what it holds.

A pixel on the border of a region, or as dense as others there, counts in part, so that both sides
agree on average exactly for fixations drawn from the density. This is not
`salmap.evaluation.calibration`, which makes densities of saliency maps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from salmap.errors import FixationsError
from salmap.types import Fixations

#: shares of all looks that regions are said to hold
LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: groups of equal area, from the least to the most dense
GROUPS = 10

Array = NDArray[np.float64]


def region_key(level: float) -> str:
    """The name in `measure`'s result of what is looked at in the region said to hold `level`."""
    return f"region_{level:g}"


def group_keys(group: int) -> tuple[str, str]:
    """The names there of what group 0 to 9 is said to hold and of what it holds."""
    return f"said_{group}", f"looked_{group}"


def measure(log_density: NDArray[np.floating], fixations: Fixations) -> dict[str, float]:
    """Shares of the fixations of one picture, and what they should be.

    Args:
        log_density: (H, W), natural log, logsumexp 0.
        fixations: where people looked; those outside the picture are left out.

    Returns:
        In [0, 1]: for each of `LEVELS` and groups, under `region_key` and `group_keys`.

    Raises:
        FixationsError: if no fixation falls on the picture.
    """
    height, width = log_density.shape
    looks = log_density[fixations.inside((height, width)).pixels()]
    if not len(looks):
        raise FixationsError("No fixation falls on the picture, so nothing can be said of it.")
    ordered = np.sort(log_density, axis=None)
    mass = np.concatenate([[0.0], np.cumsum(np.exp(ordered, dtype=np.float64))])
    mass /= mass[-1]
    first = np.searchsorted(ordered, looks, side="left")
    last = np.searchsorted(ordered, looks, side="right")
    inside = _below(np.array(LEVELS), 1 - mass[last], 1 - mass[first])
    edges = np.linspace(0, len(ordered), GROUPS + 1)
    looked = np.diff(_below(edges, first, last))
    said = np.diff(np.interp(edges, np.arange(len(mass)), mass))
    found = {region_key(q): float(v) for q, v in zip(LEVELS, inside, strict=True)}
    for group in range(GROUPS):
        keys = group_keys(group)
        found |= {keys[0]: float(said[group]), keys[1]: float(looked[group])}
    return found


def _below(edges: Array, low: NDArray[np.number], high: NDArray[np.number]) -> Array:
    """Mean share of the intervals [low, high), (n,) each, that lies below each edge, (k,)."""
    length = np.maximum(high - low, np.finfo(float).tiny)
    return np.clip((edges - low[:, None]) / length[:, None], 0, 1).mean(axis=0)
