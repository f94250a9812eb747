"""What training minimises."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional as F


def fixation_nll_bits(log_density: Tensor, points: Tensor, weights: Tensor) -> Tensor:
    """Mean negative log-likelihood of the fixations of each picture, in bits.

    Relative to the uniform density: 0 for a uniform prediction, and minus it is the information
    gain over uniform (Kuemmerer, Wallis and Bethge 2015).

    Args:
        log_density: (B, h, w), logsumexp 0 over each grid.
        points: (B, n, 2) of (x, y) in [-1, 1] over the picture.
        weights: (B, n), each row sums to 1, or to 0 for a picture without fixations.

    Returns:
        (B,) bits per fixation.
    """
    cells = log_density.shape[-2] * log_density.shape[-1]
    at_points = F.grid_sample(
        log_density[:, None].float(),
        points[:, None],
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )[:, 0, 0]  # (B, n)
    gain = (at_points + math.log(cells)) * weights
    return -gain.sum(1) / math.log(2)
