"""The center bias as a model: where people look before anything is known about the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from salmap.center_bias import gaussian
from salmap.models.classical_model import ClassicalModel
from salmap.models.map_model import check_names
from salmap.types import GridOutput

GRID = (64, 64)


class CenterBias(ClassicalModel):
    """People look at the middle of pictures (Tatler 2007, Journal of Vision 7(14):4).

    The prediction does not depend on the picture, only on its shape: a log density on a grid in
    normalized coordinates is stretched to it.

    Args:
        log_density: float32 (64, 64), natural log, up to a constant. Without it, it is a Gaussian;
            a weight file brings one fitted to fixations (`salmap.center_bias.fitted`).
    """

    architecture = "center-bias"
    size = max(GRID)
    output_stride = 1

    def __init__(self, log_density: NDArray[np.float32] | None = None) -> None:
        self.log_density = gaussian(GRID) if log_density is None else log_density

    def run(self, pixels: NDArray[np.float32]) -> GridOutput:
        """float32 (1, 3, h, w) -> log density up to a constant, float32 (h, w)."""
        density = np.exp(self.log_density - self.log_density.max())
        rows, columns = (
            _stretch(cells, side) for cells, side in zip(GRID, pixels.shape[-2:], strict=True)
        )
        stretched = rows @ density @ columns.T
        tiny = np.finfo(np.float32).tiny
        return GridOutput(np.log(np.maximum(stretched, tiny), dtype=np.float32))

    def config(self) -> dict[str, Any]:
        """Nothing: the log density is a tensor of the weight file."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The Gaussian center bias.

        Raises:
            ModelError: if there is any setting; there are none.
        """
        check_names(cls.architecture, config, set())
        return cls()

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """See `ClassicalModel.tensors`."""
        return {"log_density": self.log_density}

    def with_tensors(self, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """See `ClassicalModel.with_tensors`."""
        return type(self)(**tensors)


def _stretch(cells: int, length: int) -> NDArray[np.float32]:
    """Linear interpolation, or averaging where it shrinks, as a matrix, float32 (length, cells)."""
    step = cells / length
    places = (np.arange(length) + 0.5) * step - 0.5
    distances = np.abs(places[:, None] - np.arange(cells)) / max(step, 1)
    weights = np.maximum(1 - distances, 0)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
