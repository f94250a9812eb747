"""Uncertainty of means over pictures: bootstrap intervals and paired tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 5000
LEVEL = 0.95
_MAX_DRAWS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A mean over pictures with its 95 % bootstrap interval; NaN where it is undefined."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedTest:
    """Whether one model scores higher than another on the same pictures.

    Attributes:
        a, b: the models.
        metric: which score.
        pictures: how many pictures both were scored on.
        difference: mean of a minus b, with its interval.
        p_value: of Wilcoxon's signed-rank test, two-sided; not corrected for several tests.
    """

    a: str
    b: str
    metric: str
    pictures: int
    difference: Interval
    p_value: float


def mean_interval(values: NDArray[np.float64], seed: int = 0) -> Interval:
    """The mean of (n,) scores with its percentile bootstrap interval (Efron 1979).

    Pictures are drawn with replacement, `RESAMPLES` times. The same seed and n draw the same
    pictures, so the intervals of several models go together.
    """
    if len(values) == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    mean = float(np.mean(values))
    if len(values) == 1 or not np.isfinite(mean):  # a single picture says nothing of others
        return Interval(mean, float("nan"), float("nan"))
    means = _resampled_means(values, seed)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(mean, float(low), float(high))


def _resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Float64 (RESAMPLES,): a resample is how often each picture was drawn."""
    n = len(values)
    rng = np.random.default_rng(seed)
    block = max(1, _MAX_DRAWS_AT_ONCE // n)
    return np.concatenate(
        [
            rng.multinomial(n, np.full(n, 1 / n), size=min(block, RESAMPLES - start)) @ values / n
            for start in range(0, RESAMPLES, block)
        ]
    )


def paired_test(
    names: tuple[str, str],
    metric: str,
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> PairedTest:
    """Compare two models on the pictures that both were scored on.

    Args:
        names: of the two models.
        metric: which score.
        scores: (n,) each, picture by picture; pictures where one is not finite are left out.
    """
    both = np.isfinite(scores[0]) & np.isfinite(scores[1])
    differences = scores[0][both] - scores[1][both]
    p_value = float(stats.wilcoxon(differences).pvalue) if differences.any() else 1.0
    return PairedTest(*names, metric, len(differences), mean_interval(differences), p_value)
