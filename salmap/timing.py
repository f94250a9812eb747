"""When people look where: the density in the first seconds of viewing. Plain numpy, no torch.

The first fixation after a picture appears goes to what stands out near the middle; the rest of the
picture comes later. For each stretch of time between `EDGES_S`, the density p of all fixations is
changed to p^a * q^b * c and scaled to sum to 1: q is p blurred, c a map that is the same for all
pictures. A fixation belongs to the stretch in which it begins. `train.timing` finds a, b and c.

How many of an area's fixations come from the same viewers is a matter of the beta-binomial
distribution (Skellam 1948, Journal of the Royal Statistical Society B 10:257): viewers differ in
the share of their fixations that an area gets.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import gaussian_blur, log_normalize
from salmap.errors import TimingError
from salmap.moves import INDEPENDENT, Moves

#: where stretches of time with a density of their own begin and end, seconds after the picture
#: appears
EDGES_S = (0.0, 0.5, 1.0, 2.0, 3.0)
#: when the first fixation after a picture appears begins, and how long the eyes take from one
#: fixation to the next, in seconds: medians of Scene Saliency, whose files say when each began
FIRST_S, SACCADE_S = 0.28, 0.05
#: within how many seconds an area is said to be seen
SEEN_S = (1, 2, 3)
#: cosines along each side of which the map for all pictures is made
TERMS = 4

#: standard deviation of the blur, as a share of the long side
_BLUR = 0.06
#: share of the uniform density below which nothing blurred falls
_FLOOR = 1e-3

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Timing:
    """How the density of one model depends on time; each array has a row for each stretch of time.

    Attributes:
        powers: float32 (4, 2), of the density and of the blurred density.
        center: float32 (4, `TERMS`, `TERMS`), the log of the map for all pictures as a sum of
            cosines, from the longest on, down and across.
        counts: float32 (4, n), the shares of viewers who have begun 0, 1, ... fixations by the
            end of the stretch; rows sum to 1.
        concentrations: float32 (4,), how alike viewers are up to the end of the stretch: the sum
            of the parameters of the beta distribution.
        moves: how fixations depend on those before them.
    """

    powers: NDArray[np.float32]
    center: NDArray[np.float32]
    counts: NDArray[np.float32]
    concentrations: NDArray[np.float32]
    moves: Moves = INDEPENDENT

    @property
    def rates(self) -> Array:
        """How many fixations a viewer begins in each stretch of time, float64 (4,)."""
        by_the_end = self.counts @ np.arange(self.counts.shape[1])
        return np.diff(by_the_end, prepend=0.0).astype(np.float64)

    def at(self, grid: NDArray[np.floating], seconds: float) -> NDArray[np.float32]:
        """The log density of fixations that begin at a moment: float32 (h, w), logsumexp 0.

        Args:
            grid: (h, w), log density of all fixations, up to a constant.
            seconds: since the picture appeared.

        Raises:
            TimingError: if that is not in the first three seconds.
        """
        return self._stretch(log_normalize(grid), stretch_of(seconds))

    def moments(self, grid: NDArray[np.floating]) -> list[NDArray[np.float32]]:
        """The log density of each stretch of time; see `at`."""
        return [self.at(grid, end) for end in EDGES_S[1:]]

    def until(self, grid: NDArray[np.floating], seconds: float) -> NDArray[np.float32]:
        """The log density of fixations that begin up to a moment; see `at`."""
        last = stretch_of(seconds)
        weights = self.rates[: last + 1]
        weights[last] *= (seconds - EDGES_S[last]) / (EDGES_S[last + 1] - EDGES_S[last])
        if last == 0 or weights.sum() <= 0:
            return self.at(grid, seconds)
        known = log_normalize(grid)
        densities = [np.exp(self._stretch(known, stretch)) for stretch in range(last + 1)]
        mixed = np.tensordot(weights / weights.sum(), densities, 1)
        return log_normalize(np.log(np.maximum(mixed, np.finfo(np.float32).tiny)))

    def seen(self, share: float, seconds: float) -> float:
        """The probability that a viewer fixates an area by then at least once, in [0, 1].

        Args:
            share: of the density up to that moment that falls on the area, in [0, 1].
            seconds: since the picture appeared; one of `EDGES_S`, but not 0.

        Raises:
            TimingError: if it is another moment.
        """
        if seconds not in EDGES_S[1:]:
            known = ", ".join(f"{edge:g}" for edge in EDGES_S[1:])
            raise TimingError(f"What is seen is known for {known} s, not for {seconds:g} s.")
        row = EDGES_S.index(seconds) - 1
        return float(seen(np.array(share), self.counts[row], float(self.concentrations[row])))

    def _stretch(self, grid: NDArray[np.float32], stretch: int) -> NDArray[np.float32]:
        rows, columns = (cosines(side) for side in grid.shape)
        density, blurred = self.powers[stretch]
        return log_normalize(
            density * grid + blurred * log_blurred(grid) + rows @ self.center[stretch] @ columns.T
        )


def stretch_of(seconds: float) -> int:
    """Which stretch of time between `EDGES_S` a moment belongs to, from 0.

    Raises:
        TimingError: if it is not in the first three seconds.
    """
    if not EDGES_S[0] < seconds <= EDGES_S[-1]:
        raise TimingError(
            f"Nothing is known of what people look at after {seconds:g} s. Ask for more than "
            f"{EDGES_S[0]:g} s and at most {EDGES_S[-1]:g} s."
        )
    return int(np.searchsorted(EDGES_S[1:], seconds))


def log_blurred(grid: NDArray[np.floating]) -> NDArray[np.float32]:
    """The log of a blurred density, from a log density (h, w) with logsumexp 0: float32 (h, w)."""
    density = np.exp(grid)
    blurred = gaussian_blur(density, _BLUR * max(grid.shape), cv2.BORDER_REPLICATE)
    return np.asarray(np.log(blurred + _FLOOR / grid.size), np.float32)


def cosines(cells: int) -> NDArray[np.float32]:
    """Float32 (cells, TERMS): a constant, then cosines of half a wave, a wave, ... along a side."""
    places = (np.arange(cells) + 0.5) / cells
    return np.cos(np.pi * places[:, None] * np.arange(TERMS)).astype(np.float32)


def seen(shares: Array, counts: NDArray[np.floating], concentration: float) -> Array:
    """The probability that a viewer fixates an area at least once, float64 like `shares`.

    Args:
        shares: of the density that falls on an area, in [0, 1].
        counts: (n,) the shares of viewers who make 0, 1, ... fixations.
        concentration: as in `Timing`, more than 0.
    """
    from scipy.special import betaln  # noqa: PLC0415  (slow to import, and only for areas)

    inside = np.clip(np.asarray(shares, np.float64), 1e-9, 1 - 1e-9)[..., None] * concentration
    outside = concentration - inside
    missed = np.exp(betaln(inside, outside + np.arange(len(counts))) - betaln(inside, outside))
    return np.asarray(1 - missed @ (counts / counts.sum()), np.float64)
