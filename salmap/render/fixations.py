"""Fixations drawn on a picture, for people who check data."""

from __future__ import annotations

import cv2
import numpy as np

from salmap.pictures import shrink_image
from salmap.types import Fixations, ImageArray

#: long side of the pictures, in pixels
SIDE = 480
_LIGHT, _DARK = (255, 230, 80), (20, 20, 24)
_SUBPIXEL_BITS = 4


def with_fixations(stimulus: ImageArray, fixations: Fixations, side: int = SIDE) -> ImageArray:
    """A copy of a stimulus, uint8 (H, W, 3), with a dot on each fixation.

    Args:
        stimulus: uint8 (H, W, 3).
        fixations: in its pixels.
        side: long side of the copy, at most, in pixels.
    """
    image = np.array(shrink_image(stimulus, side))
    placed = fixations.scaled(stimulus.shape[:2], image.shape[:2])
    unit = 1 << _SUBPIXEL_BITS
    for x, y in zip(placed.x.tolist(), placed.y.tolist(), strict=True):
        center = round(x * unit), round(y * unit)
        for color, radius in ((_DARK, 4), (_LIGHT, 3)):
            cv2.circle(image, center, radius * unit, color, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
    return image
