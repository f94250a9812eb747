"""Scores of one prediction on one picture, as the MIT/Tuebingen benchmark defines them.

All are pure functions of numpy arrays. Maps are (H, W) of any float dtype and of any scale unless
a density (sums to 1) or log density (natural log of one) is asked for. Fixations outside the
picture are left out; if none is left there is no score, and a `FixationsError` says so. Several
fixations of one pixel count several times. Who scores one map in several ways hands in
`Measured(map)` instead of the map, or `LogDensity(map)` instead of a log density, so that what the
scores share is worked out once; and `compare` gives `cc`, `sim` and `kl_divergence` in one pass.

References: Kuemmerer, Wallis and Bethge 2015, PNAS 112:16054 (log likelihood, information gain);
Kuemmerer, Wallis and Bethge 2018, ECCV (the benchmark); Bylinskii, Judd, Oliva, Torralba and Durand
2019, TPAMI 41:740 (what each score means).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from salmap.density import check_map
from salmap.errors import DensityError, FixationsError
from salmap.types import Fixations

Map = NDArray[np.floating]

#: keeps KL divergence finite where a prediction is 0; the constant of the MIT benchmark
KL_EPSILON = 2.2204e-16
#: how far from 1 the sum of a log density's probabilities may be
SUM_TOLERANCE = 1e-2
#: a prime, so that the sample is in all columns
SAMPLE_STEP = 211
#: how much of a map is worked on at a time; arrays of its full size would cost more than the sums
BAND_PIXELS = 32_768


@dataclass(frozen=True, eq=False)
class Measured:
    """A map and what several scores need of it, worked out once, in one pass.

    Attributes:
        values: (H, W), any scale; must not be changed afterwards.
        bounds: the smallest and the largest value.
        mean, std: of all values, in double precision; of the population.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
    """

    values: Map
    bounds: tuple[float, float] = field(init=False)
    mean: float = field(init=False)
    std: float = field(init=False)

    def __post_init__(self) -> None:
        values = self.values
        if values.ndim != 2 or values.size == 0:
            check_map(values, "saliency map")
        start, bounds, total, squares = float(values[0, 0]), [], 0.0, 0.0
        for rows in _bands(values.shape):
            bounds += [values[rows].min(), values[rows].max()]
            with np.errstate(invalid="ignore"):
                shifted = np.subtract(values[rows], start, dtype=np.float64)
            total += float(shifted.sum())
            squares += _dot(shifted, shifted)
        if not np.isfinite(bounds).all():
            check_map(values, "saliency map")
        mean = total / values.size
        std = float(np.sqrt(max(squares / values.size - mean**2, 0.0)))
        found = {
            "bounds": (float(min(bounds)), float(max(bounds))),
            "mean": start + mean,
            "std": std,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def is_constant(self) -> bool:
        """Whether all values are the same."""
        return self.bounds[0] == self.bounds[1]

    @property
    def total(self) -> float:
        """Sum of the map, lifted to 0 if it is negative somewhere."""
        return self.values.size * (self.mean - min(self.bounds[0], 0.0))

    def density(self, rows: slice) -> NDArray[np.float64]:
        """Some rows of the map, lifted to 0 if negative, over their total; uniform if constant."""
        values = self.values[rows]
        if self.is_constant:
            return np.full(values.shape, 1 / self.values.size)
        if self.bounds[0] < 0:
            values = np.subtract(values, self.bounds[0], dtype=np.float64)
        return np.multiply(values, 1 / self.total, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Density:
    """A map that is known to be a density, such as those of `salmap.density.fixation_density`.

    Attributes:
        values: (H, W), sums to 1; must not be changed afterwards.
    """

    values: Map
    is_constant: ClassVar[bool] = False

    def density(self, rows: slice) -> NDArray[np.float64]:
        """A copy of some rows."""
        return np.array(self.values[rows], np.float64)


@dataclass(frozen=True, eq=False)
class LogDensity:
    """A log density that has been found to be one.

    Attributes:
        values: (H, W), natural log, logsumexp 0; must not be changed afterwards.
        guess: a map that may be its exponential; if so, its sum is not worked out again.

    Raises:
        DensityError: if it is no log density.
    """

    values: Map
    guess: Measured | None = None

    def __post_init__(self) -> None:
        values = self.values
        if values.ndim != 2 or values.size == 0:
            raise DensityError(f"A log density has the shape (H, W), not {values.shape}.")
        if self.guess is not None and _is_exponential(self.guess, values):
            total = self.guess.values.size * self.guess.mean
        else:
            total = sum(float(np.exp(values[rows]).sum()) for rows in _bands(values.shape))
        if not abs(total - 1) <= SUM_TOLERANCE:  # also true of NaN
            raise DensityError(
                f"Not a log density: its probabilities sum to {total:.6g} instead of 1. "
                "Make it one with salmap.density.log_normalize."
            )


def log_likelihood(log_density: Map | LogDensity, fixations: Fixations) -> float:
    """Mean log density at the fixations, in nats per fixation.

    Args:
        log_density: (H, W), natural log, logsumexp 0; minus infinity means "never".
        fixations: where people looked.

    Returns:
        At most 0; minus infinity if somebody looked where the density is 0.

    Raises:
        DensityError: if `log_density` is no log density.
        FixationsError: if no fixation falls on the picture.
    """
    values = _log_density(log_density).values
    return float(_at(values, fixations).mean(dtype=np.float64))


def information_gain(
    log_density: Map | LogDensity, baseline_log_density: Map | LogDensity, fixations: Fixations
) -> float:
    """How much better than a baseline the fixations are predicted, in bits per fixation.

    The difference of the two log likelihoods (Kuemmerer et al. 2015); 0 for the baseline itself.

    Args:
        log_density, baseline_log_density: (H, W), natural log, logsumexp 0.
        fixations: where people looked.

    Returns:
        Any number; minus infinity if somebody looked where `log_density` says "never".

    Raises:
        DensityError: if the shapes differ, one is no log density, or the baseline gives a fixated
            pixel no probability at all, so that nothing can be compared with it.
        FixationsError: if no fixation falls on the picture.
    """
    model, prior = _log_density(log_density), _log_density(baseline_log_density)
    _check_same_shape(model.values, prior.values)
    baseline = log_likelihood(prior, fixations)
    if np.isinf(baseline):
        raise DensityError(
            "The baseline gives a pixel that was looked at the probability 0; "
            "mix a little uniform density into it."
        )
    return (log_likelihood(model, fixations) - baseline) / float(np.log(2))


def nss(saliency_map: Map | Measured, fixations: Fixations) -> float:
    """Normalized scanpath saliency (Peters, Iyer, Itti and Koch 2005, Vision Research 45:2397).

    The mean at the fixations of the map scaled to mean 0 and population standard deviation 1.

    Returns:
        0 at chance and for a constant map, which prefers no pixel; larger is better.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation falls on the picture.
    """
    measured = _measured(saliency_map)
    values = _at(measured.values, fixations)
    if measured.is_constant:
        return 0.0
    return float((values.mean(dtype=np.float64) - measured.mean) / measured.std)


@dataclass(frozen=True)
class Comparison:
    """How alike two maps of one picture are: see `cc`, `sim` and `kl_divergence`."""

    cc: float
    sim: float
    kl: float


def compare(empirical: Map | Measured | Density, predicted: Map | Measured) -> Comparison:
    """`cc`, `sim` and `kl_divergence` of two maps at the price of one.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    truth = empirical if isinstance(empirical, Density) else _measured(empirical)
    model = _measured(predicted)
    _check_same_shape(truth.values, model.values)
    size = truth.values.size
    common = divergence = covariance = variance = 0.0
    for rows in _bands(truth.values.shape):
        e, p = truth.density(rows), model.density(rows)
        both = np.minimum(e, p)
        common += float(both.sum())
        p += KL_EPSILON
        ratio = np.divide(e, p, out=both)
        ratio += KL_EPSILON
        divergence += _dot(e, np.log(ratio, out=ratio))
        e -= 1 / size  # now that it sums to 0, the epsilon in p makes no difference
        covariance += _dot(e, p)
        variance += _dot(e, e)
    if truth.is_constant or model.is_constant or variance == 0:
        correlation = 0.0
    else:
        deviations = np.sqrt(variance * size) * model.std / model.total
        correlation = float(np.clip(covariance / deviations, -1, 1))
    return Comparison(correlation, min(common, 1.0), divergence)


