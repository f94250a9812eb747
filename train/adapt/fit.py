"""Fit a finalizer to viewers: five numbers and a center-bias map, from a few dozen pictures.

What a network finds in a picture, its evidence, stays as it is; only how evidence becomes a density
is fitted: blur, gain (an inverse temperature), uniform share, and the prior, which is

    own_bias * (the model's center bias) + viewers_bias * (these viewers' center bias)

in log densities. So the prior can move from the one to the other, as a density p moves to other
viewers as p * (theirs / own) ** t. A model is overconfident about pictures and viewers unlike those
it was trained on, and a few such parameters win back most of what is lost (Kuemmerer, Khanuja and
Bethge 2025, arXiv 2505.10169).
"""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor
from torch.func import functional_call

from salmap.center_bias import fitted
from salmap.density import log_normalize, resize_log_density
from salmap.evaluation.baseline import Baseline, Stimulus
from salmap.models.readout import CENTER_BIAS_GRID, Finalizer
from salmap.types import Fixations

from ..data.batches import Targets, grid_points
from ..losses import fixation_nll_bits

#: a picture is fitted with a center bias of the viewers that leaves out the pictures of its block
BLOCKS = 5
MAX_STEPS = 60
#: Fixations on one picture gather in the same few places: they weigh against the prior as no more
#: than this many independent ones.
INDEPENDENT_FIXATIONS = 10

#: How far each fitted number may be expected to lie from the model's present value before any
#: picture is seen: the standard deviation of a Gaussian prior.
SPREADS = {
    "log_sigma": 0.5,
    "log_gain": 1.0,
    "own_bias": 0.5,
    "viewers_bias": 0.5,
    "uniform_logit": 2.0,
}
#: the range in which each may end, wherever it begins
RANGES = {
    "log_sigma": (math.log(0.002), math.log(0.05)),
    "log_gain": (-4.0, 2.0),
    "own_bias": (-1.0, 3.0),
    "viewers_bias": (-1.0, 3.0),
    "uniform_logit": (-12.0, 3.0),
}

LogDensity = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PictureEvidence:
    """What a network finds in a picture, and where people looked.

    Attributes:
        name: of the picture.
        size: (height, width) in pixels.
        fixations: those on the picture, in its pixels; at least one.
        evidence: float32 (h, w), the network's map on its own grid.
    """

    name: str
    size: tuple[int, int]
    fixations: Fixations
    evidence: Tensor

    @property
    def stimulus(self) -> Stimulus:
        """As a center bias is fitted to it."""
        return self.fixations, self.size


@dataclass(frozen=True, eq=False)
class _Batch:
    """Pictures of one shape and one block."""

    evidence: Tensor  # (B, h, w)
    targets: Targets
    viewers: Tensor  # (64, 64), the viewers' center bias on the other blocks


def predict(finalizer: Finalizer, picture: PictureEvidence) -> LogDensity:
    """Log density float32 (H, W) at the picture's own size, as a `Predictor` gives it."""
    with torch.inference_mode():
        grid = finalizer.eval()(picture.evidence[None])[0].numpy()
    return resize_log_density(grid, picture.size)


def fit(finalizer: Finalizer, pictures: Sequence[PictureEvidence], baseline: Baseline) -> Finalizer:
    """The finalizer under which these fixations are most likely, near the present one.

    Maximum a posteriori: mean log likelihood of the pictures, each weighing the same, and a
    Gaussian prior around the present values (`SPREADS`) that fades as fixations are added. A
    picture is fitted with a center bias that was made without it, so that one of few fixations,
    which says little about other pictures, gets little weight.

    Args:
        finalizer: the present one; it is not changed.
        pictures: at least two.
        baseline: the center bias of the same pictures.
    """
    objective = _Objective(finalizer, pictures, baseline)
    found = minimize(
        objective,
        np.zeros(len(SPREADS)),
        jac=True,
        method="L-BFGS-B",
        bounds=objective.bounds(),
        options={"maxiter": MAX_STEPS, "ftol": 1e-7, "gtol": 1e-4},
    ).x
    adapted = copy.deepcopy(finalizer)
    adapted.load_state_dict(objective.state(found, baseline.grid))
    return adapted


