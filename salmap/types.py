"""The values that travel between modules: frozen, validated, plain numpy."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from salmap.errors import FixationsError

#: an upright RGB picture, uint8 (H, W, 3)
ImageArray = NDArray[np.uint8]
#: the viewer of fixations whose viewer is unknown
UNKNOWN_VIEWER = -1
#: a float32 or float64 map of one number per pixel, (H, W)
MapArray = NDArray[np.floating]
#: stands for times of which nothing is known
_UNKNOWN: NDArray[np.float64] = np.empty(0)
#: (height, width), one for all or (n,) each
Sides: TypeAlias = tuple[int, int] | tuple[NDArray[np.int64], NDArray[np.int64]]


class GridOutput(NamedTuple):
    """What running a model gives: of one picture, or of several with n in front.

    Attributes:
        log_density: float32 (h, w) on the model's own grid, up to a constant.
        features: float32 (d,), what its encoders see in the whole picture (see
            `salmap.models.network.SaliencyNetwork.pooled`); None for a model without encoders.
    """

    log_density: NDArray[np.float32]
    features: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Fixations:
    """Where viewers looked on one stimulus.

    Attributes:
        x, y: float64 (n,), pixels; the origin is the center of the top-left pixel, so that pixel
            `[row, column]` is where `round(y) == row` and `round(x) == column`.
        viewer: int64 (n,), which viewer made each fixation; `UNKNOWN_VIEWER` where unknown.
        order: int64 (n,), its place in that viewer's scanpath, from 0.
        start_s: float64 (n,), when it began, in seconds of the recording; NaN where unknown.
        duration_s: float64 (n,), how long it lasted, in seconds; NaN where unknown.

    Raises:
        FixationsError: if they differ in length, are not one-dimensional, or x and y are not
            finite.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    viewer: NDArray[np.int64]
    order: NDArray[np.int64]
    start_s: NDArray[np.float64] = field(default_factory=lambda: _UNKNOWN)
    duration_s: NDArray[np.float64] = field(default_factory=lambda: _UNKNOWN)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is _UNKNOWN:
                value = np.full(len(self.x), np.nan)
            whole = item.name in ("viewer", "order")
            value = np.asarray(value, np.int64 if whole else np.float64)
            if value.ndim != 1:
                raise FixationsError(f"Fixations: {item.name} must be one-dimensional.")
            object.__setattr__(self, item.name, value)
        if len({len(getattr(self, item.name)) for item in fields(self)}) != 1:
            raise FixationsError(
                "Fixations: x, y, viewer, order and times must have the same length."
            )
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise FixationsError("Fixations: x and y must be finite numbers.")

    @classmethod
    def of_unknown_viewers(cls, x: ArrayLike, y: ArrayLike) -> Fixations:
        """Fixations at x, y (n,) of unknown viewers and order (all 0)."""
        count = len(np.asarray(x))
        viewer = np.full(count, UNKNOWN_VIEWER)
        return cls(np.asarray(x), np.asarray(y), viewer, np.zeros(count, np.int64))

    def __len__(self) -> int:
        return len(self.x)

    def select(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Fixations:
        """The fixations picked by a boolean mask or an index array, in that order."""
        return Fixations(*(getattr(self, item.name)[keep] for item in fields(self)))

    @property
    def viewers(self) -> frozenset[int]:
        """The numbers of all viewers who are known."""
        return frozenset(np.unique(self.viewer).tolist()) - {UNKNOWN_VIEWER}

    def scaled(self, from_size: Sides, to_size: tuple[int, int]) -> Fixations:
        """The same places on a copy of the stimulus of another size.

        Pixels have their centers at whole numbers, so that the borders of the picture, at -0.5 and
        half a pixel behind the last center, fall on those of the copy.

        Args:
            from_size: (height, width) of the stimulus, or (n,) of each where the fixations were
                made on several.
            to_size: (height, width) of the copy.
        """
        # multiplied by the ratio, which is exactly 1 for equal sizes, so that no pixel is moved
        (from_height, from_width), (height, width) = from_size, to_size
        x = (self.x + 0.5) * (width / from_width) - 0.5
        y = (self.y + 0.5) * (height / from_height) - 0.5
        return replace(self, x=x, y=y)

    def inside(self, size: tuple[int, int]) -> Fixations:
        """Those that fall on a pixel of a stimulus of this (height, width)."""
        height, width = size
        column, row = np.floor(self.x + 0.5), np.floor(self.y + 0.5)
        return self.select((column >= 0) & (column < width) & (row >= 0) & (row < height))

    def pixels(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(rows, columns) of the pixels hit, int64 (n,) each, for indexing `[y, x]`."""
        return (
            np.floor(self.y + 0.5).astype(np.int64),
            np.floor(self.x + 0.5).astype(np.int64),
        )


@dataclass(frozen=True)
class Region:
    """A salient region of a picture.

    Attributes:
        rank: 1 for the region that draws the largest share of attention.
        box: (left, top, right, bottom) in pixels, right and bottom exclusive.
        peak: (x, y) in pixels of the highest density inside.
        share: share of attention in [0, 1]: the integral of the density over the region.
        area: share of the picture's pixels that the region covers, in [0, 1].
    """

    rank: int
    box: tuple[int, int, int, int]
    peak: tuple[int, int]
    share: float
    area: float
