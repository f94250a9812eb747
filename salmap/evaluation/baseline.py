"""The baseline of information gain: the center bias of the training pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from salmap.center_bias import fitted, histogram
from salmap.density import check_map, log_normalize, normalize, resize_log_density
from salmap.errors import DensityError, FixationsError
from salmap.metrics import LogDensity
from salmap.types import Fixations

GRID = (64, 64)
FOLDS = 5
#: kernel bandwidths that are tried, as shares of each side
BANDWIDTHS = tuple(float(b) for b in np.geomspace(0.01, 0.15, 12))
#: pictures that the bandwidth is chosen on, at most
MAX_TUNING_PICTURES = 1000

Stimulus = tuple[Fixations, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Baseline:
    """A center bias on a grid.

    Attributes:
        grid: log density, float32.
        source: what it was fitted to, for people.
        bandwidth: of its kernel, as a share of each side; None if it was read from a file.
    """

    grid: NDArray[np.float32]
    source: str
    bandwidth: float | None = None

    def log_density(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Stretched to a picture of this (height, width): float32 (H, W), logsumexp 0."""
        return resize_log_density(self.grid, size)

    def by_size(self) -> Callable[[tuple[int, int]], LogDensity]:
        """`log_density` for scoring many pictures, with those of the last few sizes kept."""
        return lru_cache(4)(lambda size: LogDensity(self.log_density(size)))


def fit_baseline(stimuli: Sequence[Stimulus], source: str, seed: int = 0) -> Baseline:
    """The center bias of these stimuli, its bandwidth chosen by cross-validated likelihood.

    Args:
        stimuli: the fixations of each training picture with its (height, width); every picture
            weighs the same.
        source: what they are, for people.
        seed: of the order in which pictures are put into folds.

    Raises:
        FixationsError: if there are fewer than two pictures with fixations.
    """
    fixated = [s for s in stimuli if len(s[0].inside(s[1]))]
    if len(fixated) < 2:
        raise FixationsError("A center bias needs at least two pictures with fixations.")
    order = np.random.default_rng(seed).permutation(len(fixated))[:MAX_TUNING_PICTURES]
    bandwidth = _best_bandwidth([fixated[i] for i in order])
    return Baseline(fitted(fixated, GRID, bandwidth), source, bandwidth)


def _best_bandwidth(stimuli: Sequence[Stimulus]) -> float:
    """The bandwidth under which held-out pictures are most likely."""
    folds = min(FOLDS, len(stimuli))
    likelihoods = np.zeros(len(BANDWIDTHS))
    for fold in range(folds):
        held_out = histogram(stimuli[fold::folds], GRID)
        kept = [s for i, s in enumerate(stimuli) if i % folds != fold]
        likelihoods += [(held_out * fitted(kept, GRID, b)).sum() for b in BANDWIDTHS]
    return BANDWIDTHS[int(likelihoods.argmax())]


def read_baseline(path: Path) -> Baseline:
    """A baseline from a NumPy file (`.npy`) with a density or a log density of any size.

    An array without negative values is read as a density, any other as a log density.

    Raises:
        DensityError: if the file can't be read or contains neither.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DensityError(f"The baseline {path} can't be read as a .npy file: {error}") from error
    if not np.issubdtype(values.dtype, np.number):
        raise DensityError(f"The baseline {path} contains no numbers.")
    check_map(values, f"baseline {path}")
    if values.min() == 0:
        raise DensityError(
            f"The baseline {path} gives some pixels the probability 0; "
            "mix a little uniform density into it."
        )
    return Baseline(
        log_normalize(np.log(normalize(values)) if values.min() > 0 else values), str(path)
    )
