"""Putting the fixations of several viewers together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.errors import DatasetError
from salmap.types import Fixations

#: the viewer of fixations of which nobody knows who made them
UNKNOWN_VIEWER = -1


def join_viewers(
    scanpaths: Iterable[tuple[int, NDArray[np.float64], NDArray[np.float64]]], where: str
) -> Fixations:
    """Fixations from (viewer, x, y) of each scanpath, in zero-based pixels.

    Args:
        scanpaths: x and y are float64 (n,), in the order of viewing; n may be 0.
        where: the file and picture, for messages.

    Raises:
        DatasetError: if x and y differ in length or are not finite.
    """
    xs, ys, viewers, orders = [], [], [], []
    for viewer, x, y in scanpaths:
        if len(x) != len(y):
            raise DatasetError(
                f"{where}: viewer {viewer} has {len(x)} x but {len(y)} y coordinates. "
                "Download the file again."
            )
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise DatasetError(
                f"{where}: viewer {viewer} has coordinates that are not finite (NaN). "
                "Take these fixations out or download the file again."
            )
        xs.append(x)
        ys.append(y)
        viewers.append(np.full(len(x), viewer, np.int64))
        orders.append(np.arange(len(x), dtype=np.int64))
    if not xs:
        return no_fixations()
    return Fixations(
        np.concatenate(xs), np.concatenate(ys), np.concatenate(viewers), np.concatenate(orders)
    )


def no_fixations() -> Fixations:
    """Fixations of nobody."""
    return Fixations(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


def points(x: NDArray[Any], y: NDArray[Any]) -> Fixations:
    """Fixations of unknown viewers and order (viewer -1, all of order 0)."""
    return Fixations(
        np.asarray(x, np.float64),
        np.asarray(y, np.float64),
        np.full(len(x), UNKNOWN_VIEWER, np.int64),
        np.zeros(len(x), np.int64),
    )


def points_of_mask(mask: NDArray[Any]) -> Fixations:
    """One fixation of an unknown viewer on each pixel that is not zero, from (H, W)."""
    rows, columns = np.nonzero(mask)
    return points(columns, rows)
