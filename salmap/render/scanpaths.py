"""Scanpaths on a picture: many as a thin cloud, one with its fixations numbered."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.pictures import ImageSource, load_image
from salmap.render.blend import muted
from salmap.render.canvas import Canvas
from salmap.scanpaths import Scanpath
from salmap.types import ImageArray

_COLOR = (205, 0, 110)
#: how much of the picture is covered by the cloud, and by the disc of a fixation
_CLOUD, _DISC = 0.35, 0.55
#: radius of the disc of a fixation that lasts a second, in letters of the canvas; its area grows
#: with the duration
_RADIUS = 2.6
_SUBPIXEL_BITS = 4


def draw_scanpaths(
    image: ImageSource, paths: Sequence[Scanpath], typical: Scanpath | None = None
) -> ImageArray:
    """The picture, paler, with scanpaths: uint8 (H, W, 3).

    Args:
        image: the picture; whatever `load_image` takes.
        paths: drawn as thin lines.
        typical: drawn over them: its fixations are numbered in their order, each on a disc whose
            area grows with its duration.
    """
    picture = muted(load_image(image))
    unit = Canvas(picture)
    cloud = picture.copy()
    lines = [_fixed(path) for path in paths]
    width = max(1, unit.letter // 16)
    cv2.polylines(cloud, lines, False, _COLOR, width, cv2.LINE_AA, _SUBPIXEL_BITS)
    shown = _over(picture, cloud, _CLOUD)
    if typical is None:
        return shown
    discs = shown.copy()
    for center, lasted in zip(_fixed(typical).tolist(), typical.duration_s.tolist(), strict=True):
        radius = round(_RADIUS * unit.letter * lasted**0.5 * (1 << _SUBPIXEL_BITS))
        cv2.circle(discs, center, radius, _COLOR, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
    canvas = Canvas(_over(shown, discs, _DISC))
    canvas.lines([_points(typical)])
    for number, place in reversed(list(enumerate(_points(typical).tolist(), 1))):
        canvas.badge((place[0], place[1]), str(number))
    return canvas.pixels()


def _points(path: Scanpath) -> NDArray[np.float64]:
    return np.stack([path.x_px, path.y_px], 1)


def _fixed(path: Scanpath) -> NDArray[np.int32]:
    """Its points in 16ths of a pixel, (n, 2)."""
    return np.round(_points(path) * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _over(below: ImageArray, above: ImageArray, weight: float) -> ImageArray:
    return np.asarray(cv2.addWeighted(above, weight, below, 1 - weight, 0), np.uint8)
