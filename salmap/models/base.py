"""The interface that every model has, network or classical."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from torch import Tensor, nn


class SaliencyModel(nn.Module, ABC):
    """Pictures in, log density on a grid out.

    A model knows nothing about files, the original size or colors other than RGB: the predictor
    resizes a picture so that its long side is `size` and both sides are multiples of
    `output_stride`, and turns what comes back into a log density of the picture's own size.

    Attributes:
        architecture: key in `salmap.models.ARCHITECTURES`, written into weight files.
        size: long side, in pixels, at which the model wants its pictures.
        output_stride: input pixels per cell of the output grid, along each axis.
    """

    architecture: ClassVar[str]
    size: int
    output_stride: int

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Predict a batch.

        Args:
            images: float32 (B, 3, h, w), RGB in [0, 1]; h and w are multiples of `output_stride`.

        Returns:
            float32 (B, h / output_stride, w / output_stride): log density up to a constant that
            may differ from picture to picture; finite.
        """

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Everything, as JSON values, that `from_config` needs to build this model anew."""

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build a model with untrained parameters.

        Raises:
            ModelError: if a setting is missing, unknown or out of range.
        """
