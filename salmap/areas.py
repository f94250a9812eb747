"""Areas of interest: parts of a picture that a person names, and the attention they draw.

Corners are on the edges of pixels: (0, 0) is the picture's top-left corner and (width, height)
its bottom-right one. A pixel belongs to an area if its center lies inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.density import normalize
from salmap.errors import AreaError
from salmap.types import MapArray

#: corners that an area may have
MAX_CORNERS = 10_000


@dataclass(frozen=True)
class Area:
    """A part of a picture with a name.

    Attributes:
        name: what a person calls it.
        corners: (x, y) in pixels, on the edges of pixels, at least three; the last is joined to
            the first. Where the outline crosses itself, the even-odd rule holds.

    Raises:
        AreaError: if the name is empty, or the corners are too few, too many or not finite.
    """

    name: str
    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise AreaError("An area has no name. Give each area a name.")
        if not 3 <= len(self.corners) <= MAX_CORNERS:
            raise AreaError(
                f"The area '{self.name}' has {len(self.corners)} corners. An area needs 3 to "
                f"{MAX_CORNERS:,}."
            )
        if not all(math.isfinite(value) for corner in self.corners for value in corner):
            raise AreaError(f"The area '{self.name}' has a corner that is not a finite number.")

    @classmethod
    def box(cls, name: str, left: float, top: float, right: float, bottom: float) -> Area:
        """A rectangle; `right` and `bottom` are exclusive.

        Raises:
            AreaError: if it is empty or its name is.
        """
        if not (right > left and bottom > top):
            raise AreaError(
                f"The area '{name}' is empty: right ({right:g}) must be larger than left "
                f"({left:g}), and bottom ({bottom:g}) larger than top ({top:g})."
            )
        return cls(name, ((left, top), (right, top), (right, bottom), (left, bottom)))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the smallest rectangle around it."""
        x, y = zip(*self.corners, strict=True)
        return min(x), min(y), max(x), max(y)

    @property
    def is_box(self) -> bool:
        """Whether it is an upright rectangle."""
        left, top, right, bottom = self.bounds
        return len(self.corners) == 4 and set(self.corners) == {
            (left, top), (right, top), (right, bottom), (left, bottom),
        }  # fmt: skip

    def scaled(self, from_size: tuple[int, int], to_size: tuple[int, int]) -> Area:
        """The same area on a copy of the picture of another (height, width)."""
        down, across = to_size[0] / from_size[0], to_size[1] / from_size[1]
        return Area(self.name, tuple((x * across, y * down) for x, y in self.corners))

    def mask(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Which pixels of a picture of (height, width) belong to the area: bool (H, W)."""
        if self.is_box:
            left, top, right, bottom = self.bounds
            rows, columns = _inside(top, bottom, size[0]), _inside(left, right, size[1])
            mask = np.zeros(size, bool)
            mask[rows, columns] = True
            return mask
        from skimage.draw import polygon2mask  # noqa: PLC0415  (slow to import, seldom needed)

        # polygon2mask counts rows and columns from the center of the first pixel
        outline = np.array([(y - 0.5, x - 0.5) for x, y in self.corners])
        return np.asarray(polygon2mask(size, outline), bool)


@dataclass(frozen=True)
class AreaShare:
    """How much attention an area draws.

    Attributes:
        name: of the area.
        share: share of attention in [0, 1]: the integral of the density over the area.
        area: share of the picture's pixels that the area covers, in [0, 1].
        density: attention per area relative to the picture's average: share / area.
        rank: 1 for the area with the largest share.
        peak: (x, y) of the pixel in it with the highest density.
        unfamiliar: whether the picture is unlike those that the model learned from.
        seen: the probabilities, in [0, 1], that one viewer fixates it at least once within each
            of `salmap.timing.SEEN_S`; empty where that is unknown.
    """

    name: str
    share: float
    area: float
    density: float
    rank: int
    peak: tuple[int, int]
    unfamiliar: bool = False
    seen: tuple[float, ...] = ()


def area_shares(
    density: MapArray, areas: Sequence[Area], unfamiliar: bool = False
) -> list[AreaShare]:
    """How much attention each of several areas draws, in the order given.

    Areas may overlap; what lies outside the picture holds nothing.

    Args:
        density: (H, W), non-negative; scaled to sum to 1.
        areas: at least one, each with a name of its own.
        unfamiliar: see `AreaShare`.

    Raises:
        DensityError: if `density` is not a density.
        AreaError: if there is no area, two share a name, or one covers no pixel.
    """
    check_names(areas)
    values = normalize(density)
    found = [_measure(values, area) for area in areas]
    order = sorted(range(len(found)), key=lambda place: -found[place][1])
    ranks = {place: rank for rank, place in enumerate(order, 1)}
    return [
        AreaShare(name, share, area, share / area, ranks[place], peak, unfamiliar)
        for place, (name, share, area, peak) in enumerate(found)
    ]


def check_names(areas: Sequence[Area]) -> None:
    """Refuse a list of areas that is empty or names one twice.

    Raises:
        AreaError: saying which.
    """
    if not areas:
        raise AreaError("There is no area. Draw at least one, or add one to the file.")
    names = [area.name for area in areas]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AreaError(f"Two areas are named '{twice[0]}'. Give each a name of its own.")


def _measure(values: NDArray[np.float64], area: Area) -> tuple[str, float, float, tuple[int, int]]:
    height, width = values.shape
    mask = area.mask((height, width))
    count = int(mask.sum())
    if count == 0:
        raise AreaError(
            f"The area '{area.name}' covers no pixel of the picture ({width} x {height}). Move it "
            "onto the picture or make it larger."
        )
    row, column = np.unravel_index(np.where(mask, values, -1).argmax(), mask.shape)
    share = min(1.0, float(values[mask].sum()))
    return area.name, share, count / values.size, (int(column), int(row))


def _inside(low: float, high: float, length: int) -> slice:
    """The pixels of a row or column whose centers lie in [low, high)."""
    start, stop = math.ceil(low - 0.5), math.ceil(high - 0.5)
    return slice(min(max(start, 0), length), min(max(stop, 0), length))
