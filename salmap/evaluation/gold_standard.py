"""The gold standard: how well viewers are predicted from each other.

Every viewer of a picture is predicted by a kernel density estimate of the other viewers' fixations,
mixed with a little center bias and uniform density (Kuemmerer, Wallis and Bethge 2015, PNAS
112:16054). It measures how well people agree, which a model can be expected to reach. A model may
even exceed it, since it learns from more viewers than one picture has.

`ig` needs the densities at the fixations only, and is exact. For `nss`, `auc` and `sauc` each
viewer's density is drawn on a grid of `CELLS_PER_BANDWIDTH` cells a bandwidth, fine enough not to
affect the scores. `cc`, `sim` and `kl` compare with the density of all viewers, all but
one of whom each prediction contains: they have no honest counterpart here and stay NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from salmap import metrics
from salmap.density import resize_log_density
from salmap.errors import FixationsError
from salmap.evaluation.baseline import Baseline
from salmap.fixations.scoring import Truth
from salmap.metrics import METRICS, Scores
from salmap.types import UNKNOWN_VIEWER, Fixations

#: range of the bandwidth, as a share of the picture's long side
BANDWIDTH_RANGE = (0.004, 0.2)
CELLS_PER_BANDWIDTH = 4
#: pictures that the parameters are tuned on, at most
MAX_TUNING_PICTURES = 100
EM_STEPS = 100

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GoldStandard:
    """Parameters of the mixture.

    Attributes:
        bandwidth: standard deviation of the kernel, as a share of the picture's long side.
        viewers, center_bias, uniform: weights of the mixture; they sum to 1.
    """

    bandwidth: float
    viewers: float
    center_bias: float
    uniform: float

    @property
    def weights(self) -> Array:
        """The three weights, float64 (3,)."""
        return np.array([self.viewers, self.center_bias, self.uniform])


def has_viewers(truth: Truth) -> bool:
    """Whether a picture's fixations are known to be of two viewers or more."""
    viewers = np.unique(truth.fixations.viewer)
    return len(viewers) > 1 and UNKNOWN_VIEWER not in viewers


def tune(truths: Sequence[Truth], baseline: Baseline, seed: int = 0) -> GoldStandard:
    """The bandwidth and weights under which viewers are most likely, given the others.

    The weights are found by expectation maximization (Dempster, Laird and Rubin 1977) for each
    bandwidth that is tried. Pictures weigh the same however many fixations they have.

    Raises:
        FixationsError: if no picture has fixations of two viewers.
    """
    usable = [t for t in truths if has_viewers(t)]
    if not usable:
        raise FixationsError(
            "The gold standard needs pictures with fixations of two or more viewers, "
            "and to know who looked where."
        )
    order = np.random.default_rng(seed).permutation(len(usable))[:MAX_TUNING_PICTURES]
    pictures = [_Pairs(usable[i], baseline) for i in order]
    shares = np.concatenate([np.full(len(p.viewer), 1 / len(p.viewer)) for p in pictures])
    shares /= len(pictures)

    def components(log_bandwidth: float) -> Array:
        return np.concatenate([p.components(float(np.exp(log_bandwidth))) for p in pictures])

    def loss(log_bandwidth: float) -> float:
        parts = components(log_bandwidth)
        return -float(shares @ np.log(parts @ _mixture_weights(parts, shares)))

    found = minimize_scalar(loss, bounds=np.log(BANDWIDTH_RANGE), options={"xatol": 0.01})
    weights = _mixture_weights(components(found.x), shares)
    return GoldStandard(float(np.exp(found.x)), *(float(w) for w in weights))


def score(gold: GoldStandard, truth: Truth, baseline: Baseline, nonfixations: Fixations) -> Scores:
    """How well the viewers of one picture are predicted from each other.

    Each metric is averaged over fixations, of which each is predicted by the other viewers.

    Raises:
        FixationsError: if there are fixations of fewer than two known viewers.
    """
    if not has_viewers(truth):
        raise FixationsError(
            f"The gold standard of {truth.name} needs fixations of at least two known viewers."
        )
    scores = dict.fromkeys(METRICS, float("nan"))
    scores["ig"] = _information_gain(gold, truth, baseline)
    return scores | _map_scores(gold, truth, baseline, nonfixations)


