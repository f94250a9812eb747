"""Whether a picture is like those that a network learned from. No torch here.

What a network's encoders hold on average over a picture lies elsewhere for photographs than for
screenshots, drawings or noise. The directions in which these lie, seen from the training pictures,
are kept in one small safetensors file beside the weights; `train.familiarity` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from salmap.weights.beside import read_beside, write_beside
from salmap.weights.resolve import FAMILIARITY_SUFFIX


@dataclass(frozen=True, eq=False)
class Familiarity:
    """Where pictures unlike a network's training pictures lie in the space of its features.

    Attributes:
        center: float32 (d,), the training pictures' mean.
        directions: float32 (n, d), one for each kind of unlike pictures, of such a length that a
            picture which is 1 away from the center along it is at the limit.
    """

    center: NDArray[np.float32]
    directions: NDArray[np.float32]

    def unfamiliarity(self, features: NDArray[np.float32]) -> float:
        """How unlike the training pictures a picture of these features (d,) is; 1 is the limit."""
        return max(0.0, float((self.directions @ (features - self.center)).max()))

    def write(self, weights: Path) -> Path:
        """Write it beside the weight file that it belongs to; its path."""
        tensors = {"center": self.center, "directions": self.directions}
        return write_beside(weights, FAMILIARITY_SUFFIX, tensors)


def read_familiarity(weights: Path) -> Familiarity | None:
    """What belongs to a weight file; None where there is nothing, or only of other weights.

    Raises:
        WeightsError: if the file beside it is damaged or holds something else.
    """
    tensors = read_beside(weights, FAMILIARITY_SUFFIX, {"center": 1, "directions": 2})
    return None if tensors is None else Familiarity(**tensors)
