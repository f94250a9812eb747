"""Where the eyes go next: how a fixation depends on those before it. Plain numpy, no torch.

The density of a moment (`salmap.timing`), raised to a power, is multiplied by what the distance to
earlier fixations does: people make short saccades more often than long ones, level ones more often
than steep ones (Tatler and Vincent 2008, Journal of Eye Movement Research 2(2):5), and come back
seldom to where they have just been (inhibition of return: Klein 2000, Trends in Cognitive Sciences
4:138; in a saliency model: Itti and Koch 2001, Nature Reviews Neuroscience 2:194). A scanpath as a
random walk that a saliency map constrains is an idea of Boccignone and Ferraro (2004, Physica A
331:207); that the next fixation depends on the last few, of DeepGaze III (Kümmerer, Bethge and
Wallis 2022, Journal of Vision 22(5):7). `train.moves` finds the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.density import log_normalize, shrink_density

#: cells along the long side of the copy of a density on which eyes move
CELLS = 72
#: distances from an earlier fixation for which weights are known, as shares of the long side;
#: straight lines lie between, and the last holds for all that is farther
DISTANCES = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45, 0.65)
#: earlier fixations that are told apart: the last one, that before it, and all before these
LAGS = 3
#: distance at which the direction of a saccade has its full weight
_SURE = 0.06

Maps = NDArray[np.float32]
#: (row, column) of a cell
Cell = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Moves:
    """How eyes go from one fixation to the next, and how long fixations last.

    Attributes:
        power: float32 (1,), of the density of the moment.
        pulls: float32 (`LAGS`, len(`DISTANCES`) - 1), the log of how much more likely the next
            fixation is at each distance than far away: from the last fixation, from that before
            it, and from each of those before.
        level: float32 (1,), the same for a level saccade; a steep one has it with a minus.
        durations_s: float32 (2, n), quantiles of how long a viewer's first fixation and any other
            one lasts, in seconds, evenly spaced from the shortest to the longest.
    """

    power: NDArray[np.float32]
    pulls: NDArray[np.float32]
    level: NDArray[np.float32]
    durations_s: NDArray[np.float32]

    def duration(self, number: int, share: float) -> float:
        """How many seconds a viewer's fixation of this number, from 0, lasts.

        Args:
            number: in the order of viewing.
            share: of the fixations that are shorter, in [0, 1].
        """
        quantiles = self.durations_s[min(number, 1)]
        return float(np.interp(share, np.linspace(0, 1, len(quantiles)), quantiles))

    def pull_maps(self, size: tuple[int, int]) -> Maps:
        """The log weight of each offset on a grid of (height, width), for each of `LAGS`.

        Returns:
            Float32 (`LAGS`, 2 * height - 1, 2 * width - 1); in the middle is the fixation itself.
        """
        *near, level = np.moveaxis(offset_features(size), -1, 0)
        maps = np.tensordot(self.pulls, np.stack(near), 1)
        maps[0] += self.level * level
        return np.asarray(maps, np.float32)

    def next(self, moment: NDArray[np.floating], pulls: Maps, before: Sequence[Cell]) -> Maps:
        """The log density of the next fixation: float32 (h, w), logsumexp 0.

        Args:
            moment: (h, w), log density of the fixations that begin when it does.
            pulls: from `pull_maps`, for (h, w).
            before: the cells of the viewer's fixations so far, in their order.
        """
        if not before:
            return log_normalize(moment)
        total = self.power * moment
        for ago, cell in enumerate(reversed(before)):
            total += around(pulls[min(ago, LAGS - 1)], cell)
        return log_normalize(total)


def coarse(grid: NDArray[np.floating]) -> Maps:
    """A log density (h, w), up to a constant, on at most `CELLS` cells along the long side."""
    shrink = min(1.0, CELLS / max(grid.shape))
    size = max(1, round(grid.shape[0] * shrink)), max(1, round(grid.shape[1] * shrink))
    return np.log(shrink_density(np.exp(log_normalize(grid)), size))


def offset_features(size: tuple[int, int]) -> Maps:
    """What the log weight of each offset on a grid of (height, width) is a sum of.

    Returns:
        Float32 (2 * height - 1, 2 * width - 1, len(`DISTANCES`)): how near its length is to each
        of `DISTANCES` but the last, and how level it is, from -1 to 1.
    """
    down, across = (np.arange(1 - side, side) / max(size) for side in size)
    lengths = np.hypot(down[:, None], across)
    corners = np.eye(len(DISTANCES))[:, :-1].T
    near = [np.interp(lengths, DISTANCES, corner) for corner in corners]
    level = (across**2 - down[:, None] ** 2) / np.maximum(lengths, 1e-9) ** 2
    return np.stack([*near, level * np.minimum(lengths / _SURE, 1)], -1).astype(np.float32)


def around(offsets: Maps, cell: Cell) -> Maps:
    """What a map of offsets, (2 * h - 1, 2 * w - 1, ...), says of each cell, (h, w, ...)."""
    (row, column), (rows, columns) = cell, offsets.shape[:2]
    top, left = rows // 2 - row, columns // 2 - column
    return offsets[top : top + rows // 2 + 1, left : left + columns // 2 + 1]


#: as if fixations did not depend on those before them, and lasted a quarter of a second
INDEPENDENT = Moves(
    np.ones(1, np.float32),
    np.zeros((LAGS, len(DISTANCES) - 1), np.float32),
    np.zeros(1, np.float32),
    np.full((2, 2), 0.25, np.float32),
)
