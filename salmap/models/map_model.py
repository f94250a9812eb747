"""From a saliency map, which has any scale, to a log density: what the classical models share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import torch
from torch import Tensor

from salmap.errors import ModelError
from salmap.models.base import SaliencyModel

#: a map that stays below this everywhere says nothing: it is rounding noise
SILENT = 1e-6


@dataclass(frozen=True)
class DensitySettings:
    """How a saliency map becomes a density.

    Attributes:
        blur: standard deviation of the Gaussian, as a share of the long side, in [0, 1].
        uniform: share of the uniform density mixed in, in (0, 1].
        gamma: exponent of the blurred map, in (0, 10]; above 1 the peaks take more.

    Raises:
        ModelError: if one is not a number or out of range.
    """

    blur: float
    uniform: float
    gamma: float

    def __post_init__(self) -> None:
        for name, highest in (("blur", 1), ("uniform", 1), ("gamma", 10)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ModelError(f"'{name}' must be a number, not {value!r}.")
            if not 0 <= value <= highest or (value == 0 and name != "blur"):
                lowest = "from 0" if name == "blur" else "above 0"
                raise ModelError(f"'{name}' must be {lowest} up to {highest}, not {value}.")
            object.__setattr__(self, name, float(value))


def check_names(architecture: str, config: Mapping[str, Any], expected: set[str]) -> None:
    """Refuse a configuration that has other settings than those expected.

    Raises:
        ModelError: naming the settings that are unknown or missing.
    """
    unknown, missing = sorted(set(config) - expected), sorted(expected - set(config))
    if unknown:
        known = ", ".join(sorted(expected)) or "none"
        raise ModelError(f"{architecture} has no setting '{unknown[0]}'. Available: {known}.")
    if missing:
        raise ModelError(f"The configuration of {architecture} lacks '{missing[0]}'.")


class MapModel(SaliencyModel):
    """A model that makes a saliency map, not a density.

    Its log density is `log((1 - uniform) p + uniform / n)` on the n cells of the grid, where p is
    the map after a Gaussian blur, raised to `gamma` and divided by its sum. A picture in which
    nothing stands out gives the uniform density.
    """

    def __init__(self, settings: DensitySettings) -> None:
        super().__init__()
        self.settings = settings

    @abstractmethod
    def saliency_map(self, images: Tensor) -> Tensor:
        """Saliency of a batch.

        Args:
            images: float32 (B, 3, h, w), RGB in [0, 1].

        Returns:
            float32 (B, h / output_stride, w / output_stride), non-negative, about 1 where
            something stands out, 0 for a picture of one color or a constant.
        """

    def forward(self, images: Tensor) -> Tensor:
        """float32 (B, 3, h, w) -> log density up to a constant, float32 (B, rows, columns)."""
        return to_log_density(self.saliency_map(images), self.settings)

    def config(self) -> dict[str, Any]:
        """The density settings: `blur`, `uniform` and `gamma`."""
        return asdict(self.settings)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The model with these density settings.

        Raises:
            ModelError: if a setting is missing, unknown or out of range.
        """
        check_names(cls.architecture, config, {item.name for item in fields(DensitySettings)})
        return cls(DensitySettings(**config))


def to_log_density(saliency: Tensor, settings: DensitySettings) -> Tensor:
    """A log density up to a constant from a non-negative map (see `MapModel`).

    Args:
        saliency: float32 (B, h, w), non-negative.
        settings: the blur, the exponent and the uniform share.

    Returns:
        float32 (B, h, w), finite.
    """
    rows, columns = saliency.shape[-2:]
    sigma = settings.blur * max(rows, columns)
    smooth = gaussian_matrix(rows, sigma, saliency) @ saliency
    smooth = smooth @ gaussian_matrix(columns, sigma, saliency).T
    highest = smooth.amax((-2, -1), keepdim=True).clamp_min(SILENT)
    powered = (smooth / highest) ** settings.gamma
    # the highest cell is 1, so a sum below 1 means a silent map: it stays small, not stretched
    density = powered / powered.sum((-2, -1), keepdim=True).clamp_min(1)
    return ((1 - settings.uniform) * density + settings.uniform / (rows * columns)).log()


def gaussian_matrix(length: int, sigma: float, like: Tensor) -> Tensor:
    """A Gaussian blur along one axis as a matrix, (length, length), of the dtype of `like`.

    Each row holds the weights with which one cell averages all cells inside the picture, so that
    a constant stays constant up to the border, whatever the length.
    """
    if sigma == 0:
        return torch.eye(length, dtype=like.dtype, device=like.device)
    cells = torch.arange(length, dtype=like.dtype, device=like.device)
    weights = torch.exp(-0.5 * ((cells[:, None] - cells[None, :]) / sigma) ** 2)
    return weights / weights.sum(1, keepdim=True)