def cc(saliency_map: Map | Measured, other: Map | Measured) -> float:
    """Pearson's linear correlation of two maps over their pixels.

    Returns:
        In [-1, 1]; 0 if one of the maps is constant.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    return compare(saliency_map, other).cc


def sim(saliency_map: Map | Measured, other: Map | Measured) -> float:
    """Similarity, or histogram intersection: the common part of two maps made into densities.

    A map with negative values is first lifted so that its minimum is 0, as pysaliency does; a map
    of zeros becomes the uniform density.

    Returns:
        In [0, 1]; 1 for equal densities.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    return compare(saliency_map, other).sim


def kl_divergence(empirical: Map | Measured, predicted: Map | Measured) -> float:
    """Kullback-Leibler divergence of the prediction from the empirical density, in nats.

    `sum(e * log(eps + e / (p + eps)))` with the benchmark's eps of 2.2204e-16, both maps first
    made into densities as for `sim`. Not symmetric: `empirical` is the truth.

    Returns:
        0 for equal densities (up to about 1e-9, for eps), at most about 36; smaller is better.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    return compare(empirical, predicted).kl


def auc_judd(saliency_map: Map | Measured, fixations: Fixations) -> float:
    """Area under the ROC curve that tells fixated pixels from all pixels of the picture.

    The probability that a fixation's pixel has a larger value than a pixel drawn evenly from the
    whole picture, ties counting a half: exact, no jitter. As in the MIT/Tuebingen benchmark the
    negatives are all pixels, fixated ones included, and every value is a threshold; the older
    AUC-Judd code (Judd, Ehinger, Durand and Torralba 2009, ICCV) leaves the fixated pixels out and
    is larger by about the share of pixels that were fixated.

    Returns:
        In [0, 1]; 0.5 at chance and for a constant map.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation falls on the picture.
    """
    measured = _measured(saliency_map)
    return _auc(_at(measured.values, fixations), np.sort(measured.values, axis=None))


def shuffled_auc(
    saliency_map: Map | Measured, fixations: Fixations, nonfixations: Fixations
) -> float:
    """Area under the ROC curve that tells fixations from where people look in other pictures.

    It takes the reward for mere center bias away (Tatler, Baddeley and Gilchrist 2005, Vision
    Research 45:643).

    Args:
        saliency_map: (H, W).
        fixations: where people looked on this picture.
        nonfixations: where they looked on all other pictures of the set, each stretched to this
            picture's size; see `salmap.evaluation.scoring.Nonfixations`.

    Returns:
        In [0, 1]; 0.5 at chance and for a constant map.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation, or no nonfixation, falls on the picture.
    """
    values = _measured(saliency_map).values
    return _auc(_at(values, fixations), np.sort(_at(values, nonfixations, "nonfixation")))


def _auc(positives: Map, ordered: Map) -> float:
    """Mann-Whitney's statistic, as a share: P(positive > negative) + P(equal) / 2.

    The negatives are in ascending order, and of the positives' dtype, which keeps ties exact.
    """
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).mean() / (2 * len(ordered)))


def _at(values: Map, fixations: Fixations, what: str = "fixation") -> Map:
    """The values of the fixated pixels, (n,), n > 0."""
    height, width = values.shape
    rows, columns = fixations.pixels()
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    if not inside.any():
        raise FixationsError(
            f"There is no {what} on the picture of {width} x {height} pixels "
            f"({len(fixations)} given), so it can't be scored."
        )
    return values[rows[inside], columns[inside]]


def _is_exponential(measured: Measured, log_density: Map) -> bool:
    """Whether a map is the exponential of another, from one in `SAMPLE_STEP` of the pixels."""
    if measured.values.shape != log_density.shape:
        return False
    map_sample = np.ravel(measured.values)[::SAMPLE_STEP]
    expected = np.exp(np.ravel(log_density)[::SAMPLE_STEP])
    return bool(np.allclose(map_sample, expected, rtol=1e-4, atol=0))


def _log_density(values: Map | LogDensity) -> LogDensity:
    return values if isinstance(values, LogDensity) else LogDensity(values)


def _measured(values: Map | Measured) -> Measured:
    return values if isinstance(values, Measured) else Measured(values)


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Some rows at a time: few enough to stay in the cache."""
    step = max(1, BAND_PIXELS // shape[1])
    return (slice(top, top + step) for top in range(0, shape[0], step))


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Sum of the products; on one core, as several would wait for each other more than they add."""
    return float(np.einsum("ij,ij->", a, b))


def _check_same_shape(a: Map, b: Map) -> None:
    if a.shape != b.shape:
        raise DensityError(
            f"Two maps of one picture must have the same size, not {a.shape} and {b.shape}."
        )
