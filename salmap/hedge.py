"""More caution: what a network says of a picture, flattened but for its center bias.

Networks learn from photographs, if not from them alone. On web pages their predictions are too
sure, and they miss what is small, such as text. There it helps to show them a larger picture and to
flatten what they say; docs/strangers.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import log_normalize

#: how much longer a page's long side is than a photograph's when a network is shown it
PAGE_SCALE = 4 / 3


@dataclass(frozen=True, eq=False)
class Hedge:
    """What a network's readout adds to its evidence, and so what is left of a flattened prediction.

    Attributes:
        prior: float32 (h, w), weighted log center bias over the picture, from edge to edge.
        uniform: share of the uniform density that is mixed in.
        gain: factor on the evidence; 1 changes nothing.
    """

    prior: NDArray[np.float32]
    uniform: float
    gain: float

    def flatten(self, grid: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network would say if its evidence counted for less.

        Args:
            grid: float32 (h, w), log density up to a constant.

        Returns:
            float32 (h, w), log density, logsumexp 0.
        """
        height, width = grid.shape
        even = self.uniform / grid.size
        density = np.exp(log_normalize(grid).astype(np.float64))
        sure = np.log(np.maximum(density - even, np.finfo(np.float32).tiny))
        prior = cv2.resize(self.prior, (width, height), interpolation=cv2.INTER_LINEAR)
        flat = np.exp(log_normalize(prior + self.gain * (sure - prior)).astype(np.float64))
        return log_normalize(np.log((1 - self.uniform) * flat + even).astype(np.float32))