class _Pairs:
    """The fixations of one picture, each seen from those of the other viewers."""

    def __init__(self, truth: Truth, baseline: Baseline) -> None:
        self.size = truth.size
        rows, columns = truth.fixations.pixels()
        self.points = np.stack([rows, columns], axis=1).astype(float)
        self.viewer = truth.fixations.viewer
        self.log_center_bias = baseline.log_density(truth.size)[rows, columns].astype(float)
        difference = self.points[:, None] - self.points[None]
        self._squared = (difference**2).sum(axis=2)
        self._others = self.viewer[:, None] != self.viewer[None]

    def components(self, bandwidth: float) -> Array:
        """Probability per pixel at each fixation, float64 (n, 3): others, center bias, uniform.

        Each kernel is cut off at the picture's edge and what is left of all of them scaled up to
        1, as if their sum had been drawn pixel by pixel and normalized.
        """
        sigma = bandwidth * max(self.size)
        kernels = np.exp(self._squared / (-2 * sigma**2)) / (2 * np.pi * sigma**2)
        summed = np.where(self._others, kernels, 0).sum(axis=1)
        uniform = np.full(len(self.viewer), 1 / (self.size[0] * self.size[1]))
        density = summed / (self._others @ self._mass_inside(sigma))
        return np.stack([density, np.exp(self.log_center_bias), uniform], axis=1)

    def _mass_inside(self, sigma: float) -> Array:
        """The share of each fixation's kernel that lies on the picture, float64 (n,)."""
        low, high = -0.5 - self.points, np.array(self.size) - 0.5 - self.points
        return np.prod(ndtr(high / sigma) - ndtr(low / sigma), axis=1)


def _mixture_weights(parts: Array, shares: Array) -> Array:
    """Weights (3,) of the mixture of `parts` (n, 3) that make it most likely."""
    weights = np.full(parts.shape[1], 1 / parts.shape[1])
    for _ in range(EM_STEPS):
        joint = parts * weights
        weights = shares @ (joint / joint.sum(axis=1, keepdims=True))
    return weights


def _information_gain(gold: GoldStandard, truth: Truth, baseline: Baseline) -> float:
    pairs = _Pairs(truth, baseline)
    log_density = np.log(pairs.components(gold.bandwidth) @ gold.weights)
    return float((log_density - pairs.log_center_bias).mean() / np.log(2))


def _map_scores(
    gold: GoldStandard, truth: Truth, baseline: Baseline, nonfixations: Fixations
) -> Scores:
    """`nss`, `auc` and `sauc` on a coarse grid."""
    size = _grid_size(truth.size, gold.bandwidth * max(truth.size))
    fixations = truth.fixations.scaled(truth.size, size)
    negatives = nonfixations.scaled(truth.size, size)
    totals = {"nss": 0.0, "auc": 0.0, "sauc": 0.0}
    for viewer, density in _viewer_densities(gold, truth, baseline, size):
        own = fixations.select(fixations.viewer == viewer)
        totals["nss"] += len(own) * metrics.nss(density, own)
        totals["auc"] += len(own) * metrics.auc_judd(density, own)
        if len(negatives):
            totals["sauc"] += len(own) * metrics.shuffled_auc(density, own, negatives)
    if not len(negatives):
        totals["sauc"] = float("nan")
    return {key: total / len(fixations) for key, total in totals.items()}


def _viewer_densities(
    gold: GoldStandard, truth: Truth, baseline: Baseline, size: tuple[int, int]
) -> list[tuple[int, Array]]:
    """Each viewer with the density that the others predict, float64 of this (rows, columns)."""
    prior = np.exp(resize_log_density(baseline.grid, size).astype(float))
    prior = gold.center_bias * prior + gold.uniform / prior.size
    fixations, sigma = truth.fixations, gold.bandwidth * max(truth.size)
    rows = _bumps(fixations.y, truth.size[0], size[0], sigma)
    columns = _bumps(fixations.x, truth.size[1], size[1], sigma)
    densities = []
    for viewer in np.unique(fixations.viewer):
        others = fixations.viewer != viewer
        kernels = rows[others].T @ columns[others]
        densities.append((int(viewer), gold.viewers * kernels / kernels.sum() + prior))
    return densities


def _bumps(places: Array, length: int, cells: int, sigma: float) -> Array:
    """Float64 (n, cells): a Gaussian around each place, taken at the middle of each cell."""
    middles = (np.arange(cells) + 0.5) * (length / cells) - 0.5
    return np.exp((middles - places[:, None]) ** 2 / (-2 * sigma**2))


def _grid_size(size: tuple[int, int], sigma: float) -> tuple[int, int]:
    """(rows, columns) of a grid just fine enough for kernels of `sigma` pixels."""
    cell = max(1.0, sigma / CELLS_PER_BANDWIDTH)
    return max(1, round(size[0] / cell)), max(1, round(size[1] / cell))
