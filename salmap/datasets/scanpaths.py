"""Joining the fixations of several viewers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from salmap.errors import DatasetError
from salmap.types import Fixations

Array = NDArray[np.float64]


class Scanpath(NamedTuple):
    """The fixations of one viewer on one picture, in the order of viewing.

    Attributes:
        viewer: who made them.
        x, y: float64 (n,), zero-based pixels; n may be 0.
        start_s, duration_s: float64 (n,), seconds; None where the files do not say.
    """

    viewer: int
    x: Array
    y: Array
    start_s: Array | None = None
    duration_s: Array | None = None


def join_viewers(scanpaths: Iterable[Scanpath], where: str) -> Fixations:
    """The fixations of several viewers on one picture.

    Args:
        scanpaths: one for each viewer.
        where: the file and picture, for messages.

    Raises:
        DatasetError: if a viewer's numbers differ in length, or x and y are not finite.
    """
    paths = list(scanpaths)
    if not paths:
        return Fixations.of_unknown_viewers([], [])
    for path in paths:
        _check(path, where)
    return Fixations(
        np.concatenate([path.x for path in paths]),
        np.concatenate([path.y for path in paths]),
        np.concatenate([np.full(len(path.x), path.viewer, np.int64) for path in paths]),
        np.concatenate([np.arange(len(path.x), dtype=np.int64) for path in paths]),
        np.concatenate([_times(path.start_s, path) for path in paths]),
        np.concatenate([_times(path.duration_s, path) for path in paths]),
    )


def _times(values: Array | None, path: Scanpath) -> Array:
    return np.full(len(path.x), np.nan) if values is None else values


def _check(path: Scanpath, where: str) -> None:
    if len(path.x) != len(path.y):
        raise DatasetError(
            f"{where}: viewer {path.viewer} has {len(path.x)} x but {len(path.y)} y coordinates. "
            "Download the file again."
        )
    if not (np.isfinite(path.x).all() and np.isfinite(path.y).all()):
        raise DatasetError(
            f"{where}: viewer {path.viewer} has coordinates that are not finite (NaN). "
            "Remove these fixations, or download the file again."
        )
    if any(len(_times(times, path)) != len(path.x) for times in (path.start_s, path.duration_s)):
        raise DatasetError(
            f"{where}: viewer {path.viewer} has more or fewer times than fixations. "
            "Download the file again."
        )
