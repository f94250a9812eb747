"""Smart crop: the part of a picture, of a given shape, that keeps most attention."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.areas import Area
from salmap.density import normalize
from salmap.errors import AreaError
from salmap.types import MapArray

#: shapes that sites and print ask for, as (width, height)
COMMON_RATIOS = ("1:1", "4:5", "9:16", "16:9", "1.91:1")


@dataclass(frozen=True)
class Crop:
    """A part of a picture.

    Attributes:
        box: (left, top, right, bottom) in pixels, right and bottom exclusive.
        share: share of attention in [0, 1] that it keeps.
        cuts: whether it cuts through something that should be whole.
    """

    box: tuple[int, int, int, int]
    share: float
    cuts: bool = False


def parse_ratio(text: str) -> float:
    """Width divided by height from text such as "4:5", "1.91:1" or "16/9".

    Raises:
        AreaError: if it is not a ratio of two positive numbers, or narrower than 1:100.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[:/x]\s*(\d+(?:\.\d+)?)\s*", text)
    width, height = (float(number) for number in match.groups()) if match else (0.0, 0.0)
    if min(width, height) <= 0 or not 0.01 <= width / height <= 100:
        raise AreaError(
            f"'{text}' is not a shape. Write width:height, such as 4:5, 16:9 or 1.91:1."
        )
    return width / height


def crop_size(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """(height, width) of the largest part of width / height = `ratio` in a picture of `size`."""
    height, width = size
    if width > height * ratio:
        return height, max(1, round(height * ratio))
    return max(1, round(width / ratio)), width


def best_crop(
    density: MapArray,
    size: tuple[int, int],
    keep: Sequence[Area] = (),
    whole: Sequence[Area] = (),
) -> Crop:
    """Where to cut out a part of `size` so that it keeps most attention.

    Of parts that keep the same, the one nearest to the middle of the picture.

    Args:
        density: (H, W), non-negative; scaled to sum to 1.
        size: (height, width) of the part; see `crop_size` for one of a given ratio.
        keep: areas that must lie inside the part whole, as far as they lie on the picture.
        whole: areas that lie inside or outside, faces for example: of parts that cut none of
            them, the best, if there is one.

    Raises:
        DensityError: if `density` is not a density.
        AreaError: if the part is larger than the picture or can't hold the areas.
    """
    height, width = density.shape
    rows, columns = size
    if not (1 <= rows <= height and 1 <= columns <= width):
        raise AreaError(
            f"A part of {columns} x {rows} pixels can't be cut out of a picture of {width} x "
            f"{height}. Ask for a smaller one."
        )
    left, top, right, bottom = _must_hold(keep, (height, width))
    tops = _starts(top, bottom, rows, height, keep)
    lefts = _starts(left, right, columns, width, keep)
    kept = _window_sums(normalize(density), (rows, columns))[tops, lefts]
    down = np.arange(tops.start, tops.stop) + (rows - height) / 2
    across = np.arange(lefts.start, lefts.stop) + (columns - width) / 2
    distance = np.hypot(down[:, None], across[None, :])
    uncut = _uncut(whole, tops, lefts, size)
    allowed = np.where(uncut, kept, -1) if uncut.any() else kept
    equal = allowed >= allowed.max() - 1e-9
    row, column = np.unravel_index(np.where(equal, distance, np.inf).argmin(), kept.shape)
    y, x = tops.start + int(row), lefts.start + int(column)
    share = float(np.clip(kept[row, column], 0, 1))
    return Crop((x, y, x + columns, y + rows), share, not uncut.any())


def _must_hold(keep: Sequence[Area], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom), in whole pixels of the picture, around all areas to be kept."""
    height, width = size
    if not keep:
        return width, height, 0, 0
    bounds = np.array([area.bounds for area in keep])
    left, top = np.floor(bounds[:, :2].min(0))
    right, bottom = np.ceil(bounds[:, 2:].max(0))
    return max(0, int(left)), max(0, int(top)), min(width, int(right)), min(height, int(bottom))


def _starts(low: int, high: int, length: int, limit: int, keep: Sequence[Area]) -> slice:
    """Where a part of `length` may start so that [low, high) lies in it."""
    first, last = max(0, high - length), min(limit - length, low)
    if first > last:
        names = ", ".join(area.name for area in keep)
        raise AreaError(
            f"A part of this shape can't hold all of: {names}. Choose another shape, or fewer "
            "areas to keep."
        )
    return slice(first, last + 1)


def _uncut(
    areas: Sequence[Area], tops: slice, lefts: slice, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which parts, by top and left, have each area inside or outside."""
    y = np.arange(tops.start, tops.stop)[:, None]
    x = np.arange(lefts.start, lefts.stop)[None, :]
    uncut = np.ones((y.size, x.size), bool)
    for area in areas:
        left, top, right, bottom = area.bounds
        inside = (x <= left) & (right <= x + size[1]) & (y <= top) & (bottom <= y + size[0])
        outside = (right <= x) | (left >= x + size[1]) | (bottom <= y) | (top >= y + size[0])
        uncut &= inside | outside
    return uncut


def _window_sums(values: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """The sum of each window of `size`, by its top-left pixel."""
    rows, columns = size
    total = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    total[1:, 1:] = values.cumsum(0).cumsum(1)
    down = total[rows:] - total[: total.shape[0] - rows]
    return np.asarray(down[:, columns:] - down[:, : down.shape[1] - columns])
