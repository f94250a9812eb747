"""The baseline of information gain: where people look before anything is known of the picture."""

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
        source: what it was made of, for people.
        bandwidth: of its kernel, as a share of each side; None if it was read from a file.
    """

    grid: NDArray[np.float32]
    source: str
    bandwidth: float | None = None

    def log_density(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """Stretched to a picture of this (height, width): float32 (H, W), logsumexp 0."""
        return resize_log_density(self.grid, size)

    def by_size(self) -> Callable[[tuple[int, int]], LogDensity]:
        """`log_density` for scoring many pictures: what the last few sizes took is kept."""
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
    looked_at = [s for s in stimuli if len(s[0].inside(s[1]))]
    if len(looked_at) < 2:
        raise FixationsError("A center bias needs at least two pictures with fixations.")
    order = np.random.default_rng(seed).permutation(len(looked_at))[:MAX_TUNING_PICTURES]
    bandwidth = _best_bandwidth([looked_at[i] for i in order])
    return Baseline(fitted(looked_at, GRID, bandwidth), source, bandwidth)


def _best_bandwidth(stimuli: Sequence[Stimulus]) -> float:
    """The bandwidth under which pictures that were left out are most likely."""
    folds = min(FOLDS, len(stimuli))
    likelihoods = np.zeros(len(BANDWIDTHS))
    for fold in range(folds):
        held_out = histogram(stimuli[fold::folds], GRID)
        kept = [s for i, s in enumerate(stimuli) if i % folds != fold]
        likelihoods += [(held_out * fitted(kept, GRID, b)).sum() for b in BANDWIDTHS]
    return BANDWIDTHS[int(likelihoods.argmax())]


def read_baseline(path: Path) -> Baseline:
    """A baseline from a NumPy file (`.npy`) with a density or a log density of any size.

    An array without negative values is taken for a density, any other for a log density.

    Raises:
        DensityError: if the file can't be read or holds neither.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DensityError(f"The baseline {path} can't be read as a .npy file: {error}") from error
    if not np.issubdtype(values.dtype, np.number):
        raise DensityError(f"The baseline {path} holds no numbers.")
    check_map(values, f"baseline {path}")
    if values.min() == 0:
        raise DensityError(
            f"The baseline {path} says that some pixels are never looked at; "
            "mix a little uniform density into it."
        )
    return Baseline(
        log_normalize(np.log(normalize(values)) if values.min() > 0 else values), str(path)
    )
