"""Scores of one prediction on one picture, as the MIT/Tuebingen benchmark defines them.

All are pure functions of numpy arrays. Maps are (H, W) of any float dtype and of any scale unless
a density (sums to 1) or log density (natural log of one) is asked for. Fixations outside the
picture are left out; if none is left there is no score, and a `FixationsError` says so. Several
fixations of one pixel count several times.

References: Kuemmerer, Wallis and Bethge 2015, PNAS 112:16054 (log likelihood, information gain);
Kuemmerer, Wallis and Bethge 2018, ECCV (the benchmark); Bylinskii, Judd, Oliva, Torralba and Durand
2019, TPAMI 41:740 (what each score means).
"""

from __future__ import annotations

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


def log_likelihood(log_density: Map, fixations: Fixations) -> float:
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
    _check_log_density(log_density)
    return float(_at(log_density, fixations).mean())


def information_gain(log_density: Map, baseline_log_density: Map, fixations: Fixations) -> float:
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
    _check_same_shape(log_density, baseline_log_density)
    baseline = log_likelihood(baseline_log_density, fixations)
    if np.isinf(baseline):
        raise DensityError(
            "The baseline gives a pixel that was looked at the probability 0; "
            "mix a little uniform density into it."
        )
    return (log_likelihood(log_density, fixations) - baseline) / float(np.log(2))


def nss(saliency_map: Map, fixations: Fixations) -> float:
    """Normalised scanpath saliency (Peters, Iyer, Itti and Koch 2005, Vision Research 45:2397).

    The mean at the fixations of the map scaled to mean 0 and population standard deviation 1.

    Returns:
        0 at chance and for a constant map, which prefers no pixel; larger is better.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation falls on the picture.
    """
    check_map(saliency_map, "saliency map")
    values = _at(saliency_map, fixations)
    if _is_constant(saliency_map):
        return 0.0
    mean, std = saliency_map.mean(dtype=np.float64), saliency_map.std(dtype=np.float64)
    return float((values.mean() - mean) / std)


def cc(saliency_map: Map, other: Map) -> float:
    """Pearson's linear correlation of two maps over their pixels.

    Returns:
        In [-1, 1]; 0 if one of the maps is constant.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    _check_same_shape(saliency_map, other)
    check_map(saliency_map, "saliency map")
    check_map(other, "saliency map")
    if _is_constant(saliency_map) or _is_constant(other):
        return 0.0
    a = np.subtract(saliency_map, saliency_map.mean(dtype=np.float64), dtype=np.float64).ravel()
    b = np.subtract(other, other.mean(dtype=np.float64), dtype=np.float64).ravel()
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))


def sim(saliency_map: Map, other: Map) -> float:
    """Similarity, or histogram intersection: the common part of two maps made into densities.

    A map with negative values is first lifted so that its minimum is 0, as pysaliency does; a map
    of zeros becomes the uniform density.

    Returns:
        In [0, 1]; 1 for equal densities.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    _check_same_shape(saliency_map, other)
    common = _as_density(saliency_map)
    np.minimum(common, _as_density(other), out=common)
    return float(min(common.sum(), 1.0))


def kl_divergence(empirical: Map, predicted: Map) -> float:
    """Kullback-Leibler divergence of the prediction from the empirical density, in nats.

    `sum(e * log(eps + e / (p + eps)))` with the benchmark's eps of 2.2204e-16, both maps first
    made into densities as for `sim`. Not symmetric: `empirical` is the truth.

    Returns:
        0 for equal densities (up to about 1e-9, for eps), at most about 36; smaller is better.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    _check_same_shape(empirical, predicted)
    truth, ratio = _as_density(empirical), _as_density(predicted)
    ratio += KL_EPSILON
    np.divide(truth, ratio, out=ratio)
    ratio += KL_EPSILON
    return float(np.vdot(truth, np.log(ratio, out=ratio)))


def auc_judd(saliency_map: Map, fixations: Fixations) -> float:
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
    check_map(saliency_map, "saliency map")
    return _auc(_at(saliency_map, fixations), saliency_map.ravel())


def shuffled_auc(saliency_map: Map, fixations: Fixations, nonfixations: Fixations) -> float:
    """Area under the ROC curve that tells fixations from where people look in other pictures.

    It takes the reward for mere centre bias away (Tatler, Baddeley and Gilchrist 2005, Vision
    Research 45:643).

    Args:
        saliency_map: (H, W).
        fixations: where people looked on this picture.
        nonfixations: where they looked on all other pictures of the set, each stretched to this
            picture's size; see `train.scoring.Nonfixations`.

    Returns:
        In [0, 1]; 0.5 at chance and for a constant map.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation, or no nonfixation, falls on the picture.
    """
    check_map(saliency_map, "saliency map")
    return _auc(_at(saliency_map, fixations), _at(saliency_map, nonfixations, "nonfixation"))


def _auc(positives: Map, negatives: Map) -> float:
    """Mann-Whitney's statistic, as a share: P(positive > negative) + P(equal) / 2."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).mean() / (2 * len(ordered)))


def _at(values: Map, fixations: Fixations, what: str = "fixation") -> Map:
    """The values of the fixated pixels, (n,), n > 0, in double precision if they are single."""
    height, width = values.shape
    inside = fixations.inside((height, width))
    if len(inside) == 0:
        raise FixationsError(
            f"There is no {what} on the picture of {width} x {height} pixels "
            f"({len(fixations)} given), so it can't be scored."
        )
    return values[inside.pixels()].astype(np.float64)


def _is_constant(values: Map) -> bool:
    return bool(values.min() == values.max())


def _as_density(values: Map) -> NDArray[np.float64]:
    """A new float64 density from a map of any scale: lifted to 0 if negative, uniform if 0."""
    check_map(values, "saliency map")
    lifted = np.subtract(values, min(values.min(), 0), dtype=np.float64)
    total = lifted.sum()
    if total == 0:
        return np.full(values.shape, 1 / values.size)
    lifted /= total
    return lifted


def _check_same_shape(a: Map, b: Map) -> None:
    if a.shape != b.shape:
        raise DensityError(
            f"Two maps of one picture must have the same size, not {a.shape} and {b.shape}."
        )


def _check_log_density(log_density: Map) -> None:
    if log_density.ndim != 2 or log_density.size == 0:
        raise DensityError(f"A log density has the shape (H, W), not {log_density.shape}.")
    total = float(np.exp(log_density).sum(dtype=np.float64))
    if not abs(total - 1) <= SUM_TOLERANCE:  # also true of NaN
        raise DensityError(
            f"Not a log density: its probabilities sum to {total:.6g} instead of 1. "
            "Make it one with salmap.density.log_normalise."
        )
