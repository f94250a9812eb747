"""Whether a density's probabilities hold: is it as confident as it should be?

The region predicted to hold a share of the fixations on a picture is the smallest set of pixels
with that predicted mass, the highest-density region (Hyndman 1996, The American Statistician
50:120). A reliable prediction's regions hold that share of the fixations, for every share. If they
hold more, the prediction is too flat; if less, overconfident. A second view: pixels are sorted by
density into ten groups of equal area, and the predicted share of each is compared with the
observed one.

A pixel on the border of a region, or one as dense as others there, counts in part, so that both
shares agree exactly on average for fixations drawn from the density. This is not
`salmap.evaluation.calibration`, which turns saliency maps into densities.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from salmap.errors import FixationsError
from salmap.types import Fixations

#: shares of the fixations that regions are predicted to hold
LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: groups of equal area, from the least to the most dense
GROUPS = 10

Array = NDArray[np.float64]


def region_key(level: float) -> str:
    """Key, in the result of `measure`, of the share observed in the region for `level`."""
    return f"region_{level:g}"


def group_keys(group: int) -> tuple[str, str]:
    """Keys there of the shares predicted and observed in group 0 to 9."""
    return f"predicted_{group}", f"observed_{group}"


def measure(log_density: NDArray[np.floating], fixations: Fixations) -> dict[str, float]:
    """Shares of the fixations on one picture, observed and predicted.

    Args:
        log_density: (H, W), natural log, logsumexp 0.
        fixations: those outside the picture are left out.

    Returns:
        In [0, 1]: for each of `LEVELS` and groups, under `region_key` and `group_keys`.

    Raises:
        FixationsError: if no fixation falls on the picture.
    """
    height, width = log_density.shape
    fixated = log_density[fixations.inside((height, width)).pixels()]
    if not len(fixated):
        raise FixationsError("No fixation falls on the picture, so reliability can't be measured.")
    ordered = np.sort(log_density, axis=None)
    mass = np.concatenate([[0.0], np.cumsum(np.exp(ordered, dtype=np.float64))])
    mass /= mass[-1]
    first = np.searchsorted(ordered, fixated, side="left")
    last = np.searchsorted(ordered, fixated, side="right")
    inside = _below(np.array(LEVELS), 1 - mass[last], 1 - mass[first])
    edges = np.linspace(0, len(ordered), GROUPS + 1)
    observed = np.diff(_below(edges, first, last))
    predicted = np.diff(np.interp(edges, np.arange(len(mass)), mass))
    found = {region_key(q): float(v) for q, v in zip(LEVELS, inside, strict=True)}
    for group in range(GROUPS):
        keys = group_keys(group)
        found |= {keys[0]: float(predicted[group]), keys[1]: float(observed[group])}
    return found


def _below(edges: Array, low: NDArray[np.number], high: NDArray[np.number]) -> Array:
    """Mean share of the intervals [low, high), (n,) each, that lies below each edge, (k,)."""
    length = np.maximum(high - low, np.finfo(float).tiny)
    return np.clip((edges - low[:, None]) / length[:, None], 0, 1).mean(axis=0)
