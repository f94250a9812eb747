"""The finalizer: from one map of evidence to a log density.

The split into features, readout and finalizer follows DeepGaze II (Kuemmerer, Wallis, Gatys and
Bethge 2017): blur, add the weighted log center bias, normalize. A learned uniform share on top lets
a model hedge.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from salmap.center_bias import gaussian

#: cells per side of the center-bias map, in normalized coordinates
CENTER_BIAS_GRID = (64, 64)


class Finalizer(nn.Module):
    """Blur, center bias, uniform share; these few parameters are what `adapt` tunes.

    Attributes:
        log_sigma: log of the blur's standard deviation as a share of the long side.
        log_gain: log of the factor on the evidence (an inverse temperature).
        center_bias: (64, 64) log density over normalized coordinates, fitted, not learned.
        center_bias_weight: factor on it.
        uniform_logit: logit of the share of the uniform density mixed in.
    """

    center_bias: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.log_sigma = nn.Parameter(torch.tensor(math.log(0.012)))
        self.log_gain = nn.Parameter(torch.tensor(0.0))
        self.center_bias_weight = nn.Parameter(torch.tensor(1.0))
        self.uniform_logit = nn.Parameter(torch.tensor(-6.0))
        self.register_buffer("center_bias", torch.from_numpy(gaussian(CENTER_BIAS_GRID)))

    def forward(self, evidence: Tensor) -> Tensor:
        """Evidence float32 (B, h, w) -> log density of the same shape, logsumexp 0."""
        height, width = evidence.shape[-2:]
        blurred = self._blur(evidence) * self.log_gain.exp()
        prior = F.interpolate(self.center_bias[None, None], (height, width), mode="bilinear")[0, 0]
        logits = (blurred + self.center_bias_weight * prior).flatten(1)  # (B, h * w)
        log_density = logits.log_softmax(1)
        share = F.logsigmoid(self.uniform_logit)
        rest = F.logsigmoid(-self.uniform_logit)
        cells = torch.full_like(share, height * width)  # a number would export for one size only
        mixed = torch.logaddexp(log_density + rest, share - cells.log())
        return mixed.view_as(evidence)

    def _blur(self, evidence: Tensor) -> Tensor:
        """Each side's blur is one matrix, and so is its gradient: quick at any new size."""
        rows, columns = evidence.shape[-2:]
        long_side = cast(int, torch.sym_max(rows, columns))  # max() would export for one size only
        sigma = self.log_sigma.exp().clamp(1e-4, 0.05) * long_side  # in cells
        return _spread(rows, sigma, long_side) @ evidence @ _spread(columns, sigma, long_side).mT


def _spread(cells: int, sigma: Tensor, reach: int) -> Tensor:
    """The matrix that blurs a column of cells whose ends are repeated without end.

    Args:
        cells: how many there are.
        sigma: standard deviation in cells, a scalar; the Gaussian is cut off at four of them.
        reach: cells beyond which nothing of it is left.

    Returns:
        float32 (cells, cells), row i is what cell i gets of each; rows sum to 1.
    """

    def bump(distance: Tensor) -> Tensor:
        return torch.exp(-0.5 * (distance / sigma) ** 2) * (distance <= torch.ceil(4 * sigma))

    place = torch.arange(cells, device=sigma.device)
    half = bump(torch.arange(reach + 1, device=sigma.device))
    whole = 2 * half.sum() - half[0]
    beyond = (0.5 * (whole + half[0]) - half.cumsum(0))[:cells]  # what is further away than that
    matrix = bump((place[:, None] - place).abs())
    matrix = matrix + beyond[:, None] * (place == 0)
    matrix = matrix + beyond.flip(0)[:, None] * (place == cells - 1)
    return matrix / whole
