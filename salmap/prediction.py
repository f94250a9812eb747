"""What a model predicts for one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.areas import Area, AreaShare, area_shares
from salmap.density import resize_log_density
from salmap.errors import DensityError
from salmap.regions import top_regions
from salmap.screens import Screens
from salmap.types import Region


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model predicts for one picture.

    Attributes:
        log_density: float32 (H, W) at the picture's own size, natural log, logsumexp 0.
        model: name of the model that predicted it.
        screens: how the picture was cut, if it was analyzed screen by screen; then the density
            gives every screen about the same attention (see `salmap.screens`).
        notes: sentences for people on what to know of it, such as that there is nothing to see.
        unfamiliarity: how unlike the pictures that the model learned from this one is, from 0;
            above 1 it is of another kind. None where that is unknown; see
            `salmap.weights.familiarity`.

    Raises:
        DensityError: if `log_density` is not an (H, W) array of numbers that are finite or minus
            infinity.
    """

    log_density: NDArray[np.float32]
    model: str
    screens: Screens | None = None
    notes: tuple[str, ...] = ()
    unfamiliarity: float | None = None

    def __post_init__(self) -> None:
        if self.log_density.ndim != 2 or self.log_density.size == 0:
            raise DensityError(f"A log density has the shape (H, W), not {self.log_density.shape}.")
        if np.isnan(self.log_density).any():
            raise DensityError("A log density must not contain NaN.")

    @property
    def is_unfamiliar(self) -> bool | None:
        """Whether the picture is unlike those that the model learned from; None where unknown."""
        return is_unfamiliar(self.unfamiliarity)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.log_density.shape
        return height, width

    @property
    def density(self) -> NDArray[np.float32]:
        """float32 (H, W): the probability that a fixation falls on each pixel; sums to 1."""
        return np.exp(self.log_density)

    def regions(self, k: int = 5) -> Sequence[Region]:
        """The `k` most salient regions, largest share first; see `salmap.regions.top_regions`."""
        return top_regions(self.density, k)

    def areas(self, areas: Sequence[Area]) -> Sequence[AreaShare]:
        """How much attention each area of interest draws; see `salmap.areas.area_shares`."""
        return area_shares(self.density, areas, bool(self.is_unfamiliar))


@dataclass(frozen=True, eq=False)
class GridPrediction:
    """A prediction on the model's own grid: small enough to keep.

    Attributes:
        grid: float32 (h, w), log density up to a constant.
        screens, notes, unfamiliarity: see `Prediction`.
    """

    grid: NDArray[np.float32]
    screens: Screens | None = None
    notes: tuple[str, ...] = ()
    unfamiliarity: float | None = None

    def at(self, size: tuple[int, int], model: str) -> Prediction:
        """The prediction of a model of this name for a picture of (height, width)."""
        log_density = resize_log_density(self.grid, size)
        return Prediction(log_density, model, self.screens, self.notes, self.unfamiliarity)


def is_unfamiliar(unfamiliarity: float | None) -> bool | None:
    """See `Prediction`."""
    return None if unfamiliarity is None else unfamiliarity > 1
