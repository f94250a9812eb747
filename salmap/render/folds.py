"""The folds of a picture that was analyzed screen by screen."""

from __future__ import annotations

import numpy as np

from salmap.render.canvas import Canvas
from salmap.screens import Screens
from salmap.types import ImageArray

#: dashes across the picture, of which every other one is drawn
_DASHES = 41


def mark_folds(picture: ImageArray, screens: Screens) -> ImageArray:
    """A copy of a picture with dashed lines, and a number, where a screen ends.

    Args:
        picture: uint8 (H, W, 3), at any scale.
        screens: how it was cut, at its full size.
    """
    canvas = Canvas(picture, side=min(picture.shape[:2]))
    across, scale = min(picture.shape[:2]), max(picture.shape[:2]) / max(screens.size)
    ends = np.linspace(0, across - 1, _DASHES + 1)
    for number, fold in enumerate(screens.folds, 2):
        at = fold * scale - 0.5
        pairs = zip(ends[::2], ends[1::2], strict=True)
        dashes = [np.array([(start, at), (end, at)]) for start, end in pairs]
        name, place = f"Screen {number}", (3 * canvas.letter, at + canvas.letter)
        if not screens.are_stacked:
            dashes = [dash[:, ::-1] for dash in dashes]
            place = (at + 3 * canvas.letter, canvas.letter)
        canvas.lines(dashes)
        canvas.label(place, name)
    return canvas.pixels()
