"""The center bias as a model: where people look before anything is known about the picture."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from salmap.center_bias import gaussian
from salmap.models.base import SaliencyModel
from salmap.models.map_model import check_names

GRID = (64, 64)


class CenterBias(SaliencyModel):
    """People look at the middle of pictures (Tatler 2007, Journal of Vision 7(14):4).

    The prediction does not depend on the picture, only on its shape: a log density on a grid in
    normalized coordinates is stretched to it. Untrained it is a Gaussian; a weight file brings
    one fitted to fixations (`salmap.center_bias.fitted`).

    Attributes:
        log_density: float32 (64, 64), natural log, up to a constant.
    """

    architecture = "center-bias"
    size = max(GRID)
    output_stride = 1
    log_density: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_density", torch.from_numpy(gaussian(GRID)))

    def forward(self, images: Tensor) -> Tensor:
        """float32 (B, 3, h, w) -> log density up to a constant, float32 (B, h, w)."""
        density = (self.log_density - self.log_density.max()).exp()
        resized = F.interpolate(
            density[None, None], images.shape[-2:], mode="bilinear", antialias=True
        )
        smallest = torch.finfo(resized.dtype).tiny
        return resized[0].clamp_min(smallest).log().expand(len(images), -1, -1).contiguous()

    def config(self) -> dict[str, Any]:
        """Nothing: the log density is a tensor of the weight file."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The Gaussian center bias.

        Raises:
            ModelError: if there is any setting; there are none.
        """
        check_names(cls.architecture, config, set())
        return cls()
