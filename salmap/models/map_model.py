"""From a saliency map, which has any scale, to a log density: what the classical models share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from salmap.errors import ModelError
from salmap.models.classical_model import ClassicalModel
from salmap.types import GridOutput

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


class MapModel(ClassicalModel):
    """A model that makes a saliency map, not a density.

    Its log density is `log((1 - uniform) p + uniform / n)` on the n cells of the grid, where p is
    the map after a Gaussian blur, raised to `gamma` and divided by its sum. A picture in which
    nothing stands out gives the uniform density.
    """

    defaults: ClassVar[DensitySettings]

    def __init__(self, settings: DensitySettings | None = None) -> None:
        self.settings = settings or self.defaults

    @abstractmethod
    def saliency_map(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Saliency of one picture.

        Args:
            pixels: float32 (3, h, w), RGB in [0, 1].

        Returns:
            float32 (h / output_stride, w / output_stride), non-negative, about 1 where something
            stands out, 0 for a picture of one color or a constant.
        """

    def run(self, pixels: NDArray[np.float32]) -> GridOutput:
        """float32 (1, 3, h, w) -> log density up to a constant; see `Backend.run`."""
        return GridOutput(to_log_density(self.saliency_map(pixels[0]), self.settings))

    def config(self) -> dict[str, Any]:
        """The density settings: `blur`, `uniform` and `gamma`."""
        return asdict(self.settings)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The model with these density settings.

        Raises:
            ModelError: if a setting is missing, unknown or out of range.
        """
        check_names(cls.architecture, config, {item.name for item in fields(DensitySettings)})
        return cls(DensitySettings(**config))


def to_log_density(saliency: NDArray[np.float32], settings: DensitySettings) -> NDArray[np.float32]:
    """A log density up to a constant from a non-negative map (see `MapModel`).

    Args:
        saliency: float32 (h, w), non-negative.
        settings: the blur, the exponent and the uniform share.

    Returns:
        float32 (h, w), finite.
    """
    rows, columns = saliency.shape
    sigma = settings.blur * max(rows, columns)
    smooth = gaussian_matrix(rows, sigma) @ saliency @ gaussian_matrix(columns, sigma).T
    powered = (smooth / max(smooth.max(), np.float32(SILENT))) ** np.float32(settings.gamma)
    # the highest cell is 1, so a sum below 1 means a silent map: it stays small, not stretched
    density = powered / max(powered.sum(), np.float32(1))
    mixed = (1 - settings.uniform) * density + settings.uniform / (rows * columns)
    return np.log(mixed, dtype=np.float32)


def gaussian_matrix(length: int, sigma: float) -> NDArray[np.float32]:
    """A Gaussian blur along one axis as a matrix, float32 (length, length).

    Each row holds the weights with which one cell averages all cells inside the picture, so that
    a constant stays constant up to the border, whatever the length.
    """
    if sigma == 0:
        return np.eye(length, dtype=np.float32)
    cells = np.arange(length)
    weights = np.exp(-0.5 * ((cells[:, None] - cells) / sigma) ** 2)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
