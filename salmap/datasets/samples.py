"""Small pictures for people who check a data set."""

from __future__ import annotations

import cv2
import numpy as np

from salmap.pictures import shrink_image
from salmap.types import Fixations, ImageArray

#: long side of the pictures, in pixels
SIDE = 480
_LIGHT, _DARK = (255, 230, 80), (20, 20, 24)
_SUBPIXEL_BITS = 4


def with_fixations(stimulus: ImageArray, fixations: Fixations) -> ImageArray:
    """A small copy of a stimulus uint8 (H, W, 3) with a dot on each fixation."""
    image = np.array(shrink_image(stimulus, SIDE))
    scale = max(image.shape[:2]) / max(stimulus.shape[:2])
    unit = 1 << _SUBPIXEL_BITS
    for x, y in zip(fixations.x, fixations.y, strict=True):
        center = (round(((x + 0.5) * scale - 0.5) * unit), round(((y + 0.5) * scale - 0.5) * unit))
        for color, radius in ((_DARK, 4), (_LIGHT, 3)):
            cv2.circle(image, center, radius * unit, color, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
    return image
