"""Metrics of two maps of one picture: correlation, similarity and divergence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from salmap.metrics.maps import Density, Map, Measured, as_measured, bands, check_same_shape, dot

#: keeps KL divergence finite where a prediction is 0; the constant of the MIT benchmark
KL_EPSILON = 2.2204e-16


@dataclass(frozen=True)
class Comparison:
    """How similar two maps of one picture are: see `cc`, `sim` and `kl_divergence`."""

    cc: float
    sim: float
    kl: float


def compare(empirical: Map | Measured | Density, predicted: Map | Measured) -> Comparison:
    """`cc`, `sim` and `kl_divergence` of two maps, at the cost of one of them.

    Raises:
        DensityError: if the shapes differ or a map is not finite.
    """
    truth = empirical if isinstance(empirical, Density) else as_measured(empirical)
    model = as_measured(predicted)
    check_same_shape(truth.values, model.values)
    size = truth.values.size
    precision = np.result_type(truth.values, model.values, np.float32)
    common = divergence = covariance = variance = 0.0
    for rows in bands(truth.values.shape):
        e, p = truth.density(rows, precision), model.density(rows, precision)
        both = np.minimum(e, p)
        common += float(both.sum())
        p += KL_EPSILON
        ratio = np.divide(e, p, out=both)
        ratio += KL_EPSILON
        divergence += dot(e, np.log(ratio, out=ratio))
        e -= 1 / size  # now that it sums to 0, the epsilon in p makes no difference
        covariance += dot(e, p)
        variance += dot(e, e)
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