class _Objective:
    """What a fit minimizes: minus the log posterior, in nats per fixation.

    It is a function of the fitted numbers as steps from their present values, in `SPREADS`.
    """

    def __init__(
        self, finalizer: Finalizer, pictures: Sequence[PictureEvidence], baseline: Baseline
    ) -> None:
        self.finalizer = finalizer.eval()
        self.pictures = len(pictures)
        self.fixations = sum(min(len(p.fixations), INDEPENDENT_FIXATIONS) for p in pictures)
        self.batches = _batches(pictures, _maps_without(pictures, baseline))
        self.own = torch.from_numpy(log_normalize(finalizer.center_bias.numpy()))
        self.spreads = np.array(list(SPREADS.values()))
        self.start = np.array(
            [
                float(finalizer.log_sigma),
                float(finalizer.log_gain),
                float(finalizer.center_bias_weight),
                0.0,  # nothing of the viewers' center bias
                float(finalizer.uniform_logit),
            ]
        )

    def __call__(self, steps: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Value and gradient."""
        values = self._values(steps).requires_grad_()
        bits = torch.zeros(())
        for batch in self.batches:
            state = _state(values, self.own, batch.viewers)
            log_density = functional_call(self.finalizer, state, (batch.evidence,))
            bits = bits + fixation_nll_bits(log_density, batch.targets).sum()
        nats = bits * math.log(2) / self.pictures
        (gradient,) = torch.autograd.grad(nats, values)
        prior = 0.5 * float(steps @ steps) / self.fixations
        slope = gradient.double().numpy() * self.spreads + steps / self.fixations
        return float(nats.detach()) + prior, slope

    def bounds(self) -> list[tuple[float, float]]:
        """`RANGES` in steps, widened to the present values."""
        return [
            ((min(low, present) - present) / spread, (max(high, present) - present) / spread)
            for (low, high), present, spread in zip(
                RANGES.values(), self.start, self.spreads, strict=True
            )
        ]

    def state(self, steps: NDArray[np.float64], viewers: LogDensity) -> dict[str, Tensor]:
        """The finalizer's parameters after these steps; its map is a log density."""
        state = _state(self._values(steps), self.own, torch.from_numpy(viewers))
        center_bias = log_normalize(state["center_bias"].numpy())
        return state | {"center_bias": torch.from_numpy(center_bias)}

    def _values(self, steps: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(self.start + self.spreads * steps).float()


def _state(values: Tensor, own: Tensor, viewers: Tensor) -> dict[str, Tensor]:
    """The finalizer's parameters; the whole prior goes into its map, under the weight 1."""
    log_sigma, log_gain, own_bias, viewers_bias, uniform_logit = values
    return {
        "log_sigma": log_sigma,
        "log_gain": log_gain,
        "center_bias_weight": torch.ones(()),
        "center_bias": own_bias * own + viewers_bias * viewers,
        "uniform_logit": uniform_logit,
    }


def _maps_without(pictures: Sequence[PictureEvidence], baseline: Baseline) -> list[LogDensity]:
    """For each block of pictures, the center bias of all the others."""
    blocks = min(BLOCKS, len(pictures))
    bandwidth = baseline.bandwidth or 0.03
    return [
        fitted(
            [p.stimulus for place, p in enumerate(pictures) if place % blocks != block],
            CENTER_BIAS_GRID,
            bandwidth,
        )
        for block in range(blocks)
    ]


def _batches(pictures: Sequence[PictureEvidence], viewers: Sequence[LogDensity]) -> list[_Batch]:
    groups: dict[tuple[torch.Size, int], list[PictureEvidence]] = defaultdict(list)
    for place, picture in enumerate(pictures):
        groups[picture.evidence.shape, place % len(viewers)].append(picture)
    return [
        _Batch(
            torch.stack([p.evidence for p in group]),
            Targets.padded([grid_points(p.fixations, p.size) for p in group], [1.0] * len(group)),
            torch.from_numpy(viewers[block]),
        )
        for (_, block), group in groups.items()
    ]
