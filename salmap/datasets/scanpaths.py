"""Joining the fixations of several viewers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from salmap.errors import DatasetError
from salmap.types import Fixations


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
                "Remove these fixations, or download the file again."
            )
        xs.append(x)
        ys.append(y)
        viewers.append(np.full(len(x), viewer, np.int64))
        orders.append(np.arange(len(x), dtype=np.int64))
    if not xs:
        return Fixations.of_unknown_viewers([], [])
    return Fixations(
        np.concatenate(xs), np.concatenate(ys), np.concatenate(viewers), np.concatenate(orders)
    )
