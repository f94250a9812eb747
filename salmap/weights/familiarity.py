"""Whether a picture is like those that a network learned from. No torch here.

What a network's encoders hold on average over a picture lies elsewhere for photographs than for
screenshots, drawings or noise. The directions in which these lie, seen from the training pictures,
are kept in one small safetensors file beside the weights; `train.familiarity` finds them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from salmap.errors import WeightsError
from salmap.files import replace_file
from salmap.weights.info import opened
from salmap.weights.resolve import FAMILIARITY_SUFFIX, SUFFIX

_WEIGHTS = "weights"


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
        path = _path(weights)
        tensors = {"center": self.center, "directions": self.directions}
        replace_file(path, save(tensors, {_WEIGHTS: _digest(weights)}))
        return path


def read_familiarity(weights: Path) -> Familiarity | None:
    """What belongs to a weight file; None where there is nothing, or only of other weights.

    Raises:
        WeightsError: if the file beside it is damaged or holds something else.
    """
    path = _path(weights)
    if not path.is_file():
        return None
    with opened(path) as file:
        if (file.metadata() or {}).get(_WEIGHTS) != _digest(weights):
            return None
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if {name: values.ndim for name, values in tensors.items()} != {"center": 1, "directions": 2}:
        raise WeightsError(f"{path.name} is damaged or something else: delete it.")
    return Familiarity(**tensors)


def _path(weights: Path) -> Path:
    return weights.with_name(weights.name.removesuffix(SUFFIX) + FAMILIARITY_SUFFIX)


def _digest(weights: Path) -> str:
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
