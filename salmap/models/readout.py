"""The finalizer: from one map of evidence to a log density.

The split into features, readout and finalizer follows DeepGaze II (Kuemmerer, Wallis, Gatys and
Bethge 2017): blur, add the weighted log center bias, normalize. A learned uniform share on top lets
a model hedge.
"""

from __future__ import annotations

import math

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
        mixed = torch.logaddexp(log_density + rest, share - math.log(height * width))
        return mixed.view_as(evidence)

    def _blur(self, evidence: Tensor) -> Tensor:
        long_side = max(evidence.shape[-2:])
        sigma = self.log_sigma.exp().clamp(1e-4, 0.05) * long_side  # in cells
        radius = max(
            1,
            math.ceil(3 * 0.05 * long_side)
            if self.training
            else math.ceil(4 * float(sigma.detach())),
        )
        steps = torch.arange(-radius, radius + 1, device=evidence.device, dtype=evidence.dtype)
        kernel = torch.exp(-0.5 * (steps / sigma) ** 2)
        kernel = kernel / kernel.sum()
        x = evidence[:, None]
        x = F.pad(x, (radius, radius, 0, 0), mode="replicate")
        x = F.conv2d(x, kernel.view(1, 1, 1, -1))
        x = F.pad(x, (0, 0, radius, radius), mode="replicate")
        return F.conv2d(x, kernel.view(1, 1, -1, 1))[:, 0]
