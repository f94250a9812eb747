"""Information gain for saliency maps that are not densities.

A map of any scale says which pixels are fixated more, not how much more. To treat it fairly, it is
turned into a density by the monotone function of its values, times a power of the center bias, that
makes the fixations most likely (Kuemmerer, Wallis and Bethge 2015, PNAS 112:16054). The function is
cross-validated: the pictures are split into folds, and each fold uses the function fitted on the
others.

The function is piecewise linear in the log density, its slopes not negative, so the likelihood is
concave and has one maximum. Unlike pysaliency's it does not also blur the maps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from salmap.density import log_normalize
from salmap.errors import DatasetError
from salmap.evaluation.baseline import Baseline
from salmap.fixations.scoring import Truth

KNOTS = 20
FOLDS = 5
#: pixels of each picture from which its normalizer is estimated while fitting
PIXELS = 2000
MAX_FITTED_PICTURES = 300
#: keeps slopes at 0 that the data do not determine
RIDGE = 1e-4

Array = NDArray[np.float64]
#: reads the map of a picture
ReadMap = Callable[[Truth], NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Calibration:
    """A monotone function from map values to log density, and the weight of the center bias.

    Attributes:
        knots: values between which the function is linear, increasing, (k + 1,).
        rises: how much the function rises from knot to knot, (k,), not negative.
        center_bias: the power of the center bias, not negative.
    """

    knots: Array
    rises: Array
    center_bias: float

    def log_density(
        self, saliency_map: NDArray[np.floating], center_bias: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """The density a map stands for: float32 (H, W), logsumexp 0.

        Args:
            saliency_map: (H, W).
            center_bias: log density (H, W).
        """
        heights = np.concatenate([[0.0], np.cumsum(self.rises)])
        return log_normalize(
            np.interp(saliency_map, self.knots, heights) + self.center_bias * center_bias
        )


@dataclass(frozen=True, eq=False)
class _Excerpt:
    """Of one picture, (map value, log center bias) at its fixations and at some pixels."""

    fixated: Array
    pixels: Array


def cross_validate(
    read_map: ReadMap, truths: Sequence[Truth], baseline: Baseline, seed: int = 0
) -> list[Calibration]:
    """The calibration of each picture, fitted without it.

    Args:
        read_map: gives the map of a picture, (H, W).
        truths: the pictures, all with fixations.
        baseline: its center bias.
        seed: of the folds and of the pixels that are drawn.

    Raises:
        DatasetError: if there are fewer than two pictures.
    """
    if len(truths) < 2:
        raise DatasetError(
            "Calibration is cross-validated over pictures: it needs at least two that have a map "
            "and fixations."
        )
    rng = np.random.default_rng(seed)
    excerpts = [_excerpt(read_map(t), t, baseline, rng) for t in truths]
    folds = rng.permutation(len(truths)) % min(FOLDS, len(truths))
    fitted = {
        int(fold): fit([excerpts[i] for i in np.flatnonzero(folds != fold)[:MAX_FITTED_PICTURES]])
        for fold in np.unique(folds)
    }
    return [fitted[int(fold)] for fold in folds]


def fit(excerpts: Sequence[_Excerpt]) -> Calibration:
    """The calibration under which the fixations of these pictures are most likely."""
    knots = _knots(excerpts)
    fixated = np.stack([_features(e.fixated, knots).mean(axis=0) for e in excerpts])
    pixels = np.stack([_features(e.pixels, knots) for e in excerpts])
    target = fixated.mean(axis=0)

    def loss(parameters: Array) -> tuple[float, Array]:
        logits = pixels @ parameters
        normalizer = logsumexp(logits, axis=1)
        weights = np.exp(logits - normalizer[:, None])
        expected = np.einsum("ps,psk->k", weights, pixels) / len(pixels)
        value = normalizer.mean() - target @ parameters + RIDGE * (parameters @ parameters)
        return float(value), expected - target + 2 * RIDGE * parameters

    start = np.append(np.zeros(len(knots) - 1), 1.0)
    bounds = [(0, None)] * len(start)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Calibration(knots, found[:-1], float(found[-1]))


def _excerpt(
    saliency_map: NDArray[np.floating], truth: Truth, baseline: Baseline, rng: np.random.Generator
) -> _Excerpt:
    both = np.stack([saliency_map, baseline.log_density(truth.size)], axis=-1).astype(float)
    drawn = rng.integers(0, saliency_map.size, PIXELS)
    return _Excerpt(both[truth.fixations.pixels()], both.reshape(-1, 2)[drawn])


def _knots(excerpts: Sequence[_Excerpt]) -> Array:
    """Quantiles of the values, those fixated and those of all pixels counting the same."""
    fixated = np.concatenate([e.fixated[:, 0] for e in excerpts])
    pixels = np.concatenate([e.pixels[:, 0] for e in excerpts])
    shares = np.linspace(0, 1, KNOTS // 2)
    found = np.concatenate([np.quantile(fixated, shares), np.quantile(pixels, shares)])
    knots = np.unique(found)
    return knots if len(knots) > 1 else np.array([knots[0], knots[0] + 1])


def _features(values: Array, knots: Array) -> Array:
    """Float64 (n, k + 1): the share of each piece below a value, and the log center bias.

    A weighted sum of the first k is the piecewise linear function of `Calibration`.
    """
    pieces = np.clip((values[:, :1] - knots[:-1]) / np.diff(knots), 0, 1)
    return np.concatenate([pieces, values[:, 1:]], axis=1)
