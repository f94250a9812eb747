"""The interface of the classical models, which compute with numpy and OpenCV. No torch here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from salmap.types import GridOutput


class ClassicalModel(ABC):
    """A model that is its own backend; see `salmap.backends.Backend`.

    Attributes:
        architecture: key in `salmap.models.CLASSICAL`, written into weight files.
        size: long side, in pixels, at which the model wants its pictures.
        output_stride: input pixels per cell of the output grid, along each axis.
    """

    architecture: ClassVar[str]
    size: int
    output_stride: int
    parameter_count = 0
    device = "cpu"

    @abstractmethod
    def run(self, pixels: NDArray[np.float32]) -> GridOutput:
        """Run the model on one picture; see `salmap.backends.Backend.run`."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Everything, as JSON values, that `from_config` needs to build this model anew."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build a model, without what its weight file adds.

        Raises:
            ModelError: if a setting is missing, unknown or out of range.
        """

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """What its weight file holds, by name; nothing for most."""
        return {}

    def with_tensors(self, tensors: Mapping[str, NDArray[Any]]) -> Self:
        """This model with what a weight file holds, of the same names and shapes as `tensors`."""
        return self
