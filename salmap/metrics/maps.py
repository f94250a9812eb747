"""Maps and densities with what several metrics need of them, worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from salmap.density import check_map
from salmap.errors import DensityError, FixationsError
from salmap.types import Fixations

Map = NDArray[np.floating]

#: how far from 1 the sum of a log density's probabilities may be
SUM_TOLERANCE = 1e-2
#: how much of a map is worked on at a time; arrays of its full size would cost more than the sums
BAND_PIXELS = 32_768


@dataclass(frozen=True, eq=False)
class Measured:
    """A map and what several scores need of it, worked out once, in one pass.

    Attributes:
        values: (H, W), any scale; must not be changed afterwards.
        bounds: the smallest and the largest value.
        mean, std: of all values, in double precision; of the population.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
    """

    values: Map
    bounds: tuple[float, float] = field(init=False)
    mean: float = field(init=False)
    std: float = field(init=False)

    def __post_init__(self) -> None:
        values = self.values
        if values.ndim != 2 or values.size == 0:
            check_map(values, "saliency map")
        start, bounds, total, squares = float(values[0, 0]), [], 0.0, 0.0
        for rows in bands(values.shape):
            bounds += [values[rows].min(), values[rows].max()]
            with np.errstate(invalid="ignore"):
                shifted = np.subtract(values[rows], start, dtype=np.float64)
            total += float(shifted.sum())
            squares += dot(shifted, shifted)
        if not np.isfinite(bounds).all():
            check_map(values, "saliency map")
        mean = total / values.size
        std = float(np.sqrt(max(squares / values.size - mean**2, 0.0)))
        found = {
            "bounds": (float(min(bounds)), float(max(bounds))),
            "mean": start + mean,
            "std": std,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def is_constant(self) -> bool:
        """Whether all values are the same."""
        return self.bounds[0] == self.bounds[1]

    @property
    def total(self) -> float:
        """Sum of the map, lifted to 0 if it is negative somewhere."""
        return self.values.size * (self.mean - min(self.bounds[0], 0.0))

    def density(self, rows: slice, dtype: DTypeLike = np.float64) -> Map:
        """Some rows of the map, lifted to 0 if negative, over their total; uniform if constant."""
        values = self.values[rows]
        if self.is_constant:
            return np.full(values.shape, 1 / self.values.size, dtype)
        if self.bounds[0] < 0:
            values = np.subtract(values, self.bounds[0], dtype=dtype)
        return np.multiply(values, 1 / self.total, dtype=dtype)


@dataclass(frozen=True, eq=False)
class Density:
    """A map that is known to be a density, such as those of `salmap.density.fixation_density`.

    Attributes:
        values: (H, W), sums to 1; must not be changed afterwards.
    """

    values: Map
    is_constant: ClassVar[bool] = False

    def density(self, rows: slice, dtype: DTypeLike = np.float64) -> Map:
        """A copy of some rows."""
        return np.array(self.values[rows], dtype)


@dataclass(frozen=True, eq=False)
class LogDensity:
    """A log density, checked, and the density that it is the logarithm of.

    Attributes:
        values: (H, W), natural log, logsumexp 0; must not be changed afterwards.
        density: (H, W), its exponential.

    Raises:
        DensityError: if the probabilities do not sum to 1.
    """

    values: Map
    density: Map = field(init=False)

    def __post_init__(self) -> None:
        values = self.values
        if values.ndim != 2 or values.size == 0:
            raise DensityError(f"A log density has the shape (H, W), not {values.shape}.")
        density = np.exp(values)
        # single precision is quicker, and exact enough as NumPy sums in pairs
        total = float(density.sum(dtype=np.result_type(density, np.float32)))
        if not abs(total - 1) <= SUM_TOLERANCE:  # also true of NaN
            raise DensityError(
                f"Not a log density: its probabilities sum to {total:.6g} instead of 1. "
                "Make it one with salmap.density.log_normalize."
            )
        object.__setattr__(self, "density", density)


def as_log_density(values: Map | LogDensity) -> LogDensity:
    """A log density, checked unless it was already."""
    return values if isinstance(values, LogDensity) else LogDensity(values)


def as_measured(values: Map | Measured) -> Measured:
    """A map, measured unless it was already."""
    return values if isinstance(values, Measured) else Measured(values)


def at(values: Map, fixations: Fixations, what: str = "fixation") -> Map:
    """The values of the fixated pixels, (n,), n > 0."""
    height, width = values.shape
    rows, columns = fixations.pixels()
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    if not inside.any():
        raise FixationsError(
            f"There is no {what} on the picture of {width} x {height} pixels "
            f"({len(fixations)} given), so it can't be scored."
        )
    return values[rows[inside], columns[inside]]


def check_same_shape(a: Map, b: Map) -> None:
    """Refuse two maps of different sizes."""
    if a.shape != b.shape:
        raise DensityError(
            f"Two maps of one picture must have the same size, not {a.shape} and {b.shape}."
        )


def bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Some rows at a time: few enough to stay in the cache."""
    step = max(1, BAND_PIXELS // shape[1])
    return (slice(top, top + step) for top in range(0, shape[0], step))


def dot(a: Map, b: Map) -> float:
    """Sum of the products; on one core, as several would wait for each other more than they add."""
    return float(np.einsum("ij,ij->i", a, b).sum(dtype=np.float64))
