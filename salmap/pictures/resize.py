"""Sizes of pictures, and bringing a picture to another size."""

from __future__ import annotations

import cv2
import numpy as np

from salmap.errors import ImageError
from salmap.types import ImageArray

#: long side, in pixels, of what is drawn for a screen
SCREEN_SIDE = 1600


def fit_size(size: tuple[int, int], long_side: int, multiple: int) -> tuple[int, int]:
    """(height, width) of the same proportions whose sides are multiples of `multiple`.

    The long side is `long_side` rounded to a multiple; the short side follows in proportion,
    rounded to the nearest multiple; neither is less than one multiple.

    Raises:
        ImageError: if a number is not positive.
    """
    if min(*size, long_side, multiple) < 1:
        raise ImageError(
            f"A picture of {size} can't be fitted to a long side of {long_side} in steps of "
            f"{multiple}: all must be at least 1."
        )
    long_cells = max(1, int(long_side / multiple + 0.5))
    scale = long_cells / max(size)
    height, width = (max(1, int(side * scale + 0.5)) * multiple for side in size)
    return height, width


def resize(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """A picture at another (height, width): uint8 (height, width, 3), always a new array.

    A side that shrinks is averaged over areas, so that nothing aliases; a side that grows is
    interpolated bicubically.
    """
    height, width = size
    smaller = (min(width, image.shape[1]), min(height, image.shape[0]))
    shrunk = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    if smaller == (width, height):
        return np.asarray(shrunk, np.uint8)
    grown = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown, np.uint8)


def screen_size(size: tuple[int, int], long_side: int = SCREEN_SIDE) -> tuple[int, int]:
    """The (height, width) at which a picture of `size` is drawn for a screen; never larger."""
    shrink = min(1.0, long_side / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def shrink_image(image: ImageArray, long_side: int = SCREEN_SIDE) -> ImageArray:
    """A picture (H, W, 3) at its `screen_size`."""
    size = screen_size(image.shape[:2], long_side)
    return image if size == image.shape[:2] else resize(image, size)
